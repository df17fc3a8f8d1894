import assert from 'node:assert/strict'
import {test} from 'node:test'
import {OutputSlabs} from '../../../src/dataplane/shard/output-slabs.ts'

const PIECE = 8000

test('what sockets still hold is never given out again, and what they let go of is', () => {
  const slabs = new OutputSlabs()
  const held: {octets: Uint8Array; released: () => void; mark: number}[] = []
  const buffers = new Set<ArrayBufferLike>()
  for (let i = 0; i < 2000; i++) {
    assert.ok(slabs.room >= PIECE)
    slabs.octets.fill(i & 0xff, slabs.at, slabs.at + PIECE)
    held.push({...slabs.cut(PIECE), mark: i & 0xff})
    if (held.length < 50) continue
    const oldest = held.shift()
    assert.ok(oldest !== undefined)
    assert.ok(oldest.octets.every(octet => octet === oldest.mark))
    buffers.add(oldest.octets.buffer)
    oldest.released()
  }
  assert.ok(buffers.size <= 4, `${buffers.size} slabs for ${50 * PIECE} octets`)
})

test('a slab that nobody holds is filled from its beginning', () => {
  const slabs = new OutputSlabs()
  const {released} = slabs.cut(PIECE)
  assert.equal(slabs.at, PIECE)
  released()
  assert.equal(slabs.at, 0)
})
