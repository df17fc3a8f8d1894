// Octets of a connection become commands: a line up to LF (CR before it is dropped), and, where the line begins with '+',
// the lines after it up to a lone '.' as its data, with the dot that a line's first dot was given taken off
// (control-spec 2.1, 2.2).
//
// Who has not authenticated gets less room: nothing it may say is long. Where the bound is passed nothing more is read.

import {type Fault, localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'

/** Octets of a line, and of a line with its data. */
export const STRANGER_LINE_MAX = 4096
export const LINE_MAX = 1 << 20

export interface CommandText {
  /** One character for each octet; without '+' and line end. */
  readonly line: string
  /** Undefined where there was no '+'. Lines end in LF. */
  readonly data: string | undefined
}

export type ReadFault = Fault<'line-too-long', never>

export class CommandReader {
  readonly #commands: CommandText[] = []
  #pending = ''
  #multiline: {readonly line: string; readonly data: string[]; length: number} | undefined
  #lineMax = STRANGER_LINE_MAX

  /** From now on lines may be long. */
  trust(): void {
    this.#lineMax = LINE_MAX
  }

  /** Commands that are complete, in order; each is given once. */
  next(): CommandText | undefined {
    return this.#commands.shift()
  }

  /** Commands that wait to be taken. */
  get size(): number {
    return this.#commands.length
  }

  push(octets: Uint8Array): Result<undefined, ReadFault> {
    const lines = (this.#pending + Buffer.from(octets).toString('latin1')).split('\n')
    this.#pending = lines.pop() ?? ''
    for (const line of lines) {
      if (line.length > this.#lineMax) return err(localFault('line-too-long'))
      this.#line(line.endsWith('\r') ? line.slice(0, -1) : line)
      if ((this.#multiline?.length ?? 0) > this.#lineMax) return err(localFault('line-too-long'))
    }
    return this.#pending.length > this.#lineMax ? err(localFault('line-too-long')) : ok(undefined)
  }

  #line(line: string): void {
    const open = this.#multiline
    if (open === undefined) {
      if (line.startsWith('+')) this.#multiline = {line: line.slice(1), data: [], length: line.length}
      else this.#commands.push({line, data: undefined})
      return
    }
    if (line !== '.') {
      open.data.push(line.startsWith('.') ? line.slice(1) : line)
      open.length += line.length + 1
      return
    }
    this.#multiline = undefined
    this.#commands.push({line: open.line, data: open.data.map(each => `${each}\n`).join('')})
  }
}
