// Relay messages that another implementation captured from C tor or made by hand (relay_messages.json says whence).

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {decode, encode} from '../../src/codec/codec.ts'
import {describe} from '../../src/codec/describe.ts'
import type {AnyMessage} from '../../src/codec/format.ts'
import {relayMessages} from '../../src/wire/registry.ts'
import {hex} from '../support/hex.ts'
import {readVectors} from '../support/package-root.ts'

interface Vectors {
  readonly vectors: readonly {
    readonly command: string | null
    readonly kind: string
    readonly hex: string
  }[]
}

/** Datagrams over circuits (prop 339) are in no C tor, and a message with a command that nobody knows has no declaration:
 * a hop drops both without looking inside. */
const UNDECLARED = new Set(['CONNECT_UDP', 'CONNECTED_UDP', null])

const {vectors} = readVectors<Vectors>('relay_messages.json')
const byName = new Map<string | null, AnyMessage>(relayMessages.map(message => [message.name, message]))

test('what is left out is what has no declaration', () => {
  for (const {command} of vectors)
    assert.equal(byName.has(command), !UNDECLARED.has(command), String(command))
})

for (const {command, kind, hex: digits} of vectors) {
  const message = byName.get(command)
  if (message === undefined) continue
  const octets = hex(digits)
  const name = `${command} ${digits.length > 40 ? `${digits.slice(0, 40)}…` : digits || 'without a body'}`

  if (command === 'END' && digits === '') {
    test('END without a reason is refused, as C tor has done since TROVE-2026-011', () => {
      const decoded = decode(message, octets)
      assert.ok(!decoded.ok)
      assert.equal(decoded.fault.code, 'truncated')
    })
  } else if (kind === 'msg_error') {
    test(`${name} is refused`, () => {
      assert.ok(!decode(message, octets).ok, describe(message, octets))
    })
  } else {
    test(`${name} is read and written`, () => {
      const decoded = decode(message, octets)
      assert.ok(decoded.ok, describe(message, octets))
      // An EXITPOLICY whose address is cut off stays as it came: we keep the detail without looking at it.
      assert.deepEqual(encode(message, decoded.value), octets)
    })
  }
}
