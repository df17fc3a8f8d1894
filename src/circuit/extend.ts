// Adding a hop to a circuit that ends here, and taking hops off again (tor-spec 5.3, 5.4).
//
//   EXTEND2 ─▶ early? next hop free? target allowed? ─▶ channel, open or on its way ─▶ CREATE2 ─▶ … ─▶ CREATED2 ─▶ EXTENDED2
//
// The onion skin goes on untouched, whatever its type: new handshakes need nothing from the relays in between.

import {decode, encode} from '../codec/codec.ts'
import type {ChannelMap, OpenChannel, ReachFault} from '../dataplane/channel-map.ts'
import type {DataPlane} from '../dataplane/contract.ts'
import {ChannelCommand} from '../wire/channel-cell.ts'
import {create2, created2} from '../wire/create.ts'
import {DestroyReason} from '../wire/destroy.ts'
import {extend2} from '../wire/extend2.ts'
import {extended2} from '../wire/extended2.ts'
import {MAX_RELAY_DATA, type RelayCellV0, RelayCommand} from '../wire/relay-cell.ts'
import {truncate, truncated} from '../wire/truncate.ts'
import type {CircuitCounters, ExtendOutcome} from './circuit-counters.ts'
import type {CircuitRegistry} from './circuit-registry.ts'
import {type ExtendRules, extendTarget} from './extend-target.ts'
import type {CircuitExtender, RelayCircuit} from './relay-circuit.ts'

export interface ExtenderDeps {
  readonly plane: DataPlane
  readonly registry: CircuitRegistry
  readonly channels: ChannelMap
  readonly counters: CircuitCounters
  readonly rules: () => ExtendRules & {
    /** Consensus parameter AllowNonearlyExtend. */
    readonly allowNonearlyExtend: boolean
  }
}

export class Extender implements CircuitExtender {
  readonly #deps: ExtenderDeps

  constructor(deps: ExtenderDeps) {
    this.#deps = deps
  }

  extend(circuit: RelayCircuit, message: RelayCellV0, early: boolean): void {
    const rules = this.#deps.rules()
    if ((!early && !rules.allowNonearlyExtend) || message.streamId !== 0) {
      this.#count('not-early')
      return
    }
    if (!circuit.isExtendable) {
      this.#end(circuit, 'already-extended', DestroyReason.TORPROTOCOL)
      return
    }
    const decoded = decode(extend2, message.data)
    if (!decoded.ok) {
      this.#end(circuit, 'malformed', DestroyReason.TORPROTOCOL)
      return
    }
    const target = extendTarget(decoded.value.linkSpecifiers, circuit.prevChannel?.peer, rules)
    if (!target.ok) {
      this.#end(circuit, 'refused-target', DestroyReason.TORPROTOCOL)
      return
    }
    circuit.isExtending = true
    // The cell's octets are gone when a channel has been opened.
    const {handshakeType} = decoded.value
    const body = encode(create2, {handshakeType, onionSkin: decoded.value.onionSkin})
    this.#deps.channels.reach(target.value, reached => this.#reached(circuit, reached, body))
  }

  created(circuit: RelayCircuit, command: number, body: Uint8Array): void {
    const {next} = circuit
    const decoded = command === ChannelCommand.CREATED2 ? decode(created2, body) : undefined
    // An EXTENDED2 has less room than a CREATED2: a reply that does not fit is as wrong as one that was not asked for.
    const fits = decoded?.ok === true && decoded.value.reply.length <= MAX_RELAY_DATA - 2
    if (next?.state !== 'creating' || decoded?.ok !== true || !fits) {
      this.#end(circuit, 'malformed', DestroyReason.TORPROTOCOL)
      return
    }
    next.state = 'open'
    this.#deps.plane.linkNext(circuit.handle, next.channel, next.circId)
    this.#count('extended')
    circuit.send(RelayCommand.EXTENDED2, 0, encode(extended2, {reply: decoded.value.reply}))
  }

  truncate(circuit: RelayCircuit, message: RelayCellV0): void {
    const decoded = decode(truncate, message.data)
    if (circuit.next !== undefined) {
      const reason = decoded.ok ? decoded.value.reason : undefined
      if (reason === undefined) {
        circuit.close(DestroyReason.TORPROTOCOL)
        return
      }
      circuit.dropNext(reason as DestroyReason)
    }
    circuit.send(RelayCommand.TRUNCATED, 0, encode(truncated, {reason: DestroyReason.REQUESTED}))
  }

  #reached(circuit: RelayCircuit, reached: OpenChannel | ReachFault, body: Uint8Array): void {
    if (circuit.isClosed) {
      this.#count('cancelled')
      return
    }
    circuit.isExtending = false
    if (!('info' in reached)) {
      this.#end(circuit, 'connect-failed', connectFailedReason(reached))
      return
    }
    const {channel} = reached.info
    const circId = this.#deps.registry.allocateCircId(channel)
    if (circId === undefined) {
      this.#end(circuit, 'no-circ-id', DestroyReason.RESOURCELIMIT)
      return
    }
    circuit.setNext({channel, circId, state: 'creating'})
    this.#deps.plane.sendCell(channel, circId, ChannelCommand.CREATE2, body)
  }

  #end(circuit: RelayCircuit, outcome: ExtendOutcome, reason: DestroyReason): void {
    this.#count(outcome)
    circuit.close(reason)
  }

  #count(outcome: ExtendOutcome): void {
    this.#deps.counters.extends[outcome]++
  }
}

/** tor-spec 5.4: what an origin learns of a next hop that could not be reached. */
function connectFailedReason(fault: ReachFault): DestroyReason {
  switch (fault.code) {
    case 'too-many-connecting':
      return DestroyReason.RESOURCELIMIT
    case 'identity-mismatch':
    case 'connected-to-self':
      return DestroyReason.OR_IDENTITY
    default:
      return DestroyReason.CHANNEL_CLOSED
  }
}
