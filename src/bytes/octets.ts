// Joining, comparing and reading octets by index. Everything here is about bytes alone; nothing knows Tor.

import {timingSafeEqual} from 'node:crypto'

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const out = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Equality in time that depends on the lengths alone. Use it for MACs, keys, cookies and digests that gate access. */
export function equalConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Equality for public octets. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** True when every octet is zero; time depends on the length alone. */
export function isAllZero(octets: Uint8Array): boolean {
  let seen = 0
  for (let i = 0; i < octets.length; i++) seen |= octets[i] as number
  return seen === 0
}

/** Overwrites a secret that is no longer needed. */
export function wipe(octets: Uint8Array): void {
  octets.fill(0)
}

const utf8 = new TextEncoder()

/** The octets of a text in UTF-8 (and so in ASCII, where the text is ASCII). */
export function fromText(text: string): Uint8Array {
  return utf8.encode(text)
}

export function toLatin1(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('latin1')
}

/** The octets of a text that has one character, U+0000 to U+00FF, for each. */
export function fromLatin1(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'latin1'))
}

export function readU16(octets: Uint8Array, at: number): number {
  return ((octets[at] as number) << 8) | (octets[at + 1] as number)
}

export function readU32(octets: Uint8Array, at: number): number {
  return (
    (((octets[at] as number) << 24) |
      ((octets[at + 1] as number) << 16) |
      ((octets[at + 2] as number) << 8) |
      (octets[at + 3] as number)) >>>
    0
  )
}

export function writeU16(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 8
  octets[at + 1] = value
}

export function writeU32(octets: Uint8Array, at: number, value: number): void {
  octets[at] = value >>> 24
  octets[at + 1] = value >>> 16
  octets[at + 2] = value >>> 8
  octets[at + 3] = value
}
