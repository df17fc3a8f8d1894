// A relay as a process: starts it, obeys signals, and ends with an exit status.
//
//   TERM: end now   INT: stop listening, end after ShutdownWaitLength (a second INT: now)   HUP: read the settings again
//   USR1: statistics into the log   USR2: everything into the log, until HUP

import {printConfigFault} from '../config/fault.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import {printDataDirFault} from '../datadir/fault.ts'
import {removePidFile, writePidFile} from '../datadir/pid-file.ts'
import {ok, type Result} from '../fault/result.ts'
import type {Logger} from '../log/logger.ts'
import {severityRank} from '../log/severity.ts'
import {confine} from './confinement/confine.ts'
import {asRoot} from './confinement/user.ts'
import {controlReadings} from './control/control-metrics.ts'
import {Control, type ControlProcess} from './control/open-control.ts'
import {Notices} from './network/notices.ts'
import {OriginNode} from './origin-node.ts'
import {RelayNode, type StartFault} from './relay-node.ts'
import type {RelayNodeDeps} from './relay-node-deps.ts'
import {printStartFault} from './start-fault.ts'
import {StatusServer} from './status/status-server.ts'
import {ServiceManager} from './systemd/service-manager.ts'
import {statusLine} from './systemd/status-line.ts'

const DONE = 0
const FAILED = 1

/** Resolves with the exit status when the relay has ended. */
export async function runRelay(first: RelayConfig, deps: RelayNodeDeps): Promise<number> {
  const {log, reload} = deps
  const {logger} = log
  if (first.pidFile !== undefined) {
    const written = writePidFile(first.pidFile, process.pid)
    if (!written.ok) logger.warn(printDataDirFault(written.fault))
  }
  const notices = keepNotices(first, log)
  // A reload that is asked for while the node starts would end the process; it waits until there is something to reload.
  let early: 'reload' | undefined
  const reloadEarly = () => {
    early = 'reload'
  }
  process.on('SIGHUP', reloadEarly)
  let status = DONE
  const cannotGoOn = new AbortController()
  const started = await startNode(first, logger, () => {
    status = FAILED
    cannotGoOn.abort()
  })
  if (!started.ok) {
    logger.err(printStartFault(started.fault))
    return FAILED
  }
  const node = started.value
  const page = await openStatusPage(first, logger, node, notices)
  let config = first
  const control = await openControl(node, {
    ...deps,
    config: () => config,
    adopt: async next => {
      const adopted = deps.adopt(config, next)
      if (!adopted.ok) return adopted
      config = adopted.value
      await node.reload(config)
      return ok(undefined)
    },
    signal: name => process.emit(name, name)
  })
  if (!control.ok) {
    logger.err(printStartFault(control.fault))
    await page?.close()
    await node.close()
    return FAILED
  }
  const confined = confine(first, logger)
  if (!confined.ok) {
    logger.err(confined.fault.data?.message ?? confined.fault.code)
    await control.value?.close()
    await page?.close()
    await node.close()
    return FAILED
  }
  const manager = ServiceManager.find(process.env, {
    status: () => statusLine(node),
    unheard: () => logger.warn('The service manager cannot be told how we are (NOTIFY_SOCKET).')
  })
  manager?.ready()
  deps.up?.()
  let shutdown: NodeJS.Timeout | undefined

  await new Promise<void>(end => {
    if (cannotGoOn.signal.aborted) end()
    cannotGoOn.signal.addEventListener('abort', () => end())
    process.on('SIGTERM', () => {
      logger.notice('Catching signal TERM, exiting cleanly.')
      manager?.stopping(0)
      end()
    })
    process.on('SIGINT', () => {
      if (shutdown !== undefined) {
        end()
        return
      }
      const seconds = Math.round(config.shutdownWaitLengthMs / 1000)
      logger.notice(
        `Interrupt: we have stopped accepting new connections, and will shut down in ${seconds} seconds.`
      )
      manager?.stopping(config.shutdownWaitLengthMs)
      node.stopListening()
      shutdown = setTimeout(end, config.shutdownWaitLengthMs)
    })
    process.on('SIGUSR1', () => node.monitor.dump())
    process.on('SIGUSR2', () => {
      logger.notice('Caught signal USR2: everything is logged until the next reload.')
      log.makeDebug()
    })
    process.on('SIGHUP', () => {
      logger.notice('Received reload signal (hup). Reloading config and resetting internal state.')
      manager?.reloading()
      const next = reload(config)
      if (!next.ok) {
        logger.warn(`The settings could not be read again: ${printConfigFault(next.fault)}`)
        manager?.reloaded()
        return
      }
      config = next.value
      void Promise.resolve(node.reload(config)).finally(() => manager?.reloaded())
    })
    process.off('SIGHUP', reloadEarly)
    if (early === 'reload') process.emit('SIGHUP', 'SIGHUP')
  })
  clearTimeout(shutdown)
  manager?.close()
  await control.value?.close()
  await page?.close()
  await node.close()
  if (config.pidFile !== undefined) removePidFile(config.pidFile)
  return status
}

/** The last notices of the log, for the status page. */
function keepNotices({statusPort}: RelayConfig, log: RelayNodeDeps['log']): Notices {
  const notices = new Notices()
  if (statusPort !== 0) {
    log.watch((severity, text) => {
      if (severityRank(severity) <= severityRank('notice')) notices.add(severity, text)
    })
  }
  return notices
}

/** The control port, where the settings have one. */
async function openControl(
  node: RelayNode | OriginNode,
  host: ControlProcess
): Promise<Result<Control | undefined, StartFault>> {
  const {controllable, monitor} = node
  const opened = controllable === undefined ? ok(undefined) : await Control.open(controllable, host)
  if (opened.ok) {
    monitor.processReadings = () => controlReadings(opened.value?.ports)
    monitor.processCaps = () => opened.value?.caps ?? {}
  }
  return opened
}

/** The page of StatusPort, on loopback. */
async function openStatusPage(
  {statusPort}: RelayConfig,
  logger: Logger,
  node: RelayNode | OriginNode,
  notices: Notices
): Promise<StatusServer | undefined> {
  if (statusPort === 0) return undefined
  const status = () => node.monitor.status(notices.list())
  const opened = await asRoot(() => StatusServer.start(statusPort, status))
  if (!opened.ok) {
    logger.warn(`The StatusPort ${statusPort} is taken; there is no status page.`)
    return undefined
  }
  logger.notice(`The status page is at ${opened.value.url}`)
  return opened.value
}

/** What a process can run: a relay, or, without an ORPort, what needs none. */
function startNode(
  config: RelayConfig,
  logger: Logger,
  cannotGoOn: () => void
): Promise<Result<RelayNode | OriginNode, StartFault>> {
  const options = {config, logger, cannotGoOn}
  return config.orPorts.length > 0 ? RelayNode.start(options) : OriginNode.start(options)
}
