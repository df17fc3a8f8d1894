// Single arguments of items to values. Each answers undefined for text that is not exactly of its form.

import {fromBase16} from '../bytes/base16.ts'
import {fromBase64} from '../bytes/base64.ts'

const DECIMAL = /^\d{1,20}$/
const SIGNED_DECIMAL = /^-?\d{1,10}$/
const NICKNAME = /^[A-Za-z0-9]{1,19}$/
const FAMILY_MEMBER = /^(?:[A-Za-z0-9]{1,19}|\$[0-9A-Fa-f]{40}(?:[=~][A-Za-z0-9]{1,19})?)$/

export const MAX_INT32 = 0x7fffffff
export const MAX_UINT32 = 0xffffffff
const MIN_INT32 = -0x80000000

/** A decimal number without sign, no smaller than `min` and no larger than `max`. */
export function parseDecimal(text: string, min: number, max: number): number | undefined {
  if (!DECIMAL.test(text)) return undefined
  const value = Number(text)
  return value >= min && value <= max ? value : undefined
}

export function parseInt32(text: string): number | undefined {
  if (!SIGNED_DECIMAL.test(text)) return undefined
  const value = Number(text)
  return value >= MIN_INT32 && value <= MAX_INT32 ? value : undefined
}

/** A decimal number of 64 bits without sign. */
export function parseUint64(text: string): bigint | undefined {
  if (!DECIMAL.test(text)) return undefined
  const value = BigInt(text)
  return value <= 0xffffffffffffffffn ? value : undefined
}

export function parsePort(text: string): number | undefined {
  return parseDecimal(text, 0, 65535)
}

/** 1 to 19 ASCII letters and digits (tor-spec 1.2). */
export function parseNickname(text: string): string | undefined {
  return NICKNAME.test(text) ? text : undefined
}

/** 40 hexadecimal digits to 20 octets. */
export function parseFingerprint(text: string): Uint8Array | undefined {
  return text.length === 40 ? fromBase16(text) : undefined
}

/** A name in a `family` line: a nickname, or `$` and a fingerprint with a nickname that may follow. */
export function isFamilyMember(text: string): boolean {
  return FAMILY_MEMBER.test(text)
}

/** Base64, padded or not, of exactly `length` octets. */
export function parseBase64(text: string, length: number): Uint8Array | undefined {
  if (text.length > Math.ceil(length / 3) * 4) return undefined
  const octets = fromBase64(text)
  return octets?.length === length ? octets : undefined
}

/** `NAME=VALUE` with a value of 32 bits; the name has at least one character. */
export function parseNumberPair(text: string): readonly [string, number] | undefined {
  const equals = text.indexOf('=')
  if (equals < 1) return undefined
  const value = parseInt32(text.slice(equals + 1))
  return value === undefined ? undefined : [text.slice(0, equals), value]
}
