// `ramson network` as a process: starts the network, tells how it goes, stays until a signal, and ends with an exit status.
//
//   INT, TERM: everything stops and what is temporary is removed   another one, later: ends at once

import {fallbackNotice} from '../data-plane.ts'
import type {NetworkFault} from './events.ts'
import type {NetworkCommand} from './network-command.ts'
import {PrivateNetwork} from './private-network.ts'
import {jsonReport, type Output, peopleReport} from './report.ts'

const DONE = 0
const FAILED = 1
const INTERRUPTED = 130
/** A terminal's Ctrl-C comes twice under npm: from the terminal and, passed on, from npm. */
const SAME_SIGNAL_MS = 1000

export async function runNetwork(command: NetworkCommand): Promise<number> {
  const report = (command.output === 'json' ? jsonReport : peopleReport)(standardOutput())
  const interrupted = new AbortController()
  const signalled = new Promise<void>(resolve => {
    interrupted.signal.addEventListener('abort', () => resolve())
  })
  let interruptedAtMs: number | undefined
  const interrupt = () => {
    interruptedAtMs ??= performance.now()
    if (performance.now() - interruptedAtMs > SAME_SIGNAL_MS) process.exit(INTERRUPTED)
    interrupted.abort()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)

  report.starting('A private onion network on this machine: the onion-service protocol in six steps')
  const notice = fallbackNotice()
  if (notice !== undefined) report.notice(notice)
  const started = await PrivateNetwork.start(command, report, interrupted.signal)
  if (!started.ok) return failed(started.fault, interrupted.signal, report)
  if (command.stays === 'until-stopped') await signalled
  report.stopping()
  const begunAtMs = performance.now()
  await started.value.stop()
  report.stopped(performance.now() - begunAtMs)
  return DONE
}

/** Whoever interrupts a start gets what they asked for. */
function failed({data}: NetworkFault, {aborted}: AbortSignal, report: ReturnType<typeof jsonReport>): number {
  if (aborted) {
    report.stopped(0)
    return DONE
  }
  if (data !== undefined) report.failed(data)
  return FAILED
}

function standardOutput(): Output {
  const {stdout} = process
  // Whoever read our output may have gone; the network stays until it is told to stop.
  stdout.on('error', () => {})
  return {
    get isTTY() {
      return stdout.isTTY === true
    },
    get columns() {
      return stdout.columns ?? 80
    },
    write: text => {
      stdout.write(text)
    }
  }
}
