// IP addresses between text and octets: 4 octets for IPv4, 16 for IPv6.

import {readU16, writeU16} from './octets.ts'

const IPV4 = /^(?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3}$/
const IPV6_GROUP = /^[0-9A-Fa-f]{1,4}$/

/** Undefined when the text is no IP address. An IPv4-mapped IPv6 address becomes IPv4. Brackets and zone are refused. */
export function ipFromText(text: string): Uint8Array | undefined {
  if (!text.includes(':')) return ipv4FromText(text)
  const octets = ipv6FromText(text)
  return octets !== undefined && isMapped(octets) ? octets.slice(12) : octets
}

/** IPv6 is written in the shortest form (RFC 5952), without brackets. */
export function ipToText(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.')
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push(((octets[i] as number) << 8) | (octets[i + 1] as number))
  const run = longestZeroRun(groups)
  const text = (part: number[]) => part.map(group => group.toString(16)).join(':')
  if (run.length < 2) return text(groups)
  return `${text(groups.slice(0, run.start))}::${text(groups.slice(run.start + run.length))}`
}

/** `host:port`, with brackets around IPv6. */
export function endpointToText(octets: Uint8Array, port: number): string {
  const host = ipToText(octets)
  return octets.length === 4 ? `${host}:${port}` : `[${host}]:${port}`
}

/** Private, loopback, link-local, multicast or reserved: an address that the public network cannot reach. */
export function isPrivateIp(octets: Uint8Array): boolean {
  const [a = 0, b = 0, c = 0] = octets
  if (octets.length === 4) {
    if (a === 0 || a === 10 || a === 127 || a >= 224) return true
    if (a === 172) return b >= 16 && b < 32
    if (a === 192) return b === 168 || (b === 0 && (c === 0 || c === 2))
    if (a === 198) return b === 18 || b === 19 || (b === 51 && c === 100)
    return (
      (a === 169 && b === 254) || (a === 100 && b >= 64 && b < 128) || (a === 203 && b === 0 && c === 113)
    )
  }
  const head = octets.subarray(0, 15)
  if (head.every(octet => octet === 0)) return true
  return (a & 0xfe) === 0xfc || (a === 0xfe && b >= 0x80) || a === 0xff
}

function isMapped(octets: Uint8Array): boolean {
  return octets.subarray(0, 10).every(octet => octet === 0) && octets[10] === 0xff && octets[11] === 0xff
}

function ipv4FromText(text: string): Uint8Array | undefined {
  if (!IPV4.test(text)) return undefined
  const parts = text.split('.').map(Number)
  return parts.every(part => part <= 255) ? Uint8Array.from(parts) : undefined
}

/** RFC 4291 2.2: eight groups, one run of zero groups left out at most, the last two groups perhaps as IPv4. */
function ipv6FromText(text: string): Uint8Array | undefined {
  const plain = text.includes('.') ? withoutDottedTail(text) : text
  if (plain === undefined) return undefined
  const halves = plain.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map(half => (half === '' ? [] : half.split(':')))
  if (head === undefined || ![...head, ...(tail ?? [])].every(group => IPV6_GROUP.test(group)))
    return undefined
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...new Array<string>(missing).fill('0'), ...(tail ?? [])]
  const out = new Uint8Array(16)
  for (const [i, group] of groups.entries()) writeU16(out, i * 2, Number.parseInt(group, 16))
  return out
}

function withoutDottedTail(text: string): string | undefined {
  const tail = text.slice(text.lastIndexOf(':') + 1)
  const octets = ipv4FromText(tail)
  return octets === undefined ? undefined : text.slice(0, -tail.length) + hexGroups(octets)
}

function hexGroups(ipv4: Uint8Array): string {
  return `${readU16(ipv4, 0).toString(16)}:${readU16(ipv4, 2).toString(16)}`
}

function longestZeroRun(groups: readonly number[]): {start: number; length: number} {
  let best = {start: 0, length: 0}
  for (let start = 0; start < groups.length; start++) {
    let length = 0
    while (groups[start + length] === 0) length++
    if (length > best.length) best = {start, length}
  }
  return best
}
