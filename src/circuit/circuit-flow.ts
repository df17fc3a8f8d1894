// Circuit-level flow control with one hop (tor-spec 7.3, prop 324). Sending: how many DATA messages may go, and which
// cells the peer has to acknowledge by their digest. Receiving: which DATA message completes a window, so that a SENDME
// with its digest goes back.
//
// The tag of a cell that completes a window comes from the data plane after the cell was sealed; tags and SENDMEs are
// both in order, so a queue pairs them.

import {equalConstantTime} from '../bytes/octets.ts'
import {decode} from '../codec/codec.ts'
import type {Fault} from '../fault/fault.ts'
import {peerFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {sendme} from '../wire/sendme.ts'
import type {CongestionControl} from './congestion-control/congestion-control.ts'

export type SendmeFault = Fault<
  'sendme-malformed' | 'sendme-version' | 'sendme-unexpected' | 'sendme-tag',
  never
>

/** SENDME version 0 carries no digest, so anyone on the path could have made it up. */
export type SendmeV0 = 'accepted' | 'refused'

export class CircuitFlow {
  readonly #control: CongestionControl
  readonly #v0: SendmeV0
  readonly #nowUs: () => number
  /** Made with the first; most circuits only carry what others send. */
  #tags: Uint8Array[] | undefined
  #sent = 0
  #received = 0

  constructor(control: CongestionControl, v0: SendmeV0, nowUs: () => number) {
    this.#control = control
    this.#v0 = v0
    this.#nowUs = nowUs
  }

  /** With congestion control streams use XON and XOFF, without it they have windows of their own. */
  get usesXonXoff(): boolean {
    return this.#control.kind === 'vegas'
  }

  /** DATA messages that may be sent now. */
  get sendable(): number {
    return Math.max(0, this.#control.canSend())
  }

  /** Accounts for a DATA message of ours. True: its digest is wanted, for the SENDME that will answer it. */
  sentData(): boolean {
    this.#control.onCellsSent(1, this.#nowUs())
    this.#sent++
    return this.#sent % this.#control.sendmeIncrement === 0
  }

  /** The digest of the DATA message for which `sentData` said true. */
  tagged(tag: Uint8Array): void {
    this.#tags ??= []
    this.#tags.push(tag.slice())
  }

  /** Accounts for a DATA message of the peer. True: a SENDME with that message's digest is due. */
  receivedData(): boolean {
    this.#received++
    return this.#received % this.#control.sendmeIncrement === 0
  }

  /** The circuit is gone. */
  closed(): void {
    this.#control.closed()
  }

  /** A circuit-level SENDME came. Any fault closes the circuit (tor-spec 7.3.1). */
  receivedSendme(body: Uint8Array): Result<void, SendmeFault> {
    const decoded = decode(sendme, body)
    if (!decoded.ok) return err(peerFault('sendme-malformed'))
    const expected = this.#tags?.shift()
    if (expected === undefined) return err(peerFault('sendme-unexpected'))
    const message = decoded.value
    if (message.kind === 'v1') {
      if (!equalConstantTime(expected, message.tag)) return err(peerFault('sendme-tag'))
    } else if (message.kind !== 'v0' || this.#v0 === 'refused') return err(peerFault('sendme-version'))
    this.#control.onSendme(this.#nowUs())
    return ok(undefined)
  }
}
