// How a private network is told: for people, one aligned line per step that is redrawn while it runs on a terminal and
// written once elsewhere; for scripts, one JSON object per line.

import type {NetworkAddresses, NetworkEvents, NetworkFailure} from './events.ts'
import {STEP_TITLES, type StepEvent} from './steps.ts'

export interface NetworkReport extends NetworkEvents {
  starting(about: string): void
  /** Something that whoever started it would want to know. */
  notice(text: string): void
  failed(failure: NetworkFailure): void
  stopping(): void
  stopped(ms: number): void
}

export interface Output {
  readonly isTTY: boolean
  readonly columns: number
  write(text: string): void
}

const TITLE_WIDTH = Math.max(...STEP_TITLES.map(title => title.length)) + 2
const TIME_WIDTH = 8
const REDRAW_MS = 250
const MARKS = {running: '…', done: '✓', failed: '✗'} as const

export function jsonReport(output: Output): NetworkReport {
  const tell = (event: string, data: object) => output.write(`${JSON.stringify({event, ...data})}\n`)
  return {
    starting: about => tell('starting', {about}),
    notice: text => tell('notice', {text}),
    step: ({ms, ...rest}) => tell('step', {...rest, ms: Math.round(ms)}),
    ready: (addresses, ms) => tell('ready', {...addresses, ms: Math.round(ms)}),
    failed: failure => tell('failed', failure),
    stopping: () => tell('stopping', {}),
    stopped: ms => tell('stopped', {ms: Math.round(ms)})
  }
}

export function peopleReport(output: Output): NetworkReport {
  return output.isTTY ? new TerminalReport(output) : plainReport(output)
}

function plainReport(output: Output): NetworkReport {
  const line = (text: string) => output.write(`${text}\n`)
  return {
    starting: about => line(`${about}\n`),
    notice: text => line(`${text}\n`),
    step: event => {
      if (event.state !== 'running') line(stepLine(event))
    },
    ready: (addresses, ms) => line(readyText(addresses, ms)),
    failed: failure => line(failureText(failure)),
    stopping: () => {},
    stopped: ms => line(`\nEverything has stopped (${seconds(ms)}).`)
  }
}

/** Lines of steps that are over stay where they are; those that are under way stand below them and are drawn anew. */
class TerminalReport implements NetworkReport {
  readonly #output: Output
  readonly #running = new Map<number, StepEvent & {readonly seenAtMs: number}>()
  #drawn = 0
  #timer: NodeJS.Timeout | undefined

  constructor(output: Output) {
    this.#output = output
  }

  starting(about: string): void {
    this.#output.write(`${about}\n\n`)
    this.#timer = setInterval(() => this.#draw(), REDRAW_MS)
    this.#timer.unref()
  }

  notice(text: string): void {
    this.#erase()
    this.#output.write(`${text}\n\n`)
    this.#draw()
  }

  step(event: StepEvent): void {
    this.#erase()
    if (event.state === 'running') this.#running.set(event.step, {...event, seenAtMs: performance.now()})
    else {
      this.#running.delete(event.step)
      this.#output.write(`${stepLine(event)}\n`)
    }
    this.#draw()
  }

  ready(addresses: NetworkAddresses, ms: number): void {
    this.#end(readyText(addresses, ms))
  }

  failed(failure: NetworkFailure): void {
    this.#end(failureText(failure))
  }

  stopping(): void {
    this.#end('')
    this.#output.write('stopping …')
  }

  stopped(ms: number): void {
    this.#output.write(`\r\x1b[2KEverything has stopped (${seconds(ms)}).\n`)
  }

  #end(text: string): void {
    clearInterval(this.#timer)
    this.#erase()
    this.#running.clear()
    this.#output.write(`${text}\n`)
  }

  #erase(): void {
    if (this.#drawn > 0) this.#output.write(`\x1b[${this.#drawn}A\r\x1b[J`)
    this.#drawn = 0
  }

  #draw(): void {
    this.#erase()
    const now = performance.now()
    for (const step of this.#running.values()) {
      const line = stepLine({...step, ms: step.ms + now - step.seenAtMs})
      // A line that wraps would be erased in part only.
      this.#output.write(`${line.slice(0, Math.max(20, this.#output.columns - 1))}\n`)
      this.#drawn++
    }
  }
}

function stepLine({state, title, ms, detail}: StepEvent): string {
  return `  ${MARKS[state]} ${title.padEnd(TITLE_WIDTH)}${seconds(ms).padStart(TIME_WIDTH)}   ${detail}`
}

function readyText({onion, command, statusUrl, joinRelay, joinClient}: NetworkAddresses, ms: number): string {
  return `
  From start to page: ${seconds(ms)}

  address   ${onion}
  try it    ${command}
  status    ${statusUrl}
  join      tor -f ${joinRelay}
            tor -f ${joinClient}

Ctrl-C stops it all.`
}

function failureText({step, node, message, wayOut}: NetworkFailure): string {
  const where = node === undefined ? '' : `, at ${node}`
  return `\nIt failed in step ${step} (${STEP_TITLES[step]})${where}: ${message}\n${wayOut}`
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}
