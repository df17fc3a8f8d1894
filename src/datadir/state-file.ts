// The `state` file: what a relay remembers over restarts that is no key, as lines `Key Value`. Keys that mean nothing to us
// stay as they are, in their places, so that C tor finds its own memory again when the directory goes back to it. Times are
// UTC; only the comment on top tells the local one. New keys go where the alphabet has them, as C tor sorts them.

import {join} from 'node:path'
import {fromText} from '../bytes/octets.ts'
import {ok, type Result} from '../fault/result.ts'
import {formatTime, parseTime} from '../netdoc/time.ts'
import type {DataDirFault} from './fault.ts'
import {readWhole, writeWhole} from './file.ts'

interface StateLine {
  readonly key: string
  /** as it stands in the file, quotes and all */
  readonly value: string
}

export class RelayState {
  #lines: StateLine[]

  constructor(lines: readonly StateLine[] = []) {
    this.#lines = [...lines]
  }

  /** The first value of a key; keys are compared without regard to case. */
  get(key: string): string | undefined {
    return this.all(key)[0]
  }

  all(key: string): string[] {
    return this.#lines.filter(line => sameKey(line.key, key)).map(line => line.value)
  }

  /** Undefined where there is none or it does not read as a time. */
  time(key: string): Date | undefined {
    const text = this.get(key)
    return text === undefined ? undefined : parseTime(text)
  }

  setTime(key: string, time: Date): void {
    this.set(key, formatTime(time))
  }

  /** Replaces all lines of the key; without values the key goes. A value must fit on one line. */
  set(key: string, ...values: readonly string[]): void {
    const lines = values.map(value => ({key, value: value.replace(/[\r\n]/g, ' ').trim()}))
    const at = this.#lines.findIndex(line => sameKey(line.key, key))
    const others = this.#lines.filter(line => !sameKey(line.key, key))
    const place = at >= 0 ? at : others.findIndex(line => line.key.toLowerCase() > key.toLowerCase())
    others.splice(place < 0 ? others.length : place, 0, ...lines)
    this.#lines = others
  }

  lines(): readonly StateLine[] {
    return this.#lines
  }
}

function sameKey(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}

export function parseState(text: string): RelayState {
  const lines: StateLine[] = []
  for (const line of text.split('\n')) {
    const match = /^\s*([^\s#]+)[ \t]*(.*?)\s*$/.exec(line)
    if (match !== null) lines.push({key: match[1] ?? '', value: match[2] ?? ''})
  }
  return new RelayState(lines)
}

/** `now` is for the comment on top; who writes sets LastWritten and TorVersion before. */
export function printState(state: RelayState, now: Date): string {
  const head = [
    `# Tor state file last generated on ${localTime(now)} local time`,
    '# Other times below are in UTC',
    '# You *do not* need to edit this file.',
    ''
  ]
  const body = state.lines().map(({key, value}) => (value === '' ? key : `${key} ${value}`))
  return `${[...head, ...body].join('\n')}\n`
}

function localTime(now: Date): string {
  return formatTime(new Date(now.getTime() - now.getTimezoneOffset() * 60_000))
}

/** An empty state when there is no file yet. */
export function loadState(dataDirectory: string): Result<RelayState, DataDirFault> {
  const octets = readWhole(join(dataDirectory, 'state'))
  if (!octets.ok) return octets
  return ok(parseState(Buffer.from(octets.value ?? []).toString('utf8')))
}

/** `version` is the whole text of TorVersion: name and number. */
export function saveState(
  dataDirectory: string,
  state: RelayState,
  version: string,
  now: Date
): Result<undefined, DataDirFault> {
  state.setTime('LastWritten', now)
  state.set('TorVersion', version)
  return writeWhole(join(dataDirectory, 'state'), fromText(printState(state, now)))
}
