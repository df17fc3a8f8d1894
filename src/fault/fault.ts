// A fault is plain data that says what went wrong and whose doing it was, so that it can cross threads, become a metric
// label and be mapped by one table per layer to what goes on the wire.

/** peer: the other side broke a rule. local: our machine or configuration. bug: our own code contradicts itself. */
export type Blame = 'peer' | 'local' | 'bug'

/** `code` names the broken rule and is safe to log and to label a metric with; `data` must hold no secret or address. */
export interface Fault<Code extends string = string, Data = unknown> {
  readonly code: Code
  readonly blame: Blame
  readonly data?: Data
}

export function peerFault<C extends string>(code: C): Fault<C, never>
export function peerFault<C extends string, D>(code: C, data: D): Fault<C, D>
export function peerFault(code: string, data?: unknown): Fault {
  return data === undefined ? {code, blame: 'peer'} : {code, blame: 'peer', data}
}

export function localFault<C extends string>(code: C): Fault<C, never>
export function localFault<C extends string, D>(code: C, data: D): Fault<C, D>
export function localFault(code: string, data?: unknown): Fault {
  return data === undefined ? {code, blame: 'local'} : {code, blame: 'local', data}
}

/** Thrown when our own code broke a promise. Never caused by what a peer sent. */
export class BugError extends Error {
  /** How many this process has made. */
  static reached = 0
  readonly fault: Fault
  constructor(code: string, detail?: string) {
    super(detail === undefined ? code : `${code}: ${detail}`)
    this.name = 'BugError'
    this.fault = {code, blame: 'bug'}
    BugError.reached++
  }
}

/** Ends an exhaustive switch: a new member of the union then fails the type check here. */
export function assertNever(value: never): never {
  throw new BugError('unreachable', String(value))
}
