// The load generator's process: takes orders from the one that started it, one at a time, and answers with figures. It lives
// through all runs, so that it has warmed up, and on a core of its own.

import {closeNextHops} from './network.ts'
import type {RelayUnderTest} from './relay-process.ts'
import {type Figures, shapes} from './shapes.ts'

export interface Order {
  readonly shape: string
  readonly relay: RelayUnderTest
  readonly seconds: number
}

export type Answer = {readonly figures: Figures} | {readonly error: string}

async function carryOut({shape, relay, seconds}: Order): Promise<Answer> {
  try {
    const run = shapes[shape]
    if (run === undefined) throw new Error(`there is no shape '${shape}'`)
    return {figures: await run(relay, seconds)}
  } catch (error) {
    return {error: error instanceof Error ? (error.stack ?? error.message) : String(error)}
  }
}

process.on('message', (order: Order) => {
  void carryOut(order).then(answer => process.send?.(answer))
})
process.on('disconnect', () => {
  closeNextHops()
  process.exit(0)
})
