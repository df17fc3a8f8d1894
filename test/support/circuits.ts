// C tor's circuits and streams as its control port tells of them, and circuits built hop by hop on its command. All that
// the tests know of a path they know from here: from C tor, never from the relay under test.

import type {ControlClient, ControlEvent} from './control-client.ts'

/** What a CIRC or CIRC_MINOR event, or a line of `GETINFO circuit-status`, says (control-spec 4.1.1). */
export interface CircuitReport {
  readonly id: string
  readonly status: string
  /** RSA fingerprints in upper case, first hop first. */
  readonly path: readonly string[]
  readonly fields: Readonly<Record<string, string>>
}

/** What a STREAM event says (control-spec 4.1.2). */
export interface StreamReport {
  readonly id: string
  readonly status: string
  readonly circuitId: string
  readonly target: string
  readonly fields: Readonly<Record<string, string>>
}

/** How an HS_DESC event reads (control-spec 4.1.25). */
export interface DescriptorReport {
  readonly action: string
  readonly address: string
  /** RSA fingerprint of the HSDir, when the event names one. */
  readonly hsDir: string | undefined
  readonly fields: Readonly<Record<string, string>>
}

function keywordFields(words: readonly string[]): Record<string, string> {
  const fields: Record<string, string> = {}
  for (const word of words) {
    const equals = word.indexOf('=')
    if (equals > 0 && /^[A-Z_]+$/.test(word.slice(0, equals))) {
      fields[word.slice(0, equals)] = word.slice(equals + 1).replace(/^"|"$/g, '')
    }
  }
  return fields
}

function fingerprintOf(longName: string): string {
  return longName.slice(1, 41).toUpperCase()
}

export function parseCircuit(line: string): CircuitReport {
  const [id = '', status = '', ...rest] = line.split(' ')
  const path = rest[0]?.startsWith('$') ? rest[0].split(',').map(fingerprintOf) : []
  return {id, status, path, fields: keywordFields(rest)}
}

export function circuitEvent(event: ControlEvent): CircuitReport | undefined {
  return event.keyword === 'CIRC' || event.keyword === 'CIRC_MINOR' ? parseCircuit(event.rest) : undefined
}

export function streamEvent(event: ControlEvent): StreamReport | undefined {
  if (event.keyword !== 'STREAM') return undefined
  const [id = '', status = '', circuitId = '', target = '', ...rest] = event.rest.split(' ')
  return {id, status, circuitId, target, fields: keywordFields(rest)}
}

export function descriptorEvent(event: ControlEvent): DescriptorReport | undefined {
  if (event.keyword !== 'HS_DESC') return undefined
  const [action = '', address = '', , hsDir = '', ...rest] = event.rest.split(' ')
  return {
    action,
    address,
    hsDir: hsDir.startsWith('$') ? fingerprintOf(hsDir) : undefined,
    fields: keywordFields(rest)
  }
}

const BUILD_TIMEOUT_MS = 30_000

/** A circuit that did not get built; `reason` is C tor's own word for why. */
export class CircuitFailure extends Error {
  readonly reason: string
  constructor(path: readonly string[], reason: string) {
    super(`circuit over ${path.map(fp => fp.slice(0, 6)).join(', ')} failed: ${reason}`)
    this.reason = reason
  }
}

/**
 * Has C tor build a circuit over the relays with these fingerprints and gives its id once it is BUILT. The client must
 * have asked for CIRC events.
 */
export async function extendCircuit(control: ControlClient, path: readonly string[]): Promise<string> {
  const early: CircuitReport[] = []
  let settle: ((report: CircuitReport) => void) | undefined
  const forget = control.onEvent(event => {
    const report = circuitEvent(event)
    if (report === undefined || !['BUILT', 'FAILED', 'CLOSED'].includes(report.status)) return
    early.push(report)
    settle?.(report)
  })
  let timer: NodeJS.Timeout | undefined
  try {
    const {lines} = await control.command(`EXTENDCIRCUIT 0 ${path.map(fp => `$${fp}`).join(',')}`)
    const id = lines[0]?.split(' ')[1] ?? ''
    const report = await new Promise<CircuitReport>((resolve, reject) => {
      timer = setTimeout(() => reject(new CircuitFailure(path, 'TEST_TIMEOUT')), BUILD_TIMEOUT_MS)
      settle = seen => {
        if (seen.id === id) resolve(seen)
      }
      for (const seen of early) settle(seen)
    })
    if (report.status === 'BUILT') return id
    const {REASON, REMOTE_REASON} = report.fields
    throw new CircuitFailure(path, [REASON, REMOTE_REASON].filter(Boolean).join('/'))
  } finally {
    clearTimeout(timer)
    forget()
  }
}

/** Closes a circuit; one that is gone already is fine. */
export async function closeCircuit(control: ControlClient, id: string): Promise<void> {
  await control.attempt(`CLOSECIRCUIT ${id}`)
}

/** Every circuit the client has at the moment. */
export async function listCircuits(control: ControlClient): Promise<readonly CircuitReport[]> {
  const text = await control.getInfo('circuit-status')
  return text.split('\n').filter(Boolean).map(parseCircuit)
}

/**
 * Attaches streams to the circuits the tests choose: one SOCKS connection is opened for one SOCKS username, and the stream
 * that C tor reports with that username goes to the circuit that username was assigned to. The client must run with
 * `__LeaveStreamsUnattached 1` and have asked for STREAM events.
 */
export class StreamAttacher {
  readonly #control: ControlClient
  readonly #circuitOf = new Map<string, string>()
  readonly #forget: () => void
  #nextUser = 0

  constructor(control: ControlClient) {
    this.#control = control
    this.#forget = control.onEvent(event => {
      const stream = streamEvent(event)
      if (stream?.status !== 'NEW') return
      const circuit = this.#circuitOf.get(stream.fields['SOCKS_USERNAME'] ?? '')
      // A refusal shows at once as a closed SOCKS connection, with the stream's own reason.
      const command = `ATTACHSTREAM ${stream.id} ${circuit ?? 0}`
      control.attempt(command).catch(() => undefined)
    })
  }

  /** A SOCKS username whose streams will be attached to `circuitId`. */
  userFor(circuitId: string): string {
    const user = `attach-${++this.#nextUser}`
    this.#circuitOf.set(user, circuitId)
    return user
  }

  close(): void {
    this.#forget()
    this.#control.close()
  }
}

/** Follows every circuit of a C tor from now on: its last report, by id, closed ones included. */
export class CircuitLog {
  readonly reports: CircuitReport[] = []
  readonly #forget: () => void

  constructor(control: ControlClient) {
    this.#forget = control.onEvent(event => {
      const report = circuitEvent(event)
      if (report !== undefined) this.reports.push(report)
    })
  }

  /** All that was reported of one circuit, in order. */
  of(id: string): readonly CircuitReport[] {
    return this.reports.filter(report => report.id === id)
  }

  close(): void {
    this.#forget()
  }
}
