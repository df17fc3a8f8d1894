// Answering CREATE_FAST and CREATE2 (tor-spec 5.1): from a cell with an onion skin to a circuit that we are a hop of.
//
//   CREATE_FAST ─▶ at once ─┐
//   CREATE2 ─▶ onion skins ─┴▶ open the circuit in the data plane ─▶ CREATED
//
// While an onion skin is being answered the circ_id is taken; a DESTROY meanwhile cancels it.

import {concat} from '../bytes/octets.ts'
import {isPeerCircId} from '../channel/circ-id.ts'
import {decode, encode} from '../codec/codec.ts'
import {answerCreateFast, CREATE_FAST_LENGTH} from '../crypto/create-fast.ts'
import type {ChannelHandle} from '../dataplane/contract.ts'
import {KEY_MATERIAL_LENGTH, KH_LENGTH} from '../dataplane/relay-keys.ts'
import {ChannelCommand} from '../wire/channel-cell.ts'
import {create2, created2, createFast, HandshakeType} from '../wire/create.ts'
import {DestroyReason, destroy} from '../wire/destroy.ts'
import type {CreateOutcome} from './circuit-counters.ts'
import {CircuitFlow, type SendmeV0} from './circuit-flow.ts'
import type {CreateHandler} from './circuit-registry.ts'
import type {CongestionControl} from './congestion-control/congestion-control.ts'
import {FixedWindow} from './congestion-control/fixed-window.ts'
import type {LocalQueue} from './congestion-control/vegas-window.ts'
import {
  type ChannelEnd,
  RelayCircuit,
  type RelayCircuitDeps,
  type RelayCircuitOptions
} from './relay-circuit.ts'

/** What became of an onion skin. */
export type OnionSkinOutcome =
  | {
      readonly kind: 'answered'
      readonly reply: Uint8Array
      /** Keys of the hop, then KH. */
      readonly keyMaterial: Uint8Array
      /** Set when the origin asked for congestion control and the reply grants it. */
      readonly sendmeIncrement?: number | undefined
    }
  | {readonly kind: 'refused'}
  | {readonly kind: 'overloaded'}

/** Answers onion skins, away from the main thread. Never rejects. */
export interface OnionSkins {
  answer(onionSkin: {
    readonly type: 'ntor' | 'ntor-v3'
    readonly octets: Uint8Array
  }): Promise<OnionSkinOutcome>
}

export interface CreatesDeps extends RelayCircuitDeps {
  readonly onionSkins: OnionSkins
  /** Congestion control for a circuit whose origin asked for it. */
  readonly congestionControl: (sendmeIncrement: number, localQueue: () => LocalQueue) => CongestionControl
  /** A defence against floods may refuse a client's circuit (tor-behaviour: DESTROY RESOURCELIMIT). */
  readonly admits: (channel: ChannelHandle) => boolean
  /** Whether SENDME version 0 is good enough, by the consensus parameter sendme_accept_min_version. */
  readonly acceptsSendmeV0: () => boolean
  /** Refuses all with HIBERNATING while true. */
  readonly isHibernating: () => boolean
  readonly nowUs: () => number
}

/** Circuits that one channel may carry: many times what the busiest relay has with another, and what a client could need. */
const CHANNEL_CIRCUITS_MAX = 16_384
const KEYS_LENGTH = KEY_MATERIAL_LENGTH.tor1

export class Creates implements CreateHandler {
  readonly #deps: CreatesDeps

  constructor(deps: CreatesDeps) {
    this.#deps = deps
  }

  create(channel: ChannelHandle, circId: number, command: number, body: Uint8Array): void {
    const open = this.#deps.registry.channels.get(channel)
    if (open === undefined) return
    const end = {channel, circId}
    // tor-spec 5.1.1: an id in use may not be answered with DESTROY, which would close the circuit that has it.
    if (circId === 0 || this.#deps.registry.ends.has(channel, circId)) {
      this.#count('circ-id-in-use')
    } else if (!isPeerCircId(open.info.linkVersion, open.info.ownCircIdHalf, circId)) {
      this.#refuse(end, 'wrong-half', DestroyReason.TORPROTOCOL)
    } else if (this.#deps.isHibernating()) {
      this.#refuse(end, 'refused', DestroyReason.HIBERNATING)
    } else if (!this.#deps.admits(channel)) {
      this.#refuse(end, 'dos-refused', DestroyReason.RESOURCELIMIT)
    } else if (this.#deps.registry.ends.count(channel) >= CHANNEL_CIRCUITS_MAX) {
      this.#refuse(end, 'channel-full', DestroyReason.RESOURCELIMIT)
    } else if (command === ChannelCommand.CREATE_FAST) {
      this.#createFast(end, body)
    } else if (command === ChannelCommand.CREATE2) {
      this.#create2(end, body)
    } else {
      // CREATE carries a TAP onion skin.
      this.#refuse(end, 'unknown-type', DestroyReason.TORPROTOCOL)
    }
  }

  #createFast(end: ChannelEnd, body: Uint8Array): void {
    const decoded = decode(createFast, body)
    const answered = decoded.ok ? answerCreateFast(decoded.value.x, KEYS_LENGTH) : undefined
    if (answered?.ok !== true) {
      this.#refuse(end, 'refused', DestroyReason.TORPROTOCOL)
      return
    }
    const {reply, keyMaterial} = answered.value
    // tor-spec 5.2.1: KH is what the key stream begins with, and the second half of the reply.
    const keysAndKh = concat(keyMaterial, reply.subarray(CREATE_FAST_LENGTH))
    keyMaterial.fill(0)
    this.#open(end, 'create-fast', keysAndKh, undefined)
    this.#deps.counters.createdFast++
    this.#deps.plane.sendCell(end.channel, end.circId, ChannelCommand.CREATED_FAST, reply)
  }

  #create2(end: ChannelEnd, body: Uint8Array): void {
    const decoded = decode(create2, body)
    const type = decoded.ok ? onionSkinType(decoded.value.handshakeType) : undefined
    if (!decoded.ok || type === undefined) {
      this.#refuse(end, 'unknown-type', DestroyReason.TORPROTOCOL)
      return
    }
    let isCancelled = false
    const cancel = () => {
      isCancelled = true
      this.#deps.registry.ends.delete(end.channel, end.circId)
    }
    this.#deps.registry.ends.set(end.channel, end.circId, {
      created: () => {},
      destroyed: cancel,
      channelClosed: cancel
    })
    void this.#deps.onionSkins.answer({type, octets: decoded.value.onionSkin.slice()}).then(outcome => {
      if (isCancelled) this.#count('cancelled')
      else this.#answered(end, type, outcome)
    })
  }

  #answered(end: ChannelEnd, type: 'ntor' | 'ntor-v3', outcome: OnionSkinOutcome): void {
    this.#deps.registry.ends.delete(end.channel, end.circId)
    if (outcome.kind !== 'answered') {
      const reason = outcome.kind === 'refused' ? DestroyReason.TORPROTOCOL : DestroyReason.RESOURCELIMIT
      this.#refuse(end, outcome.kind, reason)
      return
    }
    this.#open(end, type, outcome.keyMaterial, outcome.sendmeIncrement)
    const reply = encode(created2, {reply: outcome.reply})
    this.#deps.plane.sendCell(end.channel, end.circId, ChannelCommand.CREATED2, reply)
  }

  #open(
    prev: ChannelEnd,
    createdBy: RelayCircuit['createdBy'],
    keyMaterial: Uint8Array,
    sendmeIncrement: number | undefined
  ): void {
    // 0.4.8.22: origins too old to know better still fetch their first consensus over CREATE_FAST.
    const v0: SendmeV0 = createdBy === 'create-fast' || this.#deps.acceptsSendmeV0() ? 'accepted' : 'refused'
    const keyHash = keyMaterial.subarray(KEYS_LENGTH, KEYS_LENGTH + KH_LENGTH)
    const circuit = this.#relayCircuit({prev, keyHash, createdBy}, v0, sendmeIncrement)
    const material = keyMaterial.subarray(0, KEYS_LENGTH)
    this.#deps.plane.openRelayCircuit(circuit.handle, prev.channel, prev.circId, {
      algorithm: 'tor1',
      material
    })
    material.fill(0)
    this.#count('answered')
  }

  #relayCircuit(
    options: Omit<RelayCircuitOptions, 'flow'>,
    v0: SendmeV0,
    sendmeIncrement: number | undefined
  ): RelayCircuit {
    const {congestionControl, nowUs} = this.#deps
    if (sendmeIncrement === undefined) {
      return new RelayCircuit({...options, flow: new CircuitFlow(new FixedWindow(), v0, nowUs)}, this.#deps)
    }
    // The queue that congestion control looks at is the circuit's own, which does not exist yet.
    const opened: {circuit?: RelayCircuit} = {}
    const localQueue = () => opened.circuit?.localQueue ?? {isBlocked: false, cells: 0}
    const flow = new CircuitFlow(congestionControl(sendmeIncrement, localQueue), v0, nowUs)
    opened.circuit = new RelayCircuit({...options, flow}, this.#deps)
    return opened.circuit
  }

  #refuse(end: ChannelEnd, outcome: CreateOutcome, reason: DestroyReason): void {
    this.#count(outcome)
    this.#deps.plane.sendCell(end.channel, end.circId, ChannelCommand.DESTROY, encode(destroy, {reason}))
  }

  #count(outcome: CreateOutcome): void {
    this.#deps.counters.creates[outcome]++
  }
}

function onionSkinType(handshakeType: number): 'ntor' | 'ntor-v3' | undefined {
  if (handshakeType === HandshakeType.NTOR) return 'ntor'
  return handshakeType === HandshakeType.NTOR_V3 ? 'ntor-v3' : undefined
}
