// What a circuit of two hops costs in memory when nothing happens on it: what the relay has resident with many of them, less
// what it has with the same links and none. A few circuits go before, so that what is allocated once is no part of it.

import {setTimeout as sleep} from 'node:timers/promises'
import {Network} from './network.ts'
import {type RelayUnderTest, residentOctets} from './relay-process.ts'
import type {Figures} from './shapes.ts'

const LINKS = 16
const HOPS = 8
const FIRST = 512
/** V8 gives back what making circuits left behind once it has been quiet for a while; an idle relay is one after that. */
const SETTLE_MS = 30_000

export async function measureIdle(relay: RelayUnderTest, count: number): Promise<Figures> {
  const network = new Network(relay)
  try {
    await network.openLinks(LINKS)
    await network.makeCircuits(FIRST, HOPS)
    await sleep(SETTLE_MS)
    const before = residentOctets(relay.pid)
    await network.makeCircuits(count, HOPS)
    await sleep(SETTLE_MS)
    const after = residentOctets(relay.pid)
    return {octetsPerCircuit: (after - before) / count, residentMegabytes: after / 1e6}
  } finally {
    network.close()
  }
}
