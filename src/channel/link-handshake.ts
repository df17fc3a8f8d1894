// Drives one link handshake over the octets that TLS gives and takes.
//
//   begin() ─▶ octets to send     receive(chunk) ─▶ 'continue' (octets to send) … ─▶ 'verified' or 'closed', once and last
//
// Each chunk goes through the framer; every cell of the handshake goes into the transcript and then to the state, which
// says what to send and what to wait for. Octets that came after the last cell of the handshake stay in the framer, which
// is handed out with the verified channel and read on by whoever carries its circuits.
//
// A peer that nobody knows yet gets little of us: a bounded number of cells and octets, one cell's worth of memory.

import {BugError} from '../fault/fault.ts'
import {ChannelCommand, isVariableLength} from '../wire/channel-cell.ts'
import {type Cell, CellFramer, encodeCell} from './cell-framer.ts'
import type {VerifiedChannel} from './channel.ts'
import {type ChannelFault, channelFault} from './fault.ts'
import type {InitiatorOptions, ResponderOptions} from './handshake-options.ts'
import type {HandshakeCell, HandshakeOutcome, HandshakeState} from './handshake-state.ts'
import * as initiator from './initiator.ts'
import * as responder from './responder.ts'
import {Transcript} from './transcript.ts'

/** Our own bounds on a handshake; C tor's takes five cells and less than three thousand octets. */
export const MAX_HANDSHAKE_CELL_BODY = 16_384
export const MAX_HANDSHAKE_OCTETS = 65_536
export const MAX_HANDSHAKE_CELLS = 64

export type HandshakeStep =
  | {readonly kind: 'continue'; readonly send: readonly Uint8Array[]}
  | {
      readonly kind: 'verified'
      readonly send: readonly Uint8Array[]
      readonly channel: VerifiedChannel
      /** Holds what came after the handshake: call next() before the first push(). */
      readonly framer: CellFramer
    }
  | {readonly kind: 'closed'; readonly fault: ChannelFault}

const {VERSIONS, VPADDING, CERTS, AUTH_CHALLENGE, AUTHENTICATE, AUTHORIZE, NETINFO} = ChannelCommand
/** Variable cells with a meaning in a handshake. */
const SPOKEN: ReadonlySet<number> = new Set([VERSIONS, CERTS, AUTH_CHALLENGE, AUTHENTICATE])
/** What may come before VERSIONS. */
const BEFORE_VERSIONS: ReadonlySet<number> = new Set([VERSIONS, VPADDING, AUTHORIZE])

export class LinkHandshake {
  readonly #framer = new CellFramer(0, MAX_HANDSHAKE_CELL_BODY)
  readonly #transcript = new Transcript()
  readonly #firstCells: readonly HandshakeCell[]
  #state: HandshakeState
  #octets = 0
  #cells = 0
  #netinfoSent = false
  #ended = false

  private constructor(state: HandshakeState, firstCells: readonly HandshakeCell[]) {
    this.#state = state
    this.#firstCells = firstCells
  }

  /** The end that accepted the connection. */
  static responder(options: ResponderOptions): LinkHandshake {
    return new LinkHandshake(new responder.ExpectVersions(options), [])
  }

  /** The end that opened it. */
  static initiator(options: InitiatorOptions): LinkHandshake {
    return new LinkHandshake(new initiator.ExpectVersions(options), [initiator.firstCell(options)])
  }

  /** The state's name, for logs: what the handshake waits for. */
  get waitsFor(): string {
    return this.#state.name
  }

  /** What to send once TLS is up, before anything was received. Called once. */
  begin(): readonly Uint8Array[] {
    return this.#encode(this.#firstCells)
  }

  /** Takes what TLS received. The chunk belongs to the handshake, and after 'verified' to the framer. */
  receive(chunk: Uint8Array): HandshakeStep {
    if (this.#ended) throw new BugError('handshake-over')
    this.#framer.push(chunk)
    const send: Uint8Array[] = []
    for (let cell = this.#framer.next(); cell !== undefined; cell = this.#framer.next()) {
      const outcome = this.#take(cell)
      if (outcome === 'ignored') continue
      if (outcome.kind === 'fault') return this.#close(outcome.fault)
      if (outcome.kind === 'next') this.#enter(outcome.state)
      send.push(...this.#encode(outcome.send))
      if (outcome.kind === 'verified') {
        this.#ended = true
        return {kind: 'verified', send, channel: outcome.channel, framer: this.#framer.unbounded()}
      }
    }
    const fault = this.#framer.fault ?? this.#excess(this.#framer.pending)
    return fault === undefined ? {kind: 'continue', send} : this.#close(fault)
  }

  #take(cell: Cell): HandshakeOutcome | 'ignored' {
    this.#cells += 1
    this.#octets += this.#framer.octets.length
    const fault = this.#excess(0) ?? this.#misplaced(cell)
    if (fault !== undefined) return {kind: 'fault', fault}
    // AUTHENTICATE signs what was sent before it.
    if (cell.command !== AUTHENTICATE) this.#transcript.noteReceived(this.#framer.octets)
    if (isVariableLength(cell.command) && !SPOKEN.has(cell.command)) return 'ignored'
    if (cell.command === VERSIONS && this.#state.linkVersion > 0) return this.#repeatedVersions(cell)
    return this.#state.handle(cell, this.#transcript)
  }

  /** The rules that hold in every state. */
  #misplaced(cell: Cell): ChannelFault | undefined {
    const {command, circId} = cell
    const variable = isVariableLength(command)
    const allowed =
      this.#state.linkVersion === 0 ? BEFORE_VERSIONS.has(command) : variable || command === NETINFO
    if (!allowed) return channelFault('unexpected-cell', {state: this.#state.name, command})
    if (circId !== 0 && variable && command !== VERSIONS && SPOKEN.has(command)) {
      return channelFault('circ-id-nonzero', {state: this.#state.name, command})
    }
    return undefined
  }

  /** A second VERSIONS changes nothing any more; only its form is looked at (tor-spec 4.1). */
  #repeatedVersions(cell: Cell): HandshakeOutcome | 'ignored' {
    return cell.body.length % 2 === 0
      ? 'ignored'
      : {kind: 'fault', fault: channelFault('versions-odd-length')}
  }

  #excess(pending: number): ChannelFault | undefined {
    if (this.#cells <= MAX_HANDSHAKE_CELLS && this.#octets + pending <= MAX_HANDSHAKE_OCTETS) return undefined
    return channelFault('handshake-too-long', {state: this.#state.name})
  }

  #enter(state: HandshakeState): void {
    this.#state = state
    this.#framer.linkVersion = state.linkVersion
  }

  #encode(cells: readonly HandshakeCell[]): Uint8Array[] {
    return cells.map(({command, body}) => {
      const octets = encodeCell(this.#state.linkVersion, 0, command, body)
      // The responder's log ends with AUTH_CHALLENGE; its NETINFO, sent at once, is no part of it.
      this.#netinfoSent ||= command === NETINFO
      if (!this.#netinfoSent) this.#transcript.noteSent(octets)
      return octets
    })
  }

  #close(fault: ChannelFault): HandshakeStep {
    this.#ended = true
    return {kind: 'closed', fault}
  }
}
