// `ramson doctor`: examines the machine, the settings and the keys, and says of each finding what mends it. The exit status is
// 0 when all is good, 1 when there are warnings, 2 when something is bad.

import {Command} from 'commander'
import {printConfigFault} from '../../config/fault.ts'
import type {CommandLine} from '../cli.ts'
import {fail, print} from '../exit-status.ts'
import {parseNodeCommand} from '../node-command.ts'
import {readConfig} from '../read-config.ts'
import {examine, examineMachine} from './examine.ts'
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
    .usage('[flags] [--TorrcOption value …]')
    .description('Looks for what keeps a node from running well, and says what mends it. It changes nothing.')
    .helpOption(false)
    .exitOverride()
    .configureOutput({writeErr: () => undefined, writeOut: () => undefined})
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
  const command = parseNodeCommand<DoctorFlags>(program, words)
  if (!command.ok) {
    fail(`${command.fault.data?.message ?? ''} See ramson doctor --help.`)
    return BAD_COMMAND_LINE
  }
  const {flags, node} = command.value
  if (flags.help) return print(program.helpInformation())
  const findings = await findingsOf(node)
  const status = exitStatus(findings)
  print(flags.json ? `${JSON.stringify({status, findings})}\n` : findingsText(findings))
  return status
}

async function findingsOf(node: CommandLine): Promise<Finding[]> {
  const config = readConfig(node)
  const now = new Date()
  if (config.ok) return examine(config.value, now)
  const fault = bad('settings', printConfigFault(config.fault), 'mend that line of the torrc')
  return [...examineMachine(now), fault]
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
