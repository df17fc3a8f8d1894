// What C tor's own control port tells of onion service connections: which relay introduced them, which one was the meeting
// place, where descriptors went and came from. The tests prove the roles of the relay under test from here alone.

import {readFileSync} from 'node:fs'
import type {Socket} from 'node:net'
import {join} from 'node:path'
import {
  type CircuitReport,
  circuitEvent,
  type DescriptorReport,
  descriptorEvent,
  listCircuits,
  streamEvent
} from './circuits.ts'
import type {ControlClient} from './control-client.ts'
import {socksConnect} from './socks-client.ts'
import type {TorNode} from './tor-node.ts'
import {waitUntil} from './wait-until.ts'

/** One introduction a client made for a connection. */
export interface Introduction {
  /** RSA fingerprint of the introduction point. */
  readonly point: string
  /** The introduction point said with INTRODUCE_ACK that it passed the introduction on. */
  readonly acknowledged: boolean
}

/** A connection to an onion service and how it came about. */
export interface OnionConnection {
  readonly socket: Socket
  readonly rendezvousPoint: string
  readonly introductions: readonly Introduction[]
}

/** An INTRODUCE_ACK that refused, as the client logs it. */
export interface Refusal {
  readonly point: string
  readonly status: number
}

const ACK_TIMEOUT_MS = 5_000

/** The address (with `.onion`) of the service whose HiddenServiceDir this is, once it is written. */
export function onionAddress(hiddenServiceDirectory: string): Promise<string> {
  return waitUntil('an onion address', {timeoutMs: 30_000}, () =>
    readFileSync(join(hiddenServiceDirectory, 'hostname'), 'utf8').trim()
  )
}

/** Collects the HS_DESC and CIRC events of one C tor from the moment it is made. */
export class OnionWatch {
  readonly node: TorNode
  readonly control: ControlClient
  readonly circuits: CircuitReport[] = []
  readonly descriptors: DescriptorReport[] = []
  readonly refusals: Refusal[] = []
  readonly #circuitOfUser = new Map<string, string>()
  #nextUser = 0

  private constructor(node: TorNode, control: ControlClient) {
    this.node = node
    this.control = control
    const userOfStream = new Map<string, string>()
    control.onEvent(event => {
      const circuit = circuitEvent(event)
      if (circuit !== undefined) this.circuits.push(circuit)
      const descriptor = descriptorEvent(event)
      if (descriptor !== undefined) this.descriptors.push(descriptor)
      const stream = streamEvent(event)
      if (stream?.fields['SOCKS_USERNAME'] !== undefined) {
        userOfStream.set(stream.id, stream.fields['SOCKS_USERNAME'])
      }
      const user = stream === undefined ? undefined : userOfStream.get(stream.id)
      if (stream?.status === 'SUCCEEDED' && user !== undefined)
        this.#circuitOfUser.set(user, stream.circuitId)
      const nack = /INTRODUCE_ACK nack by \$([0-9A-F]{40}).*Reason: (\d+)/.exec(event.rest)
      if (nack?.[1] !== undefined) this.refusals.push({point: nack[1], status: Number(nack[2])})
    })
  }

  /** Takes a control connection of its own to a node that has been started. */
  static async of(node: TorNode): Promise<OnionWatch> {
    const control = await node.openControl()
    const watch = new OnionWatch(node, control)
    await control.setEvents('CIRC', 'CIRC_MINOR', 'STREAM', 'HS_DESC', 'INFO')
    return watch
  }

  close(): void {
    this.control.close()
  }

  /** Forgets descriptors, failed introduction points and circuits, so that the next connection begins anew. */
  async forget(): Promise<void> {
    await this.control.command('SIGNAL NEWNYM')
  }

  /** The fingerprints of the introduction points a service has established circuits to, one for each circuit. */
  async introductionPoints(address: string): Promise<readonly string[]> {
    const query = address.replace('.onion', '')
    return (await listCircuits(this.control))
      .filter(circuit => circuit.fields['PURPOSE'] === 'HS_SERVICE_INTRO')
      .filter(circuit => circuit.fields['HS_STATE'] === 'HSSI_ESTABLISHED')
      .filter(circuit => circuit.fields['REND_QUERY'] === query)
      .map(circuit => circuit.path.at(-1) ?? '')
  }

  /** Fetches the descriptor from this very HSDir and gives the event that says how that went. */
  async fetchDescriptor(address: string, hsDir: string): Promise<DescriptorReport> {
    const outcome = this.control.nextEvent('the descriptor', 30_000, event => {
      const report = descriptorEvent(event)
      return report?.hsDir === hsDir && ['RECEIVED', 'FAILED'].includes(report.action) ? report : undefined
    })
    await this.control.command(`HSFETCH ${address.replace('.onion', '')} SERVER=${hsDir}`)
    return outcome
  }

  /** Tries one connection on circuits of its own and drops it, whatever comes of it. */
  async attempt(address: string, port: number, timeoutMs = 10_000): Promise<void> {
    const user = `onion-${++this.#nextUser}`
    const target = {socksPort: this.node.socksPort, host: address, port, user, timeoutMs}
    await socksConnect(target).then(
      socket => socket.destroy(),
      () => undefined
    )
  }

  /**
   * Connects to a service on circuits of its own, and tells what the client says of them. Only one connection to a service
   * may be under way at a time: introduction circuits are told apart by when they appear.
   */
  async connect(address: string, port: number, timeoutMs = 60_000): Promise<OnionConnection> {
    const query = address.replace('.onion', '')
    const begun = this.circuits.length
    const user = `onion-${++this.#nextUser}`
    const socksPort = this.node.socksPort
    const socket = await socksConnect({socksPort, host: address, port, user, timeoutMs})
    const since = (): readonly CircuitReport[] =>
      this.circuits.slice(begun).filter(report => report.fields['REND_QUERY'] === query)
    try {
      const circuit = await waitUntil('the stream to succeed', {timeoutMs: 5_000, everyMs: 20}, () =>
        this.#circuitOfUser.get(user)
      )
      const rendezvousPoint =
        since()
          .filter(report => report.id === circuit && report.path.length > 0)
          .at(-1)
          ?.path.at(-1) ?? ''
      // The acknowledgement of an introduction may come after the service has already met us.
      await waitUntil('the acknowledgement', {timeoutMs: ACK_TIMEOUT_MS, everyMs: 20}, () =>
        introductionsIn(since()).some(introduction => introduction.acknowledged)
      )
      return {socket, rendezvousPoint, introductions: introductionsIn(since())}
    } catch (error) {
      socket.destroy()
      throw error
    }
  }
}

/** The introductions that were sent, in the order their circuits appear in the reports. */
function introductionsIn(reports: readonly CircuitReport[]): readonly Introduction[] {
  const sent = new Map<string, {point: string; acknowledged: boolean}>()
  for (const {id, path, fields} of reports) {
    if (fields['PURPOSE'] !== 'HS_CLIENT_INTRO') continue
    const state = fields['HS_STATE']
    if (state !== 'HSCI_INTRO_SENT' && state !== 'HSCI_DONE') continue
    const point = path.at(-1) ?? ''
    const key = `${id} ${point}`
    const acknowledged = state === 'HSCI_DONE' || sent.get(key)?.acknowledged === true
    sent.set(key, {point, acknowledged})
  }
  return [...sent.values()]
}
