// The links and circuits of one run around the relay under test, made before anything is measured.

import {fromBase64} from '../../src/bytes/base64.ts'
import {randomOctets} from '../../src/crypto/random.ts'
import {CellLink, type Peer} from './cell-link.ts'
import {Arrivals, Circuit, Desk} from './circuit.ts'
import {clientEndpoint, NextHop} from './next-hop.ts'
import type {RelayUnderTest} from './relay-process.ts'

/** Circuits that are being made at once: the relay's queues are bounded. */
const AT_ONCE = 32

/** Next hops are kept from run to run, since their keys take long to make. */
const hops: NextHop[] = []

export class Network {
  readonly relay: Peer & {readonly ntorOnionKey: Uint8Array}
  readonly desks: Desk[] = []
  readonly circuits: Circuit[] = []
  readonly #arrivals = new Arrivals()

  constructor(relay: RelayUnderTest) {
    this.relay = {
      port: relay.port,
      rsaIdentity: octetsOf(relay.rsaIdentity),
      ed25519Identity: octetsOf(relay.ed25519Identity),
      ntorOnionKey: octetsOf(relay.ntorOnionKey)
    }
  }

  async openLinks(count: number): Promise<void> {
    const endpoint = clientEndpoint()
    for (let i = 0; i < count; i++) this.desks.push(new Desk(await CellLink.open(endpoint, this.relay)))
  }

  /** Circuits of two hops; those of one link go to all next hops in turn. */
  async makeCircuits(count: number, hopCount: number): Promise<void> {
    while (hops.length < hopCount) hops.push(await NextHop.open())
    for (const hop of hops) hop.onLink = link => this.#arrivals.welcome(link)
    await inTurns(count, async i => {
      const circuit = await Circuit.create(this.#desk(i))
      const hop = hops[(i + Math.floor(i / this.desks.length)) % hopCount] as NextHop
      await circuit.extend(hop, this.#arrivals)
      this.circuits.push(circuit)
    })
  }

  /** As many links as there are, straight to next hops: the way of a cell without the relay. */
  async openDirect(count: number): Promise<readonly (readonly [CellLink, CellLink])[]> {
    while (hops.length < count) hops.push(await NextHop.open())
    const endpoint = clientEndpoint()
    const pairs: (readonly [CellLink, CellLink])[] = []
    for (const hop of hops.slice(0, count)) {
      const arrived = new Promise<CellLink>(resolve => {
        hop.onLink = resolve
      })
      const link = await CellLink.open(endpoint, hop)
      const other = await arrived
      await other.verified
      pairs.push([link, other])
    }
    return pairs
  }

  /** Pairs of one-hop circuits that meet at the relay, side by side in `circuits`. */
  async makePairs(count: number): Promise<void> {
    await inTurns(count, async i => {
      const cookie = randomOctets(20)
      const waiting = await Circuit.create(this.#desk(2 * i))
      const coming = await Circuit.create(this.#desk(2 * i + 1))
      await waiting.establishRendezvous(cookie)
      await coming.meet(waiting, cookie)
      this.circuits.push(waiting, coming)
    })
  }

  close(): void {
    for (const circuit of this.circuits) circuit.close()
    for (const {link} of this.desks) link.close()
    for (const link of this.#arrivals.links) link.close()
  }

  #desk(i: number): Desk {
    return this.desks[i % this.desks.length] as Desk
  }
}

export function closeNextHops(): void {
  for (const hop of hops.splice(0)) hop.close()
}

/** Runs `count` tasks, AT_ONCE of them at a time. */
async function inTurns(count: number, task: (i: number) => Promise<void>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < count) await task(next++)
  }
  await Promise.all(Array.from({length: Math.min(AT_ONCE, count)}, worker))
}

function octetsOf(base64: string): Uint8Array {
  const octets = fromBase64(base64)
  if (octets === undefined) throw new Error('no base64')
  return octets
}
