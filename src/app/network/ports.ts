// The ports of a private network: one block on 127.0.0.1, in a fixed order, so that a base port says all of them. Chosen
// blocks lie below the ports that systems give to outgoing connections: none of those can get in the way afterwards.

import {randomInt} from 'node:crypto'
import {createServer} from 'node:net'

export interface NetworkPorts {
  readonly socks: number
  readonly status: number
  readonly page: number
  readonly authority: number
  readonly authorityDir: number
  readonly relays: readonly number[]
}

export const LOWEST_BASE = 1024
const RELAYS_AT = 5
const CHOSEN_FROM = 15_000
const CHOSEN_BELOW = 32_000
const ATTEMPTS = 40

/** How many ports a network takes. */
export function portCount(relays: number): number {
  return RELAYS_AT + relays
}

export function portsFrom(base: number, relays: number): NetworkPorts {
  return {
    socks: base,
    status: base + 1,
    page: base + 2,
    authority: base + 3,
    authorityDir: base + 4,
    relays: Array.from({length: relays}, (_, i) => base + RELAYS_AT + i)
  }
}

/** For whom a port is, in the words of a message. */
export function ownerOf(port: number, ports: NetworkPorts): string {
  const {socks, status, page, authority, authorityDir, relays} = ports
  if (port === socks) return 'client'
  if (port === status) return 'status page'
  if (port === page) return 'page of the service'
  if (port === authority || port === authorityDir) return 'authority'
  const relay = relays.indexOf(port)
  return relay < 0 ? 'network' : `relay${relay + 1}`
}

/** A base port whose whole block is free at the moment; undefined when none was found. */
export async function freeBase(relays: number): Promise<number | undefined> {
  for (let i = 0; i < ATTEMPTS; i++) {
    const base = randomInt(CHOSEN_FROM, CHOSEN_BELOW - portCount(relays))
    if ((await takenPorts(base, relays)).length === 0) return base
  }
  return undefined
}

/** Those of a block that something listens on. */
export async function takenPorts(base: number, relays: number): Promise<number[]> {
  const ports = Array.from({length: portCount(relays)}, (_, i) => base + i)
  const free = await Promise.all(ports.map(isFree))
  return ports.filter((_, i) => !free[i])
}

export function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
