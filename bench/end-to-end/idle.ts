// What a circuit of two hops costs in memory when nothing happens on it: what the relay has resident with 20,000 of them, less
// what it has over the same links with 10,000. As many go before as are measured, so that what is allocated once, and what a heap
// keeps for what comes next, is no part of it.

import {setTimeout as sleep} from 'node:timers/promises'
import {Network} from './network.ts'
import {type RelayUnderTest, residentOctets} from './relay-process.ts'
import type {Figures} from './shapes.ts'

const LINKS = 16
const HOPS = 8
const SETTLE_MS = 5_000

export async function measureIdle(relay: RelayUnderTest, count: number): Promise<Figures> {
  const network = new Network(relay)
  try {
    await network.openLinks(LINKS)
    await network.makeCircuits(count, HOPS)
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
