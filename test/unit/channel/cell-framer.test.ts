// tor-spec 3: cells in a stream of octets, whose circuit ids get wider once VERSIONS has been acted on.

import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import fc from 'fast-check'
import {concat} from '../../../src/bytes/octets.ts'
import {CellFramer, encodeCell} from '../../../src/channel/cell-framer.ts'
import {BugError} from '../../../src/fault/fault.ts'
import {CELL_BODY_LENGTH, ChannelCommand, isVariableLength} from '../../../src/wire/channel-cell.ts'

const {VERSIONS, RELAY, VPADDING, CERTS, PADDING} = ChannelCommand

interface Sent {
  readonly circId: number
  readonly command: number
  readonly body: Uint8Array
}

const arbitraryCell = (linkVersion: number) =>
  fc.oneof(
    fc.record({
      circId: fc.nat(linkVersion < 4 ? 0xffff : 0xffffffff),
      command: fc.constantFrom(PADDING, RELAY, 12, 60, 127),
      body: fc.uint8Array({minLength: CELL_BODY_LENGTH, maxLength: CELL_BODY_LENGTH})
    }),
    fc.record({
      circId: fc.nat(linkVersion < 4 ? 0xffff : 0xffffffff),
      command: fc.constantFrom(VPADDING, CERTS, 255),
      body: fc.uint8Array({maxLength: 1500})
    })
  )

/** Cuts octets at the places given and reads them back. */
function read(octets: Uint8Array, cuts: readonly number[], linkVersion: number): Sent[] {
  const framer = new CellFramer()
  const cells: Sent[] = []
  const edges = [...new Set([0, ...cuts.map(cut => cut % (octets.length + 1)), octets.length])].sort(
    (a, b) => a - b
  )
  for (let i = 1; i < edges.length; i++) {
    // A copy that is overwritten after its turn shows whether a later cell still leans on it.
    const chunk = octets.slice(edges[i - 1], edges[i])
    framer.push(chunk)
    for (let cell = framer.next(); cell !== undefined; cell = framer.next()) {
      cells.push({...cell, body: cell.body.slice()})
      if (cell.command === VERSIONS) framer.linkVersion = linkVersion
    }
    chunk.fill(0xee)
  }
  assert.equal(framer.pending, 0)
  assert.equal(framer.fault, undefined)
  return cells
}

describe('Framing of cells', () => {
  for (const linkVersion of [3, 4, 5]) {
    it(`gives back what was sent on link protocol ${linkVersion}, wherever chunks end`, () => {
      fc.assert(
        fc.property(
          fc.array(arbitraryCell(linkVersion), {maxLength: 6}),
          fc.array(fc.nat(), {maxLength: 20}),
          (sent, cuts) => {
            const hello = {circId: 0, command: VERSIONS, body: new Uint8Array([0, 3, 0, 4, 0, 5])}
            const octets = concat(
              encodeCell(0, 0, hello.command, hello.body),
              ...sent.map(({circId, command, body}) => encodeCell(linkVersion, circId, command, body))
            )
            assert.deepEqual(read(octets, cuts, linkVersion), [hello, ...sent.map(cell => ({...cell}))])
          }
        ),
        {seed: 20261122, numRuns: 150}
      )
    })
  }

  it('takes one octet at a time', () => {
    const octets = concat(
      encodeCell(0, 0, VERSIONS, new Uint8Array([0, 5])),
      encodeCell(5, 0x80000001, RELAY, new Uint8Array(CELL_BODY_LENGTH).fill(7)),
      encodeCell(5, 0, VPADDING, new Uint8Array(600).fill(9))
    )
    const everywhere = Array.from({length: octets.length}, (_, i) => i)
    assert.deepEqual(
      read(octets, everywhere, 5).map(({circId, command, body}) => [circId, command, body.length]),
      [
        [0, VERSIONS, 2],
        [0x80000001, RELAY, CELL_BODY_LENGTH],
        [0, VPADDING, 600]
      ]
    )
  })

  it('hands out a cell that lies whole in a chunk as a view, without copying', () => {
    const chunk = concat(
      encodeCell(4, 1, RELAY, new Uint8Array(5)),
      encodeCell(4, 2, RELAY, new Uint8Array(5))
    )
    const framer = new CellFramer(4)
    framer.push(chunk)
    for (const cell of framer) assert.equal(cell.body.buffer, chunk.buffer)
  })

  it('hands out octets whose slice() is a copy, even when the chunk was a Buffer', () => {
    const chunk = Buffer.from(encodeCell(4, 1, RELAY, new Uint8Array(CELL_BODY_LENGTH)))
    const framer = new CellFramer(4)
    framer.push(chunk)
    const kept = framer.next()?.body.slice()
    chunk.fill(1)
    assert.deepEqual(kept, new Uint8Array(CELL_BODY_LENGTH))
  })

  it('reads on by the new width even where the old one had begun to read', () => {
    const framer = new CellFramer(0)
    const cell = encodeCell(5, 7, RELAY, new Uint8Array(CELL_BODY_LENGTH).fill(3))
    framer.push(cell.subarray(0, 300))
    assert.equal(framer.next(), undefined)
    framer.linkVersion = 5
    framer.push(cell.subarray(300))
    assert.equal(framer.next()?.circId, 7)
    assert.equal(framer.pending, 0)
  })

  it('keeps a chunk that was not read to its end in front of the next one', () => {
    const framer = new CellFramer(4)
    const [first, second] = [
      encodeCell(4, 1, RELAY, new Uint8Array(1)),
      encodeCell(4, 2, RELAY, new Uint8Array(1))
    ]
    framer.push(concat(first, second.subarray(0, 9)))
    assert.equal(framer.next()?.circId, 1)
    framer.push(second.subarray(9))
    assert.equal(framer.next()?.circId, 2)
    assert.equal(framer.next(), undefined)
  })

  it('refuses a variable cell longer than its bound, from the header alone and for good', () => {
    const framer = new CellFramer(5, 100)
    framer.push(encodeCell(5, 0, VPADDING, new Uint8Array(100)))
    assert.equal(framer.next()?.body.length, 100)
    framer.push(encodeCell(5, 0, VPADDING, new Uint8Array(101)).subarray(0, 7))
    assert.equal(framer.next(), undefined)
    assert.deepEqual(framer.fault, {code: 'cell-too-long', blame: 'peer', data: {command: VPADDING}})
    framer.push(encodeCell(5, 0, VPADDING, new Uint8Array(1)))
    assert.equal(framer.next(), undefined)
  })

  it('refuses it too when chunks end inside its header', () => {
    const framer = new CellFramer(5, 100)
    for (const octet of encodeCell(5, 0, VPADDING, new Uint8Array(101)).subarray(0, 7)) {
      framer.push(new Uint8Array([octet]))
      assert.equal(framer.next(), undefined)
    }
    assert.equal(framer.fault?.code, 'cell-too-long')
  })

  it('takes the longest variable cell once the handshake is over', () => {
    const framer = new CellFramer(5, 100).unbounded()
    const cell = encodeCell(5, 0, VPADDING, new Uint8Array(0xffff))
    framer.push(cell.subarray(0, 70))
    assert.equal(framer.next(), undefined)
    framer.push(cell.subarray(70))
    assert.equal(framer.next()?.body.length, 0xffff)
  })

  it('never throws and never runs ahead of its octets', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({maxLength: 700}), {maxLength: 12}),
        fc.constantFrom(0, 3, 4, 5),
        (chunks, version) => {
          const framer = new CellFramer(version, 2000)
          let given = 0
          let taken = 0
          for (const chunk of chunks) {
            framer.push(chunk)
            given += chunk.length
            for (const cell of framer) {
              taken += framer.octets.length
              assert.ok(isVariableLength(cell.command) || cell.body.length === CELL_BODY_LENGTH)
            }
            if (framer.fault !== undefined) return
            assert.equal(framer.pending, given - taken)
          }
        }
      ),
      {seed: 20261122, numRuns: 300}
    )
  })

  it('counts a body that does not fit its cell as our own bug', () => {
    assert.throws(() => encodeCell(5, 1, RELAY, new Uint8Array(CELL_BODY_LENGTH + 1)), BugError)
    assert.throws(() => encodeCell(5, 0, CERTS, new Uint8Array(0x10000)), BugError)
  })
})
