// The native load generator as JavaScript calls it: nonsense is answered, links of node:tls are taken over with what they
// hold, and what goes in comes out, cell for cell. What is found out of a relay that errs is in test/native/cxx/load.cc.

import assert from 'node:assert/strict'
import {after, describe, it} from 'node:test'
import {flowDirect} from '../../bench/end-to-end/flow.ts'
import {Load} from '../../bench/end-to-end/load.ts'
import {closeNextHops, Network} from '../../bench/end-to-end/network.ts'
import {pace} from '../../bench/end-to-end/paced.ts'
import {type Addon, AddonStatus, loadAddon} from '../../src/crypto/binding.ts'
import {onAddon} from '../support/addon.ts'

const {STALE_HANDLE, BAD_SIZE, BAD_CHOICE} = AddonStatus
const CELL = 514
const AES_128 = 0x1301
const NOTHING = new Uint8Array(0)
const REPORT = 6
const PAIRS = 3
/** Why the addon is not what this process uses, which the generator does. */
const skip = loadAddon().reason ?? false

function openRun(addon: Addon): readonly [number, number] {
  const handle = new Uint32Array(2)
  assert.equal(addon.loadOpen(0, new Uint8Array(CELL), handle), undefined)
  return [handle[0] as number, handle[1] as number]
}

/** Both directions of links without a relay. */
async function directFlows() {
  const nobody = Buffer.alloc(32).toString('base64')
  const relay = {pid: 0, port: 0, metricsPort: 0, rsaIdentity: nobody, ed25519Identity: nobody}
  const pairs = await new Network({...relay, ntorOnionKey: nobody}).openDirect(PAIRS)
  return pairs.flatMap(([a, b]) => [flowDirect(a, b), flowDirect(b, a)])
}

onAddon(addon => {
  describe('the load generator', () => {
    after(closeNextHops)

    it('does nothing for runs that are not, or not any more', () => {
      const closed = openRun(addon)
      assert.equal(addon.loadClose(...closed), undefined)
      for (const run of [closed, [7, 1], [Number.NaN, undefined]] as unknown as (readonly [
        number,
        number
      ])[]) {
        assert.equal(addon.loadFlow(...run, new Uint32Array(4), new Uint32Array(0)), STALE_HANDLE)
        assert.equal(addon.loadPump(...run, Uint32Array.of(1, 1, 1, 1)), STALE_HANDLE)
        assert.equal(addon.loadPace(...run, Float64Array.of(1, 1, 1)), STALE_HANDLE)
        assert.equal(addon.loadStop(...run), STALE_HANDLE)
        assert.equal(addon.loadRun(...run, 0, new Float64Array(REPORT)), STALE_HANDLE)
        assert.equal(addon.loadDelays(...run, new Float64Array(0)), -STALE_HANDLE)
        assert.equal(addon.loadClose(...run), STALE_HANDLE)
      }
    })

    it('refuses what no run can be made of', () => {
      const handle = new Uint32Array(2)
      assert.equal(addon.loadOpen(99, new Uint8Array(CELL), handle), BAD_CHOICE)
      assert.equal(addon.loadOpen(0, new Uint8Array(CELL - 1), handle), BAD_SIZE)
      assert.equal(addon.loadOpen(0, new Uint8Array(CELL), new Uint32Array(1)), BAD_SIZE)
      const run = openRun(addon)
      const link = (place: number[], secrets = 64, sequences = [0, 0], held = 0) =>
        addon.loadLink(
          ...run,
          Uint32Array.from(place),
          new Uint8Array(secrets),
          Float64Array.from(sequences),
          new Uint8Array(held),
          NOTHING
        )
      assert.equal(link([0, AES_128]), -BAD_SIZE)
      assert.equal(link([0, AES_128, 0], 63), -BAD_SIZE)
      assert.equal(link([0, AES_128, 0], 64, [0]), -BAD_SIZE)
      assert.equal(link([0, 0x1303, 0]), -BAD_CHOICE)
      assert.equal(link([0, AES_128, 0], 64, [-1, 0]), -BAD_CHOICE)
      assert.equal(link([0, AES_128, 0], 64, [0, Number.NaN]), -BAD_CHOICE)
      assert.equal(link([0, AES_128, 0], 64, [0, 0], CELL), -BAD_CHOICE)
      assert.equal(link([2 ** 31 - 1, AES_128, 0]), -BAD_CHOICE, 'a descriptor that is not open')
      assert.equal(addon.loadFlow(...run, new Uint32Array(4), new Uint32Array(0)), BAD_CHOICE)
      assert.equal(addon.loadFlow(...run, new Uint32Array(3), new Uint32Array(0)), BAD_SIZE)
      assert.equal(addon.loadFlow(...run, new Uint32Array(4), new Uint32Array(6)), BAD_SIZE)
      assert.equal(addon.loadFlow(...run, new Uint32Array(4), Uint32Array.of(9999, 9999)), STALE_HANDLE)
      assert.equal(addon.loadPump(...run, Uint32Array.of(1, 1, 1, 1)), BAD_CHOICE, 'without flows')
      assert.equal(addon.loadPump(...run, new Uint32Array(3)), BAD_SIZE)
      assert.equal(addon.loadPace(...run, Float64Array.of(1, 1)), BAD_SIZE)
      assert.equal(addon.loadRun(...run, 0, new Float64Array(REPORT - 1)), BAD_SIZE)
      assert.equal(addon.loadRun(...run, Number.NaN, new Float64Array(REPORT)), BAD_CHOICE)
      assert.equal(addon.loadClose(...run), undefined)
    })

    it('takes the directions of a flow over', () => {
      const run = openRun(addon)
      const direction = new Uint32Array(2)
      assert.equal(addon.open(0, new Uint8Array(20), new Uint8Array(16), 0, direction), undefined)
      const open = addon.openDirections()
      addon.loadFlow(...run, new Uint32Array(4), direction)
      assert.equal(addon.openDirections(), open - 1)
      assert.equal(addon.close(direction[0] as number, direction[1] as number), STALE_HANDLE)
      addon.loadClose(...run)
    })

    it('fills links that node:tls made, and every cell comes out at the other end', {skip}, async () => {
      const load = await Load.take(await directFlows())
      try {
        load.pump({writeCells: 7, recordCells: 5, run: 3, window: 100})
        const deadline = Date.now() + 20_000
        while (load.received < 10_000 && Date.now() < deadline)
          await new Promise(resolve => setTimeout(resolve, 10))
        await load.drained(20_000)
        assert.ok(load.received >= 10_000)
      } finally {
        await load.close()
      }
    })

    it('sends cells at a pace and tells how long each took', {skip}, async () => {
      const {delays, lateShare, cpuNs} = await pace(await directFlows(), 0.5, 1000, () => performance.now())
      // Those of the warm-up that left late are measured as well.
      assert.ok(delays.length >= 500 && delays.length <= 1000)
      assert.ok(delays.every((delay, i) => delay > 0 && (i === 0 || delay >= (delays[i - 1] as number))))
      assert.ok(lateShare >= 0 && lateShare <= 1)
      assert.ok(cpuNs >= 499)
    })
  })

  describe('shards in threads of their own', () => {
    const report = new Float64Array(4)

    it('do not run as no shards can', () => {
      assert.equal(addon.shardThreads(0, new Float64Array(3), report), BAD_SIZE)
      assert.equal(addon.shardThreads(0, Float64Array.of(1, 0, 1, 1), new Float64Array(3)), BAD_SIZE)
      assert.equal(addon.shardThreads(99, Float64Array.of(1, 0, 1, 1), report), BAD_CHOICE)
      for (const settings of [
        [0, 0, 1, 1],
        [65, 0, 1, 1],
        [Number.NaN, 0, 1, 1],
        [1, 0, -1, 1],
        [1, 0, 1, 1e9]
      ])
        assert.equal(addon.shardThreads(0, Float64Array.from(settings), report), BAD_CHOICE)
    })

    for (const [threads, crosses, least, most] of [
      [1, 1, 0, 0],
      [3, 0, 0, 0],
      [2, 1, 0.4, 0.6]
    ] as const) {
      it(`${threads} of them move cells, ${crosses === 1 ? 'each to all' : 'each for itself'}`, () => {
        assert.equal(addon.shardThreads(0, Float64Array.of(threads, crosses, 20, 100), report), undefined)
        const [cells, seconds, cpuSeconds, crossed] = report as unknown as [number, number, number, number]
        assert.ok(cells > 0 && seconds >= 0.1 && cpuSeconds > 0)
        assert.ok(crossed >= least * cells && crossed <= most * cells, `${crossed} of ${cells} crossed`)
      })
    }
  })
})
