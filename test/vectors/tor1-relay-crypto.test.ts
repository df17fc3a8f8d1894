// The cells that C tor and Arti agree a three-hop client sends, and what each hop makes of them, on every
// implementation that this machine can run.

import assert from 'node:assert/strict'
import {createHash} from 'node:crypto'
import {describe, it} from 'node:test'
import {fromBase16, toBase16} from '../../src/bytes/base16.ts'
import {writeU16} from '../../src/bytes/octets.ts'
import type {RelayCrypto, RelayDirection} from '../../src/crypto/relay-crypto/relay-crypto.ts'
import {readVectors} from '../support/package-root.ts'
import {relayCryptos} from '../support/relay-cryptos.ts'

interface Tor1Vectors {
  readonly key_material: readonly string[]
  readonly payload_seed_ascii: string
  readonly expect: readonly {readonly cell_number: number; readonly body: string}[]
}

const vectors = readVectors<Tor1Vectors>('tor1_relay_crypto.json')
const CELLS = 1 + Math.max(...vectors.expect.map(cell => cell.cell_number))
const DATA_SIZE = 498
const stream = createHash('shake256', {outputLength: DATA_SIZE * CELLS})
  .update(vectors.payload_seed_ascii)
  .digest()

function octets(hex: string): Uint8Array {
  const value = fromBase16(hex)
  assert(value)
  return value
}

/** The outbound directions of the three hops, keyed Df(20) Db(20) Kf(16) Kb(16) (tor-spec 5.2.2). */
function openHops(crypto: RelayCrypto): RelayDirection[] {
  return vectors.key_material.map(hex => {
    const material = octets(hex)
    return crypto.open('tor1', material.subarray(0, 20), material.subarray(40, 56))
  })
}

function dataCell(number: number): Uint8Array {
  const body = new Uint8Array(509)
  body[0] = 2
  writeU16(body, 3, 1)
  writeU16(body, 9, DATA_SIZE)
  body.set(stream.subarray(number * DATA_SIZE, (number + 1) * DATA_SIZE), 11)
  return body
}

for (const crypto of relayCryptos()) {
  describe(`tor1 relay cells on ${crypto.name}`, () => {
    it('leave the origin as the vectors say', () => {
      const hops = openHops(crypto)
      const sent = new Map<number, string>()
      for (let number = 0; number < CELLS; number++) {
        const body = dataCell(number)
        hops.at(-1)?.seal(body)
        for (const hop of hops.toReversed()) hop.crypt(body)
        sent.set(number, toBase16(body))
      }
      for (const {cell_number, body} of vectors.expect) assert.equal(sent.get(cell_number), body)
      for (const hop of hops) hop.close()
    })

    it('are recognized by the last hop alone, with the tag the origin expects', () => {
      const origin = openHops(crypto)
      const relays = openHops(crypto)
      for (let number = 0; number < CELLS; number++) {
        const body = dataCell(number)
        origin.at(-1)?.seal(body)
        for (const hop of origin.toReversed()) hop.crypt(body)
        for (const [index, relay] of relays.entries()) {
          relay.crypt(body)
          assert.equal(relay.recognize(body), index === relays.length - 1)
        }
        assert.deepEqual(relays.at(-1)?.tag(), origin.at(-1)?.tag())
        assert.deepEqual(body.subarray(11), dataCell(number).subarray(11))
      }
      for (const hop of [...origin, ...relays]) hop.close()
    })
  })
}
