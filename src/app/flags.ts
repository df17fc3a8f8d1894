// The flags of the command line as data: spelling, argument, what --help says, and under which heading. Everything else that
// knows flags is derived: parsing (cli.ts), help (help.ts), completion in shells (completion.ts).

import {Option} from 'commander'

/** What to do instead of running a node; each is a flag of the same name. */
export const ACTION_FLAGS = [
  'verify-config',
  'list-fingerprint',
  'dump-config',
  'hash-password',
  'keygen',
  'keygen-family',
  'key-expiration',
  'list-torrc-options',
  'list-deprecated-options',
  'list-modules',
  'version',
  'help'
] as const
export type ActionFlag = (typeof ACTION_FLAGS)[number]

/** By heading. Options are made anew for each parse, since commander keeps what it found in them. */
export const FLAGS: readonly (readonly [string, readonly (() => Option)[]])[] = [
  [
    'Settings:',
    [
      () => new Option('-f, --torrc-file <path>', 'read this torrc; - is the standard input'),
      () => new Option('--defaults-torrc <path>', 'read this one first; the torrc overrides it'),
      () => new Option('--ignore-missing-torrc', 'go on without the torrc of -f when there is none'),
      () => new Option('--allow-missing-torrc', 'the same for the torrc of the usual place').hideHelp()
    ]
  ],
  [
    'Instead of running:',
    [
      () => new Option('--verify-config', 'say whether the settings are good'),
      () =>
        new Option('--dump-config <level>', 'print the settings').choices(['short', 'full', 'non-builtin']),
      () => new Option('--list-fingerprint [kind]', 'print the fingerprint').choices(['rsa', 'ed25519']),
      () => new Option('--list-torrc-options', 'print the names of all torrc options'),
      () => new Option('--list-deprecated-options', 'print those not to be used any more').hideHelp(),
      () => new Option('--list-modules', 'print which parts of C tor are here').hideHelp(),
      () => new Option('--hash-password <password>', 'print it as HashedControlPassword wants it'),
      () => new Option('--version', 'print the version and what moves the cells'),
      () => new Option('-h, --help', 'print this')
    ]
  ],
  [
    'Keys:',
    [
      () => new Option('--keygen', 'make a signing key, and the master key if there is none'),
      () => new Option('--newpass', 'with --keygen: give the master key another passphrase'),
      () => new Option('--no-passphrase', 'with --keygen: do not encrypt the master key'),
      () => new Option('--passphrase-fd <fd>', 'with --keygen: read the passphrase from there'),
      () => new Option('--new-passphrase-fd <fd>', 'with --newpass: read the new one from there'),
      () => new Option('--keygen-family <name>', 'make the key of a family of relays'),
      () => new Option('--key-expiration <key>', 'print until when a key is certified').choices(['sign']),
      () => new Option('--format <format>', 'with --key-expiration').choices(['iso8601', 'timestamp'])
    ]
  ],
  [
    'Output, where the settings have no Log line:',
    [() => new Option('--hush', 'warnings and errors alone'), () => new Option('--quiet', 'nothing')]
  ]
]

export function allFlags(): Option[] {
  return FLAGS.flatMap(([, options]) => options.map(make => make()))
}
