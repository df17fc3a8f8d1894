// What a process gives up once its node is up: root's rights (User, KeepBindCapabilities), being looked into by debuggers
// (DisableDebuggerAttachment), programs (NoExec), system calls (Sandbox). In this order, since each takes away what those before it need.
//
// What was asked for and cannot be had ends the start: who relies on it would not notice its lack.

import {getSystemErrorName} from 'node:util'
import type {RelayConfig} from '../../config/relay-config.ts'
import {loadAddon} from '../../crypto/binding.ts'
import {type Fault, localFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'
import type {Logger} from '../../log/logger.ts'
import {becomeUser, nextUser, type UserFault} from './user.ts'

export type ConfinementFault = UserFault | Fault<'cannot-forbid', {readonly message: string}>

const LOW_PORTS = 1024

export function confine(config: RelayConfig, logger: Logger): Result<undefined, ConfinementFault> {
  const became = changeUser(config, logger)
  if (!became.ok) return became
  keepDebuggersOut(config, logger)
  const {addon} = loadAddon()
  const programs = config.noExec ? forbidden('NoExec', addon?.forbidPrograms()) : ok(undefined)
  if (!programs.ok) return programs
  if (config.noExec) logger.notice('NoExec: no program can be executed any more.')
  const others = config.sandbox ? forbidden('Sandbox', addon?.enterSandbox()) : ok(undefined)
  if (!others.ok) return others
  if (config.sandbox)
    logger.notice('Sandbox: system calls that a relay does not need are refused from now on.')
  return ok(undefined)
}

/** What is asked for that this installation cannot do; told before anything is opened. */
export function whatCannotBeConfined({noExec, sandbox}: RelayConfig): string | undefined {
  const {addon, reason} = loadAddon()
  if (addon !== undefined && process.platform === 'linux') return undefined
  const lack = process.platform === 'linux' ? `the native addon, which is not in use (${reason})` : 'Linux'
  if (noExec) return `NoExec 1 needs ${lack}: programs could be executed all the same.`
  return sandbox ? `Sandbox 1 needs ${lack}: nothing would be refused.` : undefined
}

function changeUser(config: RelayConfig, logger: Logger): Result<undefined, UserFault> {
  const user = nextUser()
  if (user === undefined) return ok(undefined)
  const {keepBindCapabilities: wanted} = config
  const isWanted = wanted === 'auto' ? hasLowPorts(config) : wanted
  const {addon, reason} = loadAddon()
  const keeps = isWanted && addon !== undefined ? 'bind' : 'none'
  if (isWanted && keeps === 'none') {
    const message = `KeepBindCapabilities: CAP_NET_BIND_SERVICE cannot be kept without the native addon (${reason})`
    logger.warn(`${message}. Ports below ${LOW_PORTS} stay open, and a reload cannot open others.`)
  }
  const became = becomeUser(keeps)
  if (became.ok) {
    const kept = keeps === 'bind' ? `; ports below ${LOW_PORTS} can still be opened` : ''
    logger.notice(`Root's rights are given up: this is user ${user} from now on${kept}.`)
  }
  return became
}

function hasLowPorts(config: RelayConfig): boolean {
  const {orPorts, dirPorts, socksPorts, controlPorts, metricsPorts, statusPort} = config
  const ports = [...orPorts, ...dirPorts, ...socksPorts, ...controlPorts, ...metricsPorts]
  return [...ports.map(each => ('port' in each ? each.port : 0)), statusPort].some(
    port => port > 0 && port < LOW_PORTS
  )
}

/** By default, too; who did not ask for it need not hear that it cannot be had. */
function keepDebuggersOut({disableDebuggerAttachment, given}: RelayConfig, logger: Logger): void {
  const {addon} = loadAddon()
  // A change of user has taken it away, whether or not somebody wanted that.
  const failed = addon?.setDumpable(disableDebuggerAttachment ? 0 : 1) ?? 1
  if (!disableDebuggerAttachment) return
  closeInspector(logger)
  if (failed === 0) logger.info('Debuggers of unprivileged users are kept out.')
  else if (given.has('DisableDebuggerAttachment')) {
    logger.warn('DisableDebuggerAttachment: debuggers cannot be kept out without the native addon on Linux.')
  }
}

/** Node's own debugger listens on a port, where everybody on this machine could come by. */
function closeInspector(logger: Logger): void {
  const inspector = process.features.inspector ? process.getBuiltinModule('node:inspector') : undefined
  if (inspector?.url() === undefined) return
  inspector.close()
  logger.warn("DisableDebuggerAttachment: Node's inspector was open, and is closed now.")
}

/** `code`: a number of errno, 0 for success. */
function forbidden(option: string, code: number | undefined): Result<undefined, ConfinementFault> {
  if (code === 0) return ok(undefined)
  const why = code === undefined ? 'there is no native addon' : getSystemErrorName(-code)
  return err(localFault('cannot-forbid', {message: `${option} 1 cannot be had here (${why}).`}))
}
