// `ramson doctor`: examines the machine, the settings and the keys, and says of each finding what mends it. The exit status is
// 0 when all is good, 1 when there are warnings, 2 when something is bad.

import {Command, CommanderError} from 'commander'
import {printConfigFault} from '../../config/fault.ts'
import {parseCommandLine} from '../cli.ts'
import {fail, print} from '../exit-status.ts'
import {readConfig} from '../read-config.ts'
import {examine} from './examine.ts'
import {bad, exitStatus, type Finding} from './finding.ts'

interface DoctorFlags {
  readonly torrcFile?: string
  readonly json?: true
  readonly verbose?: true
  readonly help?: true
}

const BAD_COMMAND_LINE = 2

export function doctorProgram(): Command {
  return new Command('ramson doctor')
    .usage('[flags]')
    .description('Looks for what keeps a node from running well, and says what mends it. It changes nothing.')
    .helpOption(false)
    .exitOverride()
    .configureOutput({writeErr: () => undefined, writeOut: () => undefined})
    .allowExcessArguments(false)
    .option('-f, --torrc-file <path>', 'the torrc of the node; else the one in the usual place')
    .option('--json', 'one JSON object')
    .option('-h, --help', 'print this')
    .addHelpText(
      'after',
      '\nThe exit status is 0 when all is good, 1 with warnings, 2 when something is bad.'
    )
}

export async function runDoctorCommand(words: readonly string[]): Promise<number> {
  const program = doctorProgram()
  try {
    program.parse(words, {from: 'user'})
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    fail(`${error.message.replace(/^error: /, '').replace(/\.?\n/g, '. ')} See ramson doctor --help.`)
    return BAD_COMMAND_LINE
  }
  const flags = program.opts<DoctorFlags>()
  if (flags.help) return print(program.helpInformation())
  const findings = await findingsOf(flags.torrcFile)
  const status = exitStatus(findings)
  print(flags.json ? `${JSON.stringify({status, findings})}\n` : findingsText(findings))
  return status
}

async function findingsOf(torrcFile: string | undefined): Promise<Finding[]> {
  const command = parseCommandLine(torrcFile === undefined ? [] : ['-f', torrcFile])
  if (!command.ok) return [bad('settings', command.fault.data?.message ?? '', 'ramson doctor --help')]
  const config = readConfig(command.value)
  if (config.ok) return examine(config.value, new Date())
  return [bad('settings', printConfigFault(config.fault), 'mend that line of the torrc')]
}

const MARKS = {good: 'ok  ', warn: 'WARN', bad: 'BAD '} as const

function findingsText(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({verdict, text, fix}) => [
    `${MARKS[verdict]}  ${text}`,
    ...(fix === undefined ? [] : [`      → ${fix}`])
  ])
  const count = (verdict: Finding['verdict']) =>
    findings.filter(finding => finding.verdict === verdict).length
  const summary = `${count('good')} good, ${count('warn')} to look at, ${count('bad')} bad`
  return `${lines.join('\n')}\n\n${summary}\n`
}
