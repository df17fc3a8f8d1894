// Ports on 127.0.0.1 for processes that cannot be handed a listening socket. A test process takes a whole block by keeping
// its first port bound for as long as it lives, so that test processes running side by side never choose the same ports.
// Blocks lie below the kernel's ephemeral range: an outgoing connection cannot land on a reserved port either.

import {createServer, type Server} from 'node:net'

const LOWEST_PORT = 11_000
const BLOCK_SIZE = 100
const BLOCKS = 200

let block: {readonly lock: Server; readonly base: number; used: number} | undefined

function bind(port: number): Promise<Server | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.unref()
    server.once('error', () => resolve(undefined))
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}

async function isFree(port: number): Promise<boolean> {
  const server = await bind(port)
  if (server === undefined) return false
  await new Promise<void>(resolve => server.close(() => resolve()))
  return true
}

async function takeBlock(): Promise<NonNullable<typeof block>> {
  const first = process.pid % BLOCKS
  for (let i = 0; i < BLOCKS; i++) {
    const base = LOWEST_PORT + ((first + i) % BLOCKS) * BLOCK_SIZE
    const lock = await bind(base)
    if (lock !== undefined) return {lock, base, used: 1}
  }
  throw new Error('no block of free ports on 127.0.0.1')
}

/** A port that nothing listens on and that no other test process will be given. */
export async function freePort(): Promise<number> {
  block ??= await takeBlock()
  while (block.used < BLOCK_SIZE) {
    const port = block.base + block.used++
    if (await isFree(port)) return port
  }
  block = undefined
  return freePort()
}
