// The defence by client address with a clock and a chance that the test sets, and clients and relays that connect to it.

import type {ChannelHandle, ChannelInfo} from '../../src/dataplane/contract.ts'
import {AddressDefence} from '../../src/roles/relay/dos/address-defence.ts'
import type {DosParams} from '../../src/roles/relay/dos/dos-params.ts'

export const HOUR_MS = 3600_000

/** Everything on, with param-spec's values. */
export const DOS_ON: DosParams = {
  circuitCreation: {
    isEnabled: true,
    minConnections: 3,
    limit: {rate: 3, burst: 90},
    defence: 'refuse',
    periodMs: HOUR_MS,
    outboundQueueFullMax: 3
  },
  connection: {
    isEnabled: true,
    concurrentMax: 100,
    limit: {rate: 20, burst: 40},
    defence: 'refuse',
    periodMs: 24 * HOUR_MS
  }
}

export const ipv4 = (...octets: number[]) => Uint8Array.from(octets)

/** 2001:db8:0:SUBNET::HOST */
export function ipv6(subnet: number, host: number): Uint8Array {
  const octets = new Uint8Array(16)
  octets.set([0x20, 0x01, 0x0d, 0xb8])
  octets[7] = subnet
  octets[15] = host
  return octets
}

export class AddressBench {
  readonly defence: AddressDefence
  nowMs = 1_000_000
  /** Where in its range each drawn number lies. */
  chance: 'least' | 'most' = 'least'
  listed: readonly number[] = []
  #lastChannel = 0

  constructor(params: DosParams = DOS_ON, recordsMax = 1000) {
    this.defence = new AddressDefence(
      {params, recordsMax},
      {
        nowMs: () => this.nowMs,
        randomWithin: (least, most) => (this.chance === 'least' ? least : most),
        isListed: rsaIdentity => this.listed.includes(rsaIdentity[0] ?? 0)
      }
    )
  }

  /** A TCP connection; its channel, or undefined when it was refused. */
  connect(address: Uint8Array): ChannelHandle | undefined {
    const channel = ++this.#lastChannel as ChannelHandle
    return this.defence.admits(channel, address) ? channel : undefined
  }

  /** As many connections as are admitted. */
  connectMany(count: number, address: Uint8Array): ChannelHandle[] {
    const channels = Array.from({length: count}, () => this.connect(address))
    return channels.filter(channel => channel !== undefined)
  }

  /** A verified channel of a client. */
  client(address: Uint8Array): ChannelHandle {
    const channel = this.connect(address)
    if (channel === undefined) throw new Error('the connection was refused')
    this.#open(channel, {kind: 'client'})
    return channel
  }

  /** A verified channel of a relay whose RSA identity begins with `identity`. */
  relay(address: Uint8Array, identity: number): ChannelHandle {
    const channel = this.connect(address)
    if (channel === undefined) throw new Error('the connection was refused')
    const rsaIdentity = new Uint8Array(20).fill(identity)
    this.#open(channel, {kind: 'relay', rsaIdentity, ed25519Identity: new Uint8Array(32)})
    return channel
  }

  /** How many of so many CREATE cells are answered. */
  creates(channel: ChannelHandle, count: number): number {
    let answered = 0
    for (let i = 0; i < count; i++) if (this.defence.admitsCircuit(channel)) answered++
    return answered
  }

  #open(channel: ChannelHandle, peer: ChannelInfo['peer']): void {
    this.defence.channelOpened({channel, peer} as ChannelInfo)
  }
}
