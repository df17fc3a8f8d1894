// The command line, parsing alone: nothing is read, written or started here. In order: words that are torrc options
// (`--ORPort 9001`, `+Log "info stdout"`, `/MyFamily`), with their values, become configuration lines; the flags that are
// left go to commander; a word that is neither is a fault that names the nearest thing there is.

import {Command, CommanderError, Option} from 'commander'
import {editDistance, findOption, nearestOption} from '../config/option-names.ts'
import {type ConfigLine, configLine} from '../config/torrc-text.ts'
import {type Fault, localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'

export type CliAction =
  | 'run'
  | 'verify-config'
  | 'list-fingerprint'
  | 'dump-config'
  | 'list-torrc-options'
  | 'version'
  | 'help'

export interface CommandLine {
  readonly action: CliAction
  readonly torrcFile: string | undefined
  readonly defaultsFile: string | undefined
  readonly missingTorrc: 'fault' | 'ignored'
  readonly quiet: 'normal' | 'hush' | 'quiet'
  readonly fingerprint: 'rsa' | 'ed25519'
  readonly dump: 'short' | 'full'
  readonly lines: readonly ConfigLine[]
}

export type CliFault = Fault<'usage', {readonly message: string}>

const ACTIONS = [
  'verify-config',
  'list-fingerprint',
  'dump-config',
  'list-torrc-options',
  'version',
  'help'
] as const

/** @param words what stands behind the program's name */
export function parseCommandLine(words: readonly string[]): Result<CommandLine, CliFault> {
  const split = splitWords(words)
  if (!split.ok) return split
  const program = makeProgram()
  try {
    program.parse(split.value.flags, {from: 'user'})
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return usage(`${error.message.replace(/^error: /, '').replace(/\.$/, '')}.`)
  }
  return commandLine(program.opts<ParsedFlags>(), split.value.lines)
}

export function helpText(): string {
  return `${makeProgram().helpInformation()}${AFTER_HELP}`
}

interface ParsedFlags {
  readonly torrcFile?: string
  readonly defaultsTorrc?: string
  readonly ignoreMissingTorrc?: boolean
  readonly quiet?: boolean
  readonly hush?: boolean
  readonly listFingerprint?: string | true
  readonly dumpConfig?: string | true
  readonly verifyConfig?: boolean
  readonly listTorrcOptions?: boolean
  readonly version?: boolean
  readonly help?: boolean
}

function makeProgram(): Command {
  const program = new Command('ramson')
    .usage('[flags] [--TorrcOption value …]')
    .description('A Tor relay for onion services.')
    .helpOption(false)
    .exitOverride()
    .configureOutput({writeErr: () => undefined, writeOut: () => undefined})
    .allowExcessArguments(false)
  for (const [group, options] of FLAGS) {
    program.optionsGroup(group)
    for (const make of options) program.addOption(make())
  }
  return program
}

/** By heading. Options are made anew for each parse, since commander keeps what it found in them. */
const FLAGS: readonly (readonly [string, readonly (() => Option)[]])[] = [
  [
    'Settings:',
    [
      () => new Option('-f, --torrc-file <path>', 'read this torrc; - is the standard input'),
      () => new Option('--defaults-torrc <path>', 'read this one first; the torrc overrides it'),
      () => new Option('--ignore-missing-torrc', 'go on without a torrc when there is none')
    ]
  ],
  [
    'Instead of running a relay:',
    [
      () => new Option('--verify-config', 'say whether the settings are good'),
      () => new Option('--dump-config [level]', 'print the settings').choices(['short', 'full']),
      () => new Option('--list-fingerprint [kind]', 'print the fingerprint').choices(['rsa', 'ed25519']),
      () => new Option('--list-torrc-options', 'print the names of all torrc options'),
      () => new Option('--version', 'print the version and what moves the cells'),
      () => new Option('-h, --help', 'print this')
    ]
  ],
  [
    'Output, where the settings have no Log line:',
    [
      () => new Option('--hush', 'warnings and errors alone').conflicts('quiet'),
      () => new Option('--quiet', 'nothing')
    ]
  ]
]

const AFTER_HELP = `
Torrc options:
  Every torrc option can be given as --Option value and then overrides the torrc.
  +Option adds a value to those in the torrc, /Option takes all of them away.

Commands:
  ramson network  a private onion network on this machine; see ramson network --help

Signals:
  TERM ends at once, INT after ShutdownWaitLength, HUP reads the torrc again.

Without -f, /etc/ramson/torrc and then ~/.config/ramson/torrc is read.
`

function splitWords(
  words: readonly string[]
): Result<{readonly flags: readonly string[]; readonly lines: readonly ConfigLine[]}, CliFault> {
  const flags: string[] = []
  const lines: ConfigLine[] = []
  const known = FLAGS.flatMap(([, options]) => options.map(make => make()))
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    const next = words[i + 1]
    const flag = known.find(option => option.short === word || option.long === word.replace(/=.*$/, ''))
    if (flag !== undefined) {
      flags.push(word)
      if (!flag.required && !flag.optional) continue
      const takesNext = next !== undefined && !word.includes('=') && (flag.required || !next.startsWith('-'))
      if (takesNext) flags.push(next)
      if (takesNext) i++
      continue
    }
    const line = configLine(word.replace(/^--?/, ''), next ?? '', {source: 'command line'})
    if (findOption(line.name) === undefined) return usage(unknownWord(word, line.name, known))
    lines.push(line)
    if (line.mode === 'clear') continue
    if (next === undefined) return usage(`${word} wants a value.`)
    i++
  }
  return ok({flags, lines})
}

function unknownWord(word: string, name: string, known: readonly Option[]): string {
  const longs = known.map(option => option.long ?? '')
  const near = longs.find(long => editDistance(long, word, 4) < 4) ?? prefixed(nearestOption(name))
  return `There is no ${word}.${near === undefined ? '' : ` Did you mean ${near}?`}`
}

function prefixed(option: string | undefined): string | undefined {
  return option && `--${option}`
}

function commandLine(flags: ParsedFlags, lines: readonly ConfigLine[]): Result<CommandLine, CliFault> {
  const asked: Record<(typeof ACTIONS)[number], unknown> = {
    'verify-config': flags.verifyConfig,
    'list-fingerprint': flags.listFingerprint,
    'dump-config': flags.dumpConfig,
    'list-torrc-options': flags.listTorrcOptions,
    version: flags.version,
    help: flags.help
  }
  const actions = ACTIONS.filter(action => asked[action] !== undefined)
  const [action = 'run', second] = actions
  if (second !== undefined && !actions.includes('help')) {
    return usage(`--${action} and --${second} exclude each other.`)
  }
  return ok({
    action: actions.includes('help') ? 'help' : action,
    torrcFile: flags.torrcFile,
    defaultsFile: flags.defaultsTorrc,
    missingTorrc: flags.ignoreMissingTorrc ? 'ignored' : 'fault',
    quiet: flags.quiet ? 'quiet' : flags.hush ? 'hush' : 'normal',
    fingerprint: flags.listFingerprint === 'ed25519' ? 'ed25519' : 'rsa',
    dump: flags.dumpConfig === 'full' ? 'full' : 'short',
    lines
  })
}

function usage(message: string): Result<never, CliFault> {
  return err(localFault('usage', {message}))
}
