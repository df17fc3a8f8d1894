// The open channels by handle and by the identity their peer proved, and the channels on their way: who wants a channel
// to a relay gets one that is open and fit for it, or waits for one attempt shared by all that want the same relay.

import {toBase16} from '../bytes/base16.ts'
import {equal} from '../bytes/octets.ts'
import {type CarrierCandidate, type ConsensusRelay, chooseCarrier, isCanonical} from '../channel/canonical.ts'
import type {
  ChannelHandle,
  ChannelInfo,
  ConnectFault,
  ConnectHandle,
  DataPlane,
  SocketAddress
} from './contract.ts'

/** Attempts to connect that may be under way at once, over all relays. */
export const CONNECTING_MAX = 1024
/** Circuits that may wait for one channel. */
const WAITERS_MAX = 2048

/** A relay to be reached: at least one identity and at least one address. */
export interface RelayTarget {
  readonly rsaIdentity: Uint8Array
  readonly ed25519Identity: Uint8Array | undefined
  readonly addresses: readonly SocketAddress[]
}

export type ReachFault = ConnectFault | {readonly code: 'too-many-connecting'; readonly blame: 'local'}

export interface OpenChannel extends CarrierCandidate {
  readonly info: ChannelInfo
}

export interface ChannelMapDeps {
  /** What the consensus says of a relay, by RSA identity. */
  readonly listed: (rsaIdentity: Uint8Array) => ConsensusRelay | undefined
  /** Circuits on a channel. */
  readonly circuitCount: (channel: ChannelHandle) => number
  readonly now: () => number
  /** OutboundBindAddress: the address of ours to connect from, as text; the system chooses when left out. */
  readonly connectsFrom?: ((octets: Uint8Array) => string | undefined) | undefined
}

type Waiter = (result: OpenChannel | ReachFault) => void

interface Attempt {
  readonly target: RelayTarget
  readonly waiters: Waiter[]
}

export class ChannelMap {
  readonly #deps: ChannelMapDeps
  readonly #open = new Map<ChannelHandle, OpenChannel>()
  readonly #byIdentity = new Map<string, Set<OpenChannel>>()
  readonly #attempts = new Map<ConnectHandle, Attempt>()
  readonly #listeners = new Set<(channel: OpenChannel) => void>()
  readonly #closeListeners = new Set<(channel: OpenChannel) => void>()
  readonly #failureListeners = new Set<(connect: ConnectHandle) => void>()
  #plane: DataPlane | undefined

  constructor(deps: ChannelMapDeps) {
    this.#deps = deps
  }

  /** The plane that connects; given after construction because it is born with our events. */
  set plane(plane: DataPlane) {
    this.#plane = plane
  }

  get size(): number {
    return this.#open.size
  }

  /** Attempts to connect that are under way. */
  get connecting(): number {
    return this.#attempts.size
  }

  get(channel: ChannelHandle): OpenChannel | undefined {
    return this.#open.get(channel)
  }

  values(): Iterable<OpenChannel> {
    return this.#open.values()
  }

  /** Hears of every channel that opens. */
  onOpened(listener: (channel: OpenChannel) => void): void {
    this.#listeners.add(listener)
  }

  /** Hears of every attempt to connect that failed, whoever made it. */
  onConnectFailed(listener: (connect: ConnectHandle) => void): void {
    this.#failureListeners.add(listener)
  }

  /** Hears of every channel that closed. */
  onClosed(listener: (channel: OpenChannel) => void): void {
    this.#closeListeners.add(listener)
  }

  /** Calls back with an open channel to the relay, now or after connecting. */
  reach(target: RelayTarget, done: Waiter): void {
    const addresses = target.addresses.map(address => address.octets)
    const candidates = this.#byIdentity.get(toBase16(target.rsaIdentity)) ?? []
    const open = chooseCarrier(candidates, {...target, addresses}, this.#deps.now())
    if (open !== undefined) {
      done(open)
      return
    }
    for (const attempt of this.#attempts.values()) {
      if (!isSameTarget(attempt.target, target)) continue
      if (attempt.waiters.length >= WAITERS_MAX) done({code: 'too-many-connecting', blame: 'local'})
      else attempt.waiters.push(done)
      return
    }
    const [address] = target.addresses
    if (address === undefined || this.#plane === undefined || this.#attempts.size >= CONNECTING_MAX) {
      done({code: 'too-many-connecting', blame: 'local'})
      return
    }
    const {rsaIdentity, ed25519Identity} = target
    const from = this.#deps.connectsFrom?.(address.octets)
    this.#attempts.set(this.#plane.connect({address, rsaIdentity, ed25519Identity, from}), {
      target,
      waiters: [done]
    })
  }

  opened(info: ChannelInfo): void {
    const channel = this.#describe(info)
    this.#open.set(info.channel, channel)
    if (info.peer.kind === 'relay') {
      const key = toBase16(info.peer.rsaIdentity)
      const same = this.#byIdentity.get(key) ?? new Set()
      this.#byIdentity.set(key, same.add(channel))
    }
    for (const listener of this.#listeners) listener(channel)
    const attempt = info.connect === undefined ? undefined : this.#attempts.get(info.connect)
    if (attempt === undefined || info.connect === undefined) return
    this.#attempts.delete(info.connect)
    for (const waiter of attempt.waiters) waiter(channel)
  }

  connectFailed(connect: ConnectHandle, fault: ConnectFault): void {
    const attempt = this.#attempts.get(connect)
    this.#attempts.delete(connect)
    for (const listener of this.#failureListeners) listener(connect)
    for (const waiter of attempt?.waiters ?? []) waiter(fault)
  }

  closed(handle: ChannelHandle): void {
    const channel = this.#open.get(handle)
    if (channel === undefined) return
    this.#open.delete(handle)
    for (const listener of this.#closeListeners) listener(channel)
    if (channel.peer.kind !== 'relay') return
    const key = toBase16(channel.peer.rsaIdentity)
    const same = this.#byIdentity.get(key)
    same?.delete(channel)
    if (same?.size === 0) this.#byIdentity.delete(key)
  }

  #describe(info: ChannelInfo): OpenChannel {
    const {circuitCount, listed} = this.#deps
    const {peer} = info
    return {
      info,
      peer,
      address: info.address.octets,
      openedAtMs: info.openedAtMs,
      isCanonical: isCanonical(
        peer,
        info.address.octets,
        info.claimedAddresses,
        peer.kind === 'relay' ? listed(peer.rsaIdentity) : undefined
      ),
      isCanonicalToPeer: info.isCanonicalToPeer,
      get circuitCount() {
        return circuitCount(info.channel)
      }
    }
  }
}

function isSameTarget(a: RelayTarget, b: RelayTarget): boolean {
  const [left, right] = [a.ed25519Identity, b.ed25519Identity]
  if (!equal(a.rsaIdentity, b.rsaIdentity)) return false
  if (left === undefined || right === undefined ? left !== right : !equal(left, right)) return false
  const [first] = a.addresses
  return (
    first !== undefined &&
    b.addresses.some(other => equal(first.octets, other.octets) && first.port === other.port)
  )
}
