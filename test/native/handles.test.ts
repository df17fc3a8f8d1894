// What the addon does with handles, sizes and batches that are right, stale or nonsense: it answers, and never crashes.

import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {type Addon, AddonStatus} from '../../src/crypto/binding.ts'
import {addonRelayCrypto} from '../../src/crypto/relay-crypto/addon.ts'
import {BugError} from '../../src/fault/fault.ts'
import {onAddon} from '../support/addon.ts'

const CELL = 514
const BODY_AT = 5
const BODY = 509

function open(addon: Addon, fill: number): {slot: number; generation: number} {
  const handle = new Uint32Array(2)
  assert.equal(addon.open(0, new Uint8Array(20), new Uint8Array(16).fill(fill), 0, handle), undefined)
  return {slot: handle[0] as number, generation: handle[1] as number}
}

onAddon(addon => {
  describe('handles', () => {
    it('of closed directions stay dead when their slot is used again', () => {
      const before = addon.openDirections()
      const body = new Uint8Array(BODY)
      const old = open(addon, 1)
      assert.equal(addon.close(old.slot, old.generation), undefined)
      const young = open(addon, 2)
      assert.equal(young.slot, old.slot)
      assert.notEqual(young.generation, old.generation)
      for (const call of ['crypt', 'seal', 'recognize'] as const) {
        assert.equal(addon[call](old.slot, old.generation, body), AddonStatus.STALE_HANDLE)
      }
      assert.equal(addon.tag(old.slot, old.generation, new Uint8Array(20)), AddonStatus.STALE_HANDLE)
      assert.equal(addon.close(old.slot, old.generation), AddonStatus.STALE_HANDLE)
      assert.deepEqual(body, new Uint8Array(BODY))
      assert.equal(addon.openDirections(), before + 1)
      assert.equal(addon.close(young.slot, young.generation), undefined)
      assert.equal(addon.openDirections(), before)
    })

    it('that were never given out are refused', () => {
      const body = new Uint8Array(BODY)
      for (const slot of [0, 7, 123456, 2 ** 31, 2 ** 32 - 1, -1, 0.5, Number.NaN]) {
        assert.equal(addon.crypt(slot, 0, body), AddonStatus.STALE_HANDLE)
        assert.equal(addon.crypt(slot, 2 ** 32 - 1, body), AddonStatus.STALE_HANDLE)
      }
      for (const nonsense of [undefined, null, 'x', {}, [], 1n]) {
        assert.equal(addon.crypt(nonsense as never, nonsense as never, body), AddonStatus.STALE_HANDLE)
      }
      assert.equal(addon.close(undefined as never, undefined as never), AddonStatus.STALE_HANDLE)
    })

    it('of a closed direction are a bug to use, and closing twice is harmless', () => {
      const direction = addonRelayCrypto(addon).open('tor1', new Uint8Array(20), new Uint8Array(16))
      direction.close()
      direction.close()
      assert.throws(
        () => direction.crypt(new Uint8Array(BODY)),
        error => error instanceof BugError && error.fault.code === 'relay-direction-closed'
      )
    })

    it('are given out a hundred thousand times without growth', () => {
      const before = addon.openDirections()
      const slots = new Set<number>()
      for (let i = 0; i < 100_000; i++) {
        const {slot, generation} = open(addon, i)
        slots.add(slot)
        addon.close(slot, generation)
      }
      assert.equal(slots.size, 1)
      assert.equal(addon.openDirections(), before)
    })
  })

  describe('bodies', () => {
    it('that are no Uint8Array of 509 octets are refused', () => {
      const {slot, generation} = open(addon, 1)
      const wrong = [
        new Uint8Array(508),
        new Uint8Array(510),
        new Uint8Array(0),
        new Uint16Array(509),
        new DataView(new ArrayBuffer(509)),
        new ArrayBuffer(509),
        Array(509).fill(0),
        'x'.repeat(509),
        undefined,
        null,
        509
      ]
      for (const body of wrong) {
        assert.equal(addon.crypt(slot, generation, body as never), AddonStatus.BAD_SIZE)
        assert.equal(addon.seal(slot, generation, body as never), AddonStatus.BAD_SIZE)
        assert.equal(addon.recognize(slot, generation, body as never), AddonStatus.BAD_SIZE)
      }
      const moved = new Uint8Array(BODY)
      structuredClone(moved.buffer, {transfer: [moved.buffer]})
      assert.equal(addon.crypt(slot, generation, moved), AddonStatus.BAD_SIZE)
      assert.equal(addon.crypt(slot, generation, Buffer.alloc(BODY)), undefined)
      assert.equal(addon.crypt(slot, generation, new Uint8Array(new SharedArrayBuffer(BODY))), undefined)
      assert.equal(addon.close(slot, generation), undefined)
    })

    it('and keys of the wrong size open nothing', () => {
      const before = addon.openDirections()
      const handle = new Uint32Array(2)
      const seed = new Uint8Array(20)
      const key = new Uint8Array(16)
      assert.equal(addon.open(0, seed.subarray(1), key, 0, handle), AddonStatus.BAD_SIZE)
      assert.equal(addon.open(0, seed, key.subarray(1), 0, handle), AddonStatus.BAD_SIZE)
      assert.equal(addon.open(1, seed, key, 0, handle), AddonStatus.BAD_SIZE)
      assert.equal(addon.open(2, seed, key, 0, handle), AddonStatus.BAD_CHOICE)
      assert.equal(addon.open(0, seed, key, 99, handle), AddonStatus.BAD_CHOICE)
      assert.equal(addon.open(0, seed, key, 0, new Uint32Array(1)), AddonStatus.BAD_SIZE)
      assert.equal(addon.openDirections(), before)
    })
  })

  describe('a batch', () => {
    it('does to each body what a call of its own does', () => {
      const count = 40
      const opened = Array.from({length: 8}, (_, i) => [open(addon, i), open(addon, i)] as const)
      const cells = Uint8Array.from({length: count * CELL}, (_, i) => i * 31)
      const wanted = cells.slice()
      const handles = new Uint32Array(2 * count)
      for (let i = 0; i < count; i++) {
        const pair = opened[(i * i) % opened.length]
        assert(pair)
        handles.set([pair[0].slot, pair[0].generation], 2 * i)
        const at = i * CELL + BODY_AT
        addon.crypt(pair[1].slot, pair[1].generation, wanted.subarray(at, at + BODY))
      }
      assert.equal(addon.cryptBatch(handles, cells, BODY_AT, CELL, count), undefined)
      assert.deepEqual(cells, wanted)
      for (const {slot, generation} of opened.flat()) addon.close(slot, generation)
    })

    it('touches nothing when a handle is stale or a body lies outside', () => {
      const {slot, generation} = open(addon, 1)
      const cells = new Uint8Array(2 * CELL)
      const good = Uint32Array.of(slot, generation, slot, generation)
      const stale = Uint32Array.of(slot, generation, slot, generation + 1)
      assert.equal(addon.cryptBatch(stale, cells, BODY_AT, CELL, 2), AddonStatus.STALE_HANDLE)
      for (const [handles, first, stride, count] of [
        [good.subarray(1), BODY_AT, CELL, 2],
        [good, BODY_AT + 1, CELL, 2],
        [good, BODY_AT, CELL + 1, 2],
        [good, BODY_AT, CELL, 3],
        [good, 2 ** 32 - 1, 0, 1],
        [good, 0, 2 ** 32 - 1, 2],
        [good, -1, CELL, 1]
      ] as const) {
        assert.equal(addon.cryptBatch(handles, cells, first, stride, count), AddonStatus.BAD_SIZE)
      }
      assert.deepEqual(cells, new Uint8Array(2 * CELL))
      assert.equal(addon.cryptBatch(good, cells, BODY_AT, CELL, 2), undefined)
      assert.notDeepEqual(cells, new Uint8Array(2 * CELL))
      addon.close(slot, generation)
    })
  })
})
