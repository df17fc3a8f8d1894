// What the command line can ask for that needs no settings.

import {fromText} from '../bytes/octets.ts'
import {optionNames} from '../config/option-names.ts'
import {relayOptions} from '../config/options.ts'
import {ed25519Ready} from '../crypto/ed25519.ts'
import {hashPassword} from '../crypto/secret-to-key.ts'
import {makeFamilyKey} from '../datadir/family-keys.ts'
import {printDataDirFault} from '../datadir/fault.ts'
import type {CliAction, CommandLine} from './cli.ts'
import {fail, print} from './exit-status.ts'
import {versionReport} from './version-report.ts'

const IMMEDIATE = [
  'version',
  'hash-password',
  'keygen-family',
  'list-torrc-options',
  'list-deprecated-options',
  'list-modules'
] as const
export type Immediate = (typeof IMMEDIATE)[number]

/** Those that C tor marks so: they work and are on their way out. */
const DEPRECATED = [
  'HTTPProxy',
  'HTTPProxyAuthenticator',
  'ReachableDirAddresses',
  'ClientPreferIPv6DirPort',
  'ClientAutoIPv6ORPort'
]

export function isImmediate(action: CliAction): action is Immediate {
  return (IMMEDIATE as readonly string[]).includes(action)
}

export async function runImmediate(
  action: Immediate,
  {argument}: Pick<CommandLine, 'argument'>
): Promise<number> {
  switch (action) {
    case 'version':
      return print(versionReport())
    case 'hash-password':
      return print(`${hashPassword(fromText(argument))}\n`)
    case 'keygen-family': {
      await ed25519Ready
      const made = makeFamilyKey(argument)
      if (!made.ok) return fail(printDataDirFault(made.fault))
      return print(`# Generated ${made.value.path}\nFamilyId ${made.value.id}\n`)
    }
    case 'list-torrc-options':
      return print(`${optionNames().join('\n')}\n`)
    case 'list-deprecated-options':
      return print(`${DEPRECATED.join('\n')}\n`)
    case 'list-modules':
      return print(`${moduleLines().join('\n')}\n`)
  }
}

/** The parts that C tor can be built without, and whether they are here. */
function moduleLines(): string[] {
  const hasProofOfWork = 'HiddenServicePoWDefensesEnabled' in relayOptions
  return ['relay: yes', 'dirauth: yes', 'dircache: yes', `pow: ${hasProofOfWork ? 'yes' : 'no'}`]
}
