#!/usr/bin/env node
// The program. The command line says what to do; the settings are read; then it is done, and the exit status tells how it
// went: 0 for well, 1 for a bad command line, bad settings or a relay that could not start. What a relay needs is loaded
// only when one is to run. `network` as the first word is a command of its own.

import {printConfigFault} from '../config/fault.ts'
import {optionNames} from '../config/option-names.ts'
import {printConfig} from '../config/print-config.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import {printDataDirFault} from '../datadir/fault.ts'
import {assertNever} from '../fault/fault.ts'
import {printLogFault} from '../log/fault.ts'
import {Log} from '../log/log.ts'
import {type CommandLine, helpText, parseCommandLine} from './cli.ts'
import {listFingerprint} from './list-fingerprint.ts'
import {logOptions} from './log-options.ts'
import {networkHelpText, parseNetworkCommand} from './network/network-command.ts'
import {readConfig} from './read-config.ts'
import {reloadConfig} from './reload.ts'
import {versionReport} from './version-report.ts'

const DONE = 0
const FAILED = 1

process.exitCode = await main(process.argv.slice(2))

async function main(words: readonly string[]): Promise<number> {
  const [first, ...rest] = words
  if (first === 'network') return network(rest)
  const command = parseCommandLine(words)
  if (!command.ok) return fail(`${command.fault.data?.message ?? command.fault.code} See ramson --help.`)
  const {action} = command.value
  if (action === 'help') return print(helpText())
  if (action === 'version') return print(versionReport())
  if (action === 'list-torrc-options') return print(`${optionNames().join('\n')}\n`)
  const config = readConfig(command.value)
  if (!config.ok) return fail(printConfigFault(config.fault))
  return withConfig(action, command.value, config.value)
}

async function network(words: readonly string[]): Promise<number> {
  const command = parseNetworkCommand(words)
  if (!command.ok)
    return fail(`${command.fault.data?.message ?? command.fault.code} See ramson network --help.`)
  if (command.value.action === 'help') return print(networkHelpText())
  const {runNetwork} = await import('./network/run-network.ts')
  return runNetwork(command.value)
}

async function withConfig(
  action: Exclude<CommandLine['action'], 'help' | 'version' | 'list-torrc-options'>,
  command: CommandLine,
  config: RelayConfig
): Promise<number> {
  switch (action) {
    case 'verify-config':
      if (command.quiet === 'normal') for (const notice of config.notices) process.stderr.write(`${notice}\n`)
      return print('Configuration was valid\n')
    case 'dump-config':
      return print(printConfig(config, command.dump))
    case 'list-fingerprint': {
      const line = await listFingerprint(config, command.fingerprint, new Date())
      return line.ok ? print(line.value) : fail(printDataDirFault(line.fault))
    }
    case 'run':
      return run(command, config)
    default:
      return assertNever(action)
  }
}

async function run(command: CommandLine, config: RelayConfig): Promise<number> {
  const log = Log.open(logOptions(config, command.quiet))
  if (!log.ok) return fail(printLogFault(log.fault))
  for (const notice of config.notices) log.value.logger.about('config').warn(notice)
  const {runRelay} = await import('./run-relay.ts')
  return runRelay(config, {log: log.value, reload: before => reloadConfig(before, command, log.value)})
}

function print(text: string): number {
  process.stdout.write(text)
  return DONE
}

function fail(message: string): number {
  process.stderr.write(`${message}\n`)
  return FAILED
}
