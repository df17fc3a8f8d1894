// The command line that C tor has, and the commands relay, service and client, which are the same for one role each: the
// words are parsed, the settings are read, and then what was asked for is done.

import {printConfigFault} from '../config/fault.ts'
import {printConfig} from '../config/print-config.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import {type ConfigLine, configLine} from '../config/torrc-text.ts'
import {printDataDirFault} from '../datadir/fault.ts'
import {printLogFault} from '../log/fault.ts'
import {Log} from '../log/log.ts'
import {severityRank} from '../log/severity.ts'
import {type CommandLine, parseCommandLine} from './cli.ts'
import {whatCannotBeConfined} from './confinement/confine.ts'
import {lowerToUser} from './confinement/user.ts'
import {AsDaemon} from './daemon/as-daemon.ts'
import {DONE, FAILED, fail, print} from './exit-status.ts'
import {helpText} from './help.ts'
import {type Immediate, isImmediate, runImmediate} from './immediate.ts'
import {runKeyAction} from './key-actions.ts'
import {listFingerprint} from './list-fingerprint.ts'
import {logOptions} from './log-options.ts'
import {descriptors} from './monitor/process-readings.ts'
import {giveStandardInput, keptStandardInput, readConfig, readConfigText, torrcPath} from './read-config.ts'
import {adoptConfig, reloadConfig} from './reload.ts'
import type {RunSubcommand} from './subcommands.ts'

/** `any`: whatever the settings ask for. */
export type NodeRole = 'any' | 'relay' | 'service' | 'client'

export function runAs(role: NodeRole): RunSubcommand {
  return words => runNode(words, role)
}

export async function runNode(words: readonly string[], role: NodeRole = 'any'): Promise<number> {
  const parsed = parseCommandLine(words)
  if (!parsed.ok) return fail(`${parsed.fault.data?.message ?? parsed.fault.code} See ramson --help.`)
  const command = {...parsed.value, roleLines: roleLines(role, parsed.value.action)}
  const {action} = command
  const daemon = action === 'run' ? await AsDaemon.find() : undefined
  if (daemon?.standardInput !== undefined) giveStandardInput(daemon.standardInput)
  if (action === 'help') return print(helpText())
  if (isImmediate(action)) return runImmediate(action, command)
  const config = readConfig(command)
  if (!config.ok) return command.quiet === 'quiet' ? FAILED : fail(printConfigFault(config.fault))
  const missing = whatLacks(role, config.value)
  if (missing !== undefined) return fail(missing)
  return action === 'run' ? run(command, config.value, daemon) : withConfig(action, command, config.value)
}

/** Lines that the torrc overrides. */
function roleLines(role: NodeRole, action: CommandLine['action']): ConfigLine[] {
  // The place of a master key is no relay, and its settings need not make one.
  if (action === 'keygen') return [configLine('ORPort', 'auto', {source: '--keygen'})]
  return role === 'client' ? [configLine('SocksPort', '9050', {source: 'ramson client'})] : []
}

function whatLacks(role: NodeRole, {orPorts, onionServices}: RelayConfig): string | undefined {
  if (role === 'relay' && orPorts.length === 0) {
    return 'A relay needs an ORPort. Add one to the torrc, or give --ORPort 9001.'
  }
  if (role === 'service' && onionServices.length === 0) {
    return (
      'There is no onion service in the settings. Add HiddenServiceDir and HiddenServicePort to the torrc, or give ' +
      "--HiddenServiceDir DIRECTORY --HiddenServicePort '80 127.0.0.1:8080'."
    )
  }
  return undefined
}

async function withConfig(
  action: Exclude<CommandLine['action'], 'help' | 'run' | Immediate>,
  command: CommandLine,
  config: RelayConfig
): Promise<number> {
  switch (action) {
    case 'verify-config':
      if (command.quiet !== 'normal') return DONE
      for (const notice of config.notices) process.stderr.write(`${notice}\n`)
      return print('Configuration was valid\n')
    case 'dump-config':
      return print(printConfig(config, command.dump))
    case 'list-fingerprint': {
      if (config.orPorts.length === 0) return fail('Without an ORPort there is no relay and no fingerprint.')
      const line = await listFingerprint(config, command.fingerprint, new Date())
      return line.ok ? print(line.value) : fail(printDataDirFault(line.fault))
    }
    default:
      return runKeyAction(action, command, config)
  }
}

async function run(command: CommandLine, config: RelayConfig, daemon: AsDaemon | undefined): Promise<number> {
  if (config.runAsDaemon && daemon === undefined) {
    const {startDaemon} = await import('./daemon/start-daemon.ts')
    return startDaemon({standardInput: keptStandardInput()}, command.quiet)
  }
  // Node would open its inspector at this signal, to whom it may concern; what a relay does at it comes with the relay.
  process.on('SIGUSR1', () => {})
  const began = begin(config, command)
  if (typeof began === 'string') {
    daemon?.tell('err', began)
    return fail(began)
  }
  const log = began
  const forget = log.watch((severity, text) => {
    if (severityRank(severity) <= severityRank('warn')) daemon?.tell(severity, text)
  }, 'warn')
  for (const notice of config.notices) log.logger.about('config').warn(notice)
  const shortage = descriptorShortage(config)
  if (shortage !== undefined) {
    log.logger.about('config').err(shortage)
    return FAILED
  }
  const {runRelay} = await import('./run-relay.ts')
  return runRelay(config, {
    log,
    reload: before => reloadConfig(before, command, log),
    adopt: (before, next) => adoptConfig(before, next, command, log),
    readText: text => readConfigText(command, text),
    torrcFile: torrcPath(command) ?? '',
    defaultsFile: command.defaultsFile ?? '',
    up: () => {
      forget()
      daemon?.up()
    }
  })
}

/** The log, opened as the user that the settings name; a text says what is in the way. */
function begin(config: RelayConfig, {quiet}: CommandLine): Log | string {
  const lack = whatCannotBeConfined(config)
  if (lack !== undefined) return lack
  const lowered = lowerToUser(config.user)
  if (!lowered.ok) return lowered.fault.data?.message ?? lowered.fault.code
  const log = Log.open(logOptions(config, quiet))
  return log.ok ? log.value : printLogFault(log.fault)
}

/** Node.js has raised the limit as far as the system lets it. Where nobody knows the limit, none is short. */
function descriptorShortage({connLimit}: RelayConfig): string | undefined {
  const {most} = descriptors()
  if (most === 0 || most >= connLimit) return undefined
  return `ConnLimit wants ${connLimit} file descriptors, and this process may have ${most}: raise ulimit -n, or lower ConnLimit.`
}
