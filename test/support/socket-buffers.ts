// What the kernel keeps for the sockets of this process, as the kernel says it.

import assert from 'node:assert/strict'
import {readdirSync, readFileSync, readlinkSync} from 'node:fs'
import {loadAddon} from '../../src/crypto/binding.ts'

const ESTABLISHED = '01'

/** Octets for sending and for receiving of every connection of ours whose own end (or, with `end`, other end) has the port. */
export function socketBuffers(
  port: number,
  end: 'own' | 'other' = 'own'
): [sends: number, receives: number][] {
  const {addon} = loadAddon()
  assert.ok(addon !== undefined)
  return descriptorsAt(port, end).flatMap(descriptor => {
    const out = new Uint32Array(2)
    return addon.socketBuffers(descriptor, out) === true ? [[out[0] ?? 0, out[1] ?? 0]] : []
  })
}

/** A descriptor of every such connection. */
export function descriptorsAt(port: number, end: 'own' | 'other' = 'own'): number[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  const inodes = new Set<string>()
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n').slice(1)) {
    const [, own, other, state, , , , , , inode] = line.trim().split(/\s+/)
    const at = end === 'own' ? own : other
    if (state === ESTABLISHED && inode !== undefined && at?.endsWith(`:${wanted}`)) inodes.add(inode)
  }
  const found = new Map<string, number>()
  for (const descriptor of readdirSync('/proc/self/fd')) {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/self/fd/${descriptor}`))?.[1]
    if (inode !== undefined && inodes.has(inode)) found.set(inode, Number(descriptor))
  }
  return [...found.values()]
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
