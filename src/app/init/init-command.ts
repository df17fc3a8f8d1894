// `ramson init`: from flags and, at a terminal, questions it writes a torrc and a systemd unit, and says what to do next and
// which files to keep a copy of. What is there already stays, unless --force is given; then it is kept beside the new one.
// Nothing is written before everything is known to be good.

import {chmodSync, existsSync, mkdirSync, renameSync, writeFileSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import {fileURLToPath} from 'node:url'
import {Argument, Command, CommanderError} from 'commander'
import {printConfigFault} from '../../config/fault.ts'
import {loadConfig} from '../../config/relay-config.ts'
import {parseTorrcText} from '../../config/torrc-text.ts'
import {fail, print} from '../exit-status.ts'
import {packageFolder} from '../version.ts'
import {
  type Answers,
  DEFAULT_ANSWERS,
  defaultPlaces,
  type NodeKind,
  type PlaceFlags,
  type Places
} from './answers.ts'
import {askQuestions} from './questions.ts'
import {identityFiles, torrcText} from './write-torrc.ts'
import {unitText} from './write-unit.ts'

interface InitFlags extends PlaceFlags, Partial<Omit<Answers, 'kind'>> {
  /** commander reads --no-unit as the opposite of --unit. */
  readonly unit?: string
  readonly yes?: true
  readonly force?: true
  readonly dryRun?: true
  readonly help?: true
}

export function initProgram(): Command {
  return new Command('ramson init')
    .usage('[relay|service] [flags]')
    .description('Writes a torrc and a systemd unit. At a terminal it asks for what no flag says.')
    .helpOption(false)
    .exitOverride()
    .configureOutput({writeErr: () => undefined, writeOut: () => undefined})
    .addArgument(new Argument('[kind]').choices(['relay', 'service']))
    .allowExcessArguments(false)
    .optionsGroup('What it is:')
    .option('--nickname <name>', 'of the relay')
    .option('--or-port <port>', 'that the relay is reached at')
    .option('--contact <text>', 'an e-mail address and a web page, or a whole ContactInfo')
    .option('--bandwidth <rate>', 'most octets a second, such as "10 MB"')
    .option('--family-id <id>', 'of your other relays')
    .option('--service-port <ports>', 'of an onion service: "80 127.0.0.1:8080"')
    .option('--metrics-port <address>', 'for Prometheus; 0 for none')
    .option('--status-port <port>', 'of the status page; 0 for none')
    .optionsGroup('Where it goes:')
    .option('--directory <path>', 'of the torrc')
    .option('--data-directory <path>', 'of the keys')
    .option('--unit <path>', 'of the systemd unit')
    .option('--instance <name>', 'one of several nodes on this machine')
    .optionsGroup('How:')
    .option('--yes', 'ask nothing')
    .option('--force', 'replace files that are there; they are kept as *.old')
    .option('--dry-run', 'print the files and write nothing')
    .option('-h, --help', 'print this')
}

export async function runInitCommand(words: readonly string[]): Promise<number> {
  const program = initProgram()
  try {
    program.parse(words, {from: 'user'})
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return fail(`${error.message.replace(/^error: /, '').replace(/\.?\n/g, '. ')} See ramson init --help.`)
  }
  const flags = program.opts<InitFlags>()
  if (flags.help) return print(program.helpInformation())
  if (flags.instance !== undefined && !/^[A-Za-z0-9_.-]{1,32}$/.test(flags.instance)) {
    return fail('The name of an instance has letters, digits and _ . - and becomes part of file names.')
  }
  const places = absolute(defaultPlaces(flags, process.getuid?.() === 0))
  const files = [places.torrc, places.unit]
  const existing = files.filter(path => existsSync(path))
  if (existing.length > 0 && !flags.force && !flags.dryRun) {
    return fail(
      `${existing.join(' and ')} exists already. --force replaces it and keeps the old one beside it.`
    )
  }
  const answers = await answersOf((program.processedArgs[0] ?? 'relay') as NodeKind, flags)
  const torrc = torrcText(answers, places)
  const wrong = whatIsWrong(torrc)
  if (wrong !== undefined) return fail(wrong)
  const unit = unitText(places, {node: process.execPath, main: programPath()})
  if (flags.dryRun) return print(`# ${places.torrc}\n${torrc}\n# ${places.unit}\n${unit}`)
  try {
    writeNew(places.torrc, torrc, 0o644)
    writeNew(places.unit, unit, 0o644)
  } catch (error) {
    return fail(`Could not be written: ${error instanceof Error ? error.message : String(error)}`)
  }
  return print(summary(answers, places))
}

function absolute(places: Places): Places {
  const {torrc, dataDirectory, unit} = places
  return {...places, torrc: resolve(torrc), dataDirectory: resolve(dataDirectory), unit: resolve(unit)}
}

function answersOf(kind: NodeKind, flags: InitFlags): Promise<Answers> {
  const fields = Object.keys(DEFAULT_ANSWERS) as (keyof Answers)[]
  const given = fields.filter(field => field !== 'kind' && flags[field] !== undefined)
  const known = {
    ...DEFAULT_ANSWERS,
    ...Object.fromEntries(given.map(field => [field, flags[field as 'nickname']])),
    kind
  }
  const canAsk = process.stdin.isTTY === true && process.stdout.isTTY === true && !flags.yes
  return canAsk ? askQuestions(known, new Set(given)) : Promise.resolve(known)
}

/** A torrc that --verify-config would refuse is not written. */
function whatIsWrong(torrc: string): string | undefined {
  const lines = parseTorrcText(torrc, 'the new torrc')
  const config = lines.ok ? loadConfig({torrc: lines.value}) : lines
  return config.ok ? undefined : `These answers make no good settings. ${printConfigFault(config.fault)}`
}

function programPath(): string {
  return fileURLToPath(new URL('../main.js', import.meta.url))
}

function writeNew(path: string, text: string, mode: number): void {
  mkdirSync(dirname(path), {recursive: true})
  if (existsSync(path)) renameSync(path, `${path}.old`)
  writeFileSync(path, text, {mode})
  // A umask that is stricter would keep the service's user from reading it.
  chmodSync(path, mode)
}

function summary(answers: Answers, places: Places): string {
  const unitName =
    places.unit
      .split('/')
      .at(-1)
      ?.replace(/\.service$/, '') ?? 'ramson'
  const user = places.owner === 'user' ? ' --user' : ''
  const sysusers = join(packageFolder(), 'packaging', 'sysusers.d', 'ramson.conf')
  return `${[
    `Written: ${places.torrc}`,
    `         ${places.unit}`,
    '',
    'Next:',
    ...(places.owner === 'root'
      ? [`  systemd-sysusers ${sysusers}`, `  install -d -o ramson -g ramson -m 0700 ${places.dataDirectory}`]
      : ['  loginctl enable-linger']),
    `  systemctl${user} daemon-reload && systemctl${user} enable --now ${unitName}`,
    `  ramson doctor -f ${places.torrc}`,
    `  ramson status -f ${places.torrc}`,
    '',
    `These files are who the ${answers.kind} is. They appear at the first start: keep a copy of them, where nobody else can`,
    'read it. Whoever has them can be it; without them it cannot come back after the disk is gone.',
    ...identityFiles(answers, places).map(path => `  ${path}`)
  ].join('\n')}\n`
}
