// The pool with its real workers: batches, rotation of keys, refusals, overload, failure and closing.

import assert from 'node:assert/strict'
import {after, test} from 'node:test'
import {completeNtor, openNtor} from '../../src/crypto/ntor.ts'
import {completeNtorV3, openNtorV3} from '../../src/crypto/ntor-v3.ts'
import {generateX25519} from '../../src/crypto/x25519.ts'
import {DEFAULT_ONION_SKIN_LIMITS} from '../../src/pool/onion-skin-limits.ts'
import {OnionSkinPool, type OnionSkinResult} from '../../src/pool/onion-skin-pool.ts'
import type {OnionSkinKeys} from '../../src/pool/onion-skin-task.ts'
import {OnionSkinWorkers} from '../../src/pool/onion-skin-workers.ts'
import {hex} from '../support/hex.ts'

const first = generateX25519()
const second = generateX25519()
const rsaIdentity = new Uint8Array(20).fill(1)
const ed25519Identity = new Uint8Array(32).fill(2)
const keys: OnionSkinKeys = {
  onionKeys: [first.secret],
  rsaIdentity,
  ed25519Identity,
  policy: {congestionControl: {sendmeIncrement: 31}, cgo: 'refused'}
}

const pools: OnionSkinPool[] = []
after(() => Promise.all(pools.map(pool => pool.close())))

function mustNotFail(error: unknown): never {
  throw error
}

function open(
  threads: number,
  onWorkerFailure: (error: unknown) => void = mustNotFail,
  limits = DEFAULT_ONION_SKIN_LIMITS,
  withKeys = keys
): OnionSkinPool {
  const pool = new OnionSkinPool({workers: threads, keys: withKeys, limits}, {onWorkerFailure})
  pools.push(pool)
  return pool
}

function ntor(onionKey = first.public) {
  return openNtor({identity: rsaIdentity, onionKey})
}

function kinds(results: readonly OnionSkinResult[]): Set<string> {
  return new Set(results.map(({kind}) => kind))
}

test('many onion skins at once are all answered, each with its own keys', async () => {
  const pool = open(2)
  const clients = Array.from({length: 100}, () => ntor())
  const results = await Promise.all(
    clients.map(({onionSkin}) => pool.answer({type: 'ntor', octets: onionSkin}))
  )
  results.forEach((result, i) => {
    const state = clients[i]?.state
    assert.ok(result.kind === 'answered' && state !== undefined)
    assert.deepEqual(completeNtor(state, result.reply, 92), {ok: true, value: result.keyMaterial})
    assert.equal(result.relayCrypto, 'tor1')
    assert.equal(result.sendmeIncrement, undefined)
  })
  assert.deepEqual(pool.counts.ntor, {processed: 100, dropped: 0})
  assert.equal(pool.queued, 0)
})

test('ntor-v3 is answered with what the policy grants, and refused where it grants nothing', async () => {
  const pool = open(1)
  const asking = (message: string) => {
    const opened = openNtorV3({identity: ed25519Identity, onionKey: first.public}, hex(message))
    assert.ok(opened.ok)
    return opened.value
  }
  const client = asking('010100')
  const granted = await pool.answer({type: 'ntor-v3', octets: client.onionSkin})
  assert.ok(granted.kind === 'answered')
  assert.equal(granted.sendmeIncrement, 31)
  const completed = completeNtorV3(client.state, granted.reply, () => 92)
  assert.ok(completed.ok)
  assert.deepEqual(completed.value.message, hex('0102011f'))
  assert.deepEqual(completed.value.keyMaterial, granted.keyMaterial)

  const refused = await pool.answer({type: 'ntor-v3', octets: asking('02010003020206').onionSkin})
  assert.deepEqual(refused, {kind: 'refused', code: 'onion-skin-extensions'})
  assert.deepEqual(pool.counts['ntor-v3'], {processed: 2, dropped: 0})
  assert.deepEqual(pool.counts.ntor, {processed: 0, dropped: 0})
})

test('a key that was rotated out is refused from then on, and one rotated in is answered', async () => {
  const pool = open(1)
  const answer = async (onionKey: Uint8Array) =>
    (await pool.answer({type: 'ntor', octets: ntor(onionKey).onionSkin})).kind
  assert.equal(await answer(first.public), 'answered')
  assert.equal(await answer(second.public), 'refused')
  pool.setKeys({...keys, onionKeys: [second.secret, first.secret]})
  assert.equal(await answer(first.public), 'answered')
  assert.equal(await answer(second.public), 'answered')
  pool.setKeys({...keys, onionKeys: [second.secret]})
  assert.equal(await answer(first.public), 'refused')
})

test('an onion skin that is a view into a larger buffer is answered as well', async () => {
  const pool = open(1)
  const {onionSkin} = ntor()
  const cell = new Uint8Array(509)
  cell.set(onionSkin, 4)
  const result = await pool.answer({type: 'ntor', octets: cell.subarray(4, 4 + onionSkin.length)})
  assert.equal(result.kind, 'answered')
})

test('beyond the bound of the queue skins are overloaded at once and counted; the others are answered', async () => {
  const pool = open(1, mustNotFail, {...DEFAULT_ONION_SKIN_LIMITS, maxQueued: 60})
  const {onionSkin} = ntor()
  const results = await Promise.all(
    Array.from({length: 100}, () => pool.answer({type: 'ntor', octets: onionSkin}))
  )
  assert.equal(results.filter(({kind}) => kind === 'answered').length, 60)
  assert.equal(results.filter(({kind}) => kind === 'overloaded').length, 40)
  assert.deepEqual(pool.counts.ntor, {processed: 60, dropped: 40})
  pool.setLimits(DEFAULT_ONION_SKIN_LIMITS)
  assert.equal((await pool.answer({type: 'ntor', octets: onionSkin})).kind, 'answered')
})

test('a skin that waited for the cut-off is overloaded without work', async () => {
  const limits = {...DEFAULT_ONION_SKIN_LIMITS, waitCutoffMs: 0}
  const pool = open(1, mustNotFail, limits)
  assert.equal((await pool.answer({type: 'ntor', octets: ntor().onionSkin})).kind, 'overloaded')
  assert.deepEqual(pool.counts.ntor, {processed: 0, dropped: 1})
})

test('a batch whose worker fails is overloaded, the failure is told, and the pool goes on', async () => {
  const failures: unknown[] = []
  const broken = {...keys, onionKeys: [first.secret.subarray(1)]}
  const pool = open(1, error => failures.push(error), DEFAULT_ONION_SKIN_LIMITS, broken)
  const {onionSkin} = ntor()
  const results = await Promise.all([1, 2].map(() => pool.answer({type: 'ntor', octets: onionSkin})))
  assert.deepEqual(kinds(results), new Set(['overloaded']))
  assert.ok(failures.length > 0)
  pool.setKeys(keys)
  assert.equal((await pool.answer({type: 'ntor', octets: onionSkin})).kind, 'answered')
})

test('closing answers everything: what a worker has, and what waits as overloaded', async () => {
  const pool = open(1)
  const {onionSkin} = ntor()
  const waiting = Array.from({length: 500}, () => pool.answer({type: 'ntor', octets: onionSkin}))
  await new Promise(resolve => setImmediate(resolve))
  await pool.close()
  const results = await Promise.all(waiting)
  assert.deepEqual(kinds(results), new Set(['answered', 'overloaded']))
  assert.equal(pool.counts.ntor.processed + pool.counts.ntor.dropped, 500)
  assert.equal((await pool.answer({type: 'ntor', octets: onionSkin})).kind, 'overloaded')
})

test('relays that share workers get answers with their own keys, and closing one leaves the workers to the other', async () => {
  const workers = new OnionSkinWorkers(1)
  const shared = (secret: Uint8Array) =>
    new OnionSkinPool({workers, keys: {...keys, onionKeys: [secret]}}, {onWorkerFailure: mustNotFail})
  const [a, b] = [shared(first.secret), shared(second.secret)]
  const kind = async (pool: OnionSkinPool, key: Uint8Array) =>
    (await pool.answer({type: 'ntor', octets: ntor(key).onionSkin})).kind
  assert.equal(await kind(a, first.public), 'answered')
  assert.equal(await kind(b, first.public), 'refused')
  assert.equal(await kind(b, second.public), 'answered')
  assert.equal(await kind(a, first.public), 'answered')
  await a.close()
  assert.equal(await kind(b, second.public), 'answered')
  await b.close()
  await workers.close()
})
