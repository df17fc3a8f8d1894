import assert from 'node:assert/strict'
import {test} from 'node:test'
import {CircIdTable} from '../../../src/dataplane/circ-id-table.ts'

/** V8's hash of a small integer, the same in every process; what an attacker would aim at. */
function v8Hash(id: number): number {
  let hash = (~id + (id << 15)) >>> 0
  hash ^= hash >>> 12
  hash = (hash + (hash << 2)) >>> 0
  hash ^= hash >>> 4
  hash = Math.imul(hash, 2057) >>> 0
  return (hash ^ (hash >>> 16)) >>> 0
}

/** Ids that a plain Map of up to 8192 entries keeps in one bucket. */
function chosenIds(count: number): number[] {
  const ids: number[] = []
  for (let id = 1; ids.length < count; id++) if ((v8Hash(id) & 0x1fff) === 5) ids.push(id)
  return ids
}

interface Table {
  set(id: number, value: boolean): unknown
  get(id: number): boolean | undefined
}

/** Milliseconds that it takes to fill a table and to find each id a few times. */
function timeOf(table: Table, ids: readonly number[]): number {
  const startedAtMs = performance.now()
  for (const id of ids) table.set(id, true)
  for (let round = 0; round < 3; round++) for (const id of ids) assert.equal(table.get(id), true)
  return performance.now() - startedAtMs
}

test('every circ_id has a place of its own', () => {
  const table = new CircIdTable<number>()
  const ids = [0, 1, 2, 0x7fff, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff]
  for (let id = 3; id < 50_000; id++) ids.push(id, 0x80000000 + id)
  const different = new Set(ids)
  for (const id of different) table.set(id, id)
  assert.equal(table.size, different.size)
  for (const id of different) assert.equal(table.get(id), id)
  assert.equal(table.get(60_000), undefined)
})

test('what is deleted is gone, and nothing else', () => {
  const table = new CircIdTable<string>()
  table.set(1, 'one')
  table.set(0x80000001, 'other')
  table.delete(1)
  assert.equal(table.has(1), false)
  assert.deepEqual([...table.values()], ['other'])
})

test('TROVE-2021-005: circ_ids that are chosen to collide cost no more than others', () => {
  const chosen = chosenIds(6000)
  const plain = timeOf(new Map(), chosen)
  const table = timeOf(new CircIdTable<boolean>(), chosen)
  assert.ok(plain > 8 * table, `the ids do not collide in a Map either: ${plain} ms and ${table} ms`)
})
