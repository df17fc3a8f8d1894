// What holds for every format, known from its declaration alone. A format is covered from the moment it is registered.

import assert from 'node:assert/strict'
import {describe as group, test} from 'node:test'
import fc from 'fast-check'
import {equal} from '../../src/bytes/octets.ts'
import {decode, encode} from '../../src/codec/codec.ts'
import {DECODE_CODES} from '../../src/codec/cursor.ts'
import {describe} from '../../src/codec/describe.ts'
import type {AnyFormat} from '../../src/codec/format.ts'
import {allFormats} from '../../src/wire/registry.ts'
import {arbitraryMutation, arbitraryOctets, arbitraryValue} from '../support/arbitrary.ts'

const RUNS = {seed: 20260625, numRuns: 150}
const FIXED = new Uint8Array(600)

/** Decodes what any peer could have sent and holds the result to what is promised. */
function check(format: AnyFormat, octets: Uint8Array): void {
  const decoded = decode(format, octets)
  if (!decoded.ok) {
    const {code, data} = decoded.fault
    assert.ok(DECODE_CODES.includes(code))
    assert.ok(data !== undefined && data.at >= 0 && data.at <= octets.length)
    assert.equal(data.format, format.name)
    return
  }
  assert.ok(octets.length >= format.min, 'shorter than the declaration allows')
  const written = encode(format, decoded.value)
  const again = decode(format, written)
  assert.deepEqual(again, decoded)
  if (format.about.noncanonical) return
  assert.ok(equal(written, octets.subarray(0, written.length)), 'written otherwise than it was read')
  assert.ok(format.about.trailing === 'ignore' || written.length === octets.length)
}

for (const format of allFormats) {
  const command = 'command' in format ? ` (${format.command})` : ''
  group(`${format.name}${command}`, () => {
    test('a value that is encoded decodes to itself', () => {
      fc.assert(
        fc.property(arbitraryValue(format), value => {
          const octets = encode(format, value)
          assert.ok(octets.length >= format.min && octets.length <= format.max)
          const decoded = decode(format, octets)
          assert.ok(decoded.ok, describe(format, octets))
          assert.ok(agrees(decoded.value, value), describe(format, octets))
          check(format, octets)
        }),
        RUNS
      )
    })

    test('octets that are nearly right decode to what they say or not at all', () => {
      fc.assert(
        fc.property(arbitraryMutation(format), octets => check(format, octets)),
        RUNS
      )
    })

    test('random octets never throw', () => {
      fc.assert(
        fc.property(fc.uint8Array({maxLength: 600}), octets => check(format, octets)),
        RUNS
      )
      for (let length = 0; length <= FIXED.length; length++) {
        check(format, FIXED.subarray(0, length))
        check(format, new Uint8Array(length).fill(0xff))
      }
    })

    test('a decoded octet field is a view of what was decoded', () => {
      fc.assert(
        fc.property(arbitraryOctets(format), octets => {
          const decoded = decode(format, octets)
          assert.ok(decoded.ok)
          for (const field of octetFields(decoded.value)) assert.equal(field.buffer, octets.buffer)
        }),
        {...RUNS, numRuns: 20}
      )
    })
  })
}

/** True when `value`, made for encoding, says nothing that `decoded` does not say as well. */
function agrees(decoded: unknown, value: unknown): boolean {
  if (value === undefined || typeof value !== 'object' || value === null) return decoded === value
  if (value instanceof Uint8Array) return decoded instanceof Uint8Array && equal(decoded, value)
  if (Array.isArray(value)) {
    return (
      Array.isArray(decoded) &&
      decoded.length === value.length &&
      value.every((item, i) => agrees(decoded[i], item))
    )
  }
  return (
    typeof decoded === 'object' &&
    decoded !== null &&
    Object.entries(value).every(([name, part]) => agrees(Reflect.get(decoded, name), part))
  )
}

function octetFields(value: unknown): Uint8Array[] {
  if (value instanceof Uint8Array) return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(octetFields) : []
}
