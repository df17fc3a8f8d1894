// The command line, parsing alone: nothing is read, written or started here. In order: words that are torrc options
// (`--ORPort 9001`, `+Log "info stdout"`, `/MyFamily`), with their values, become configuration lines; the flags that are
// left go to commander; a word that is neither is a fault that names the nearest thing there is.

import {Command, CommanderError, type Option} from 'commander'
import {editDistance, findOption, nearestOption} from '../config/option-names.ts'
import {type ConfigLine, configLine} from '../config/torrc-text.ts'
import {type Fault, localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {ACTION_FLAGS, type ActionFlag, allFlags, FLAGS} from './flags.ts'

export type CliAction = 'run' | ActionFlag

/** The flags of --keygen. */
export interface KeygenFlags {
  readonly passphrase: 'asked' | 'none' | 'new'
  readonly passphraseFd: number | undefined
  readonly newPassphraseFd: number | undefined
}

export interface CommandLine {
  readonly action: CliAction
  readonly torrcFile: string | undefined
  readonly defaultsFile: string | undefined
  readonly missingTorrc: 'fault' | 'ignored'
  readonly quiet: 'normal' | 'hush' | 'quiet'
  readonly fingerprint: 'rsa' | 'ed25519'
  readonly dump: 'short' | 'full'
  /** What the action's flag was given: a password, the name of a family. */
  readonly argument: string
  readonly keygen: KeygenFlags
  readonly expirationFormat: 'iso8601' | 'timestamp'
  readonly lines: readonly ConfigLine[]
  /** What a command sets unless the torrc says otherwise. */
  readonly roleLines: readonly ConfigLine[]
}

export type CliFault = Fault<'usage', {readonly message: string}>

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

interface ParsedFlags {
  readonly torrcFile?: string
  readonly defaultsTorrc?: string
  readonly ignoreMissingTorrc?: boolean
  readonly quiet?: boolean
  readonly hush?: boolean
  readonly listFingerprint?: string | true
  readonly dumpConfig?: string
  readonly hashPassword?: string
  readonly keygen?: boolean
  readonly keygenFamily?: string
  readonly keyExpiration?: string
  readonly newpass?: boolean
  /** commander reads --no-x as the opposite of --x. */
  readonly passphrase?: boolean
  readonly passphraseFd?: string
  readonly newPassphraseFd?: string
  readonly format?: string
  readonly verifyConfig?: boolean
  readonly listTorrcOptions?: boolean
  readonly listDeprecatedOptions?: boolean
  readonly listModules?: boolean
  readonly version?: boolean
  readonly help?: boolean
}

/** The flags and nothing else; help.ts prints it. */
export function makeProgram(): Command {
  const program = new Command('ramson')
    .usage('[command] [flags] [--TorrcOption value …]')
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

function splitWords(
  words: readonly string[]
): Result<{readonly flags: readonly string[]; readonly lines: readonly ConfigLine[]}, CliFault> {
  const flags: string[] = []
  const lines: ConfigLine[] = []
  const known = allFlags()
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? ''
    const next = words[i + 1]
    const flag = known.find(option => option.short === word || option.long === word.replace(/=.*$/, ''))
    if (flag !== undefined) {
      if (!flag.required && !flag.optional) {
        flags.push(word)
        continue
      }
      const takesNext = next !== undefined && !word.includes('=') && (flag.required || !next.startsWith('-'))
      // Joined, so that a value may begin with a dash, as a password may.
      flags.push(takesNext && flag.long !== undefined ? `${flag.long}=${next}` : word)
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
  const near = nearestWord(word, longs) ?? prefixed(nearestOption(name))
  return `There is no ${word}.${near === undefined ? '' : ` Did you mean ${near}?`}`
}

/** The word with the fewest edits, if they are few. */
export function nearestWord(word: string, words: readonly string[]): string | undefined {
  const most = 4
  const distances = words.map(each => ({each, edits: editDistance(each, word, most)}))
  return distances.filter(({edits}) => edits < most).sort((a, b) => a.edits - b.edits)[0]?.each
}

function prefixed(option: string | undefined): string | undefined {
  return option && `--${option}`
}

function commandLine(flags: ParsedFlags, lines: readonly ConfigLine[]): Result<CommandLine, CliFault> {
  const asked: Record<ActionFlag, unknown> = {
    'verify-config': flags.verifyConfig,
    'list-fingerprint': flags.listFingerprint,
    'dump-config': flags.dumpConfig,
    'hash-password': flags.hashPassword,
    keygen: flags.keygen,
    'keygen-family': flags.keygenFamily,
    'key-expiration': flags.keyExpiration,
    'list-torrc-options': flags.listTorrcOptions,
    'list-deprecated-options': flags.listDeprecatedOptions,
    'list-modules': flags.listModules,
    version: flags.version,
    help: flags.help
  }
  const actions = ACTION_FLAGS.filter(action => asked[action] !== undefined)
  const [first = 'run', second] = actions
  const action: CliAction = actions.includes('help') ? 'help' : first
  if (second !== undefined && action !== 'help') {
    return usage(`--${first} and --${second} exclude each other.`)
  }
  const keygen = keygenFlags(flags, action)
  if (!keygen.ok) return keygen
  if (flags.format !== undefined && action !== 'key-expiration') {
    return usage('--format belongs to --key-expiration.')
  }
  return ok({
    action,
    torrcFile: flags.torrcFile,
    defaultsFile: flags.defaultsTorrc,
    missingTorrc: flags.ignoreMissingTorrc ? 'ignored' : 'fault',
    quiet: flags.quiet ? 'quiet' : flags.hush ? 'hush' : 'normal',
    fingerprint: flags.listFingerprint === 'ed25519' ? 'ed25519' : 'rsa',
    dump: flags.dumpConfig === 'full' ? 'full' : 'short',
    argument: typeof asked[first as ActionFlag] === 'string' ? String(asked[first as ActionFlag]) : '',
    keygen: keygen.value,
    expirationFormat: flags.format === 'timestamp' ? 'timestamp' : 'iso8601',
    lines,
    roleLines: []
  })
}

function keygenFlags(flags: ParsedFlags, action: CliAction): Result<KeygenFlags, CliFault> {
  const given = {
    '--newpass': flags.newpass,
    '--no-passphrase': flags.passphrase === false ? true : undefined,
    '--passphrase-fd': flags.passphraseFd,
    '--new-passphrase-fd': flags.newPassphraseFd
  }
  const stray = Object.entries(given).find(([, value]) => value !== undefined)?.[0]
  if (stray !== undefined && action !== 'keygen' && action !== 'help') {
    return usage(`${stray} belongs to --keygen.`)
  }
  if (given['--no-passphrase'] && (flags.passphraseFd !== undefined || flags.newPassphraseFd !== undefined)) {
    return usage('--no-passphrase and a descriptor to read a passphrase from exclude each other.')
  }
  const fds = [flags.passphraseFd, flags.newPassphraseFd].map(text =>
    text === undefined || /^\d{1,6}$/.test(text) ? text && Number(text) : Number.NaN
  )
  if (fds.some(fd => Number.isNaN(fd))) return usage('A passphrase is read from a descriptor, a number.')
  return ok({
    passphrase: flags.newpass ? 'new' : flags.passphrase === false ? 'none' : 'asked',
    passphraseFd: typeof fds[0] === 'number' ? fds[0] : undefined,
    newPassphraseFd: typeof fds[1] === 'number' ? fds[1] : undefined
  })
}

export function usage(message: string): Result<never, CliFault> {
  return err(localFault('usage', {message}))
}
