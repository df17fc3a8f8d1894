// What goes back to a controller: replies to commands, and events, which are replies of status 650 (control-spec 2.3, 4).
// Lines of one reply mostly have one status; the last has a blank behind it, those before a '-', or a '+' where data follows.

/** A line, with or without data, or with a status of its own; the data's lines end in LF or CRLF. */
export type ReplyLine =
  | string
  | {readonly text: string; readonly data: string}
  | {readonly text: string; readonly status: number}

export interface Reply {
  readonly status: number
  readonly lines: readonly ReplyLine[]
  /** The connection ends behind it. */
  readonly closes?: boolean
}

export const Status = {
  OK: 250,
  UNNECESSARY: 251,
  RESOURCE_EXHAUSTED: 451,
  SYNTAX_ERROR: 510,
  NOT_IMPLEMENTED: 511,
  BAD_ARGUMENTS: 512,
  BAD_VALUE: 513,
  UNAUTHENTICATED: 514,
  BAD_AUTHENTICATION: 515,
  FAILED: 550,
  INTERNAL: 551,
  UNKNOWN_THING: 552,
  REFUSED_VALUE: 553,
  INVALID: 554,
  UNMANAGED_STREAM: 555,
  EVENT: 650
} as const

export const DONE: Reply = {status: Status.OK, lines: ['OK']}

export function reply(status: number, ...lines: readonly ReplyLine[]): Reply {
  return {status, lines}
}

/** What was asked for, then OK. */
export function answer(...lines: readonly ReplyLine[]): Reply {
  return {status: Status.OK, lines: [...lines, 'OK']}
}

/** The last thing that the controller hears. */
export function farewell(status: number, text: string): Reply {
  return {status, lines: [text], closes: true}
}

/** `key=value`, the value on the line, or as data behind it where it has lines. */
export function keyValue(key: string, value: string): ReplyLine {
  return /[\r\n]/.test(value) ? {text: `${key}=`, data: value} : `${key}=${value}`
}

export function printReply({status, lines}: Reply): string {
  return lines
    .map((line, i) => {
      const isLast = i === lines.length - 1
      const mark = isLast ? ' ' : '-'
      if (typeof line === 'string') return `${status}${mark}${oneLine(line)}\r\n`
      if ('status' in line) return `${line.status}${mark}${oneLine(line.text)}\r\n`
      return `${status}+${oneLine(line.text)}\r\n${dataLines(line.data)}.\r\n`
    })
    .join('')
}

/** An event of one line. */
export function event(name: string, text: string): Reply {
  return reply(Status.EVENT, text === '' ? name : `${name} ${text}`)
}

/** Whatever gets into a line, it stays one. */
function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ')
}

function dataLines(data: string): string {
  if (data === '') return ''
  const lines = data.replace(/\r?\n$/, '').split(/\r?\n/)
  return lines.map(line => `${line.startsWith('.') ? '.' : ''}${line}\r\n`).join('')
}
