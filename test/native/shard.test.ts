// A native shard from JavaScript: nonsense is answered and never crashes, shards in different threads meet and wake each other,
// and a thread that ends, however it ends, gives its shard's seat back.

import assert from 'node:assert/strict'
import {once} from 'node:events'
import {release} from 'node:os'
import {afterEach, describe, it} from 'node:test'
import {setTimeout as delay} from 'node:timers/promises'
import {Worker} from 'node:worker_threads'
import {channelHandle, NativeShard, type ShardOptions} from '../../src/dataplane/shard/native-shard.ts'
import {QueueCounters} from '../../src/dataplane/shard/queue-counters.ts'
import {RecordReader} from '../../src/dataplane/shard/record-reader.ts'
import {RecordWriter} from '../../src/dataplane/shard/record-writer.ts'
import {
  CommandKind,
  EventKind,
  NO_COUNTER,
  QUEUE_COUNTER_WORDS,
  SHARD_COUNTERS
} from '../../src/dataplane/shard/records.ts'
import {BugError} from '../../src/fault/fault.ts'
import {ChannelCommand} from '../../src/wire/channel-cell.ts'
import {onAddon} from '../support/addon.ts'

const CELL = 514
/** An ORIGINATE command: head and body, filled up to a multiple of 8. */
const RECORD = 32 + 512
const BODY = 509
const LIMITS = {circuitCellsMax: 100, outboundCellsMax: 100}
const FIRST = channelHandle(0, 1)
const CIRC_ID = 0x80000001

function relayCells(count: number): Uint8Array {
  const octets = new Uint8Array(CELL * count).fill(0x55)
  for (let at = 0; at < octets.length; at += CELL) octets.set([0x80, 0, 0, 1, ChannelCommand.RELAY], at)
  return octets
}

/** Opens a shard in a worker of its own, with one channel, and ends as it is told. */
const THREAD = `
  import {parentPort, workerData} from 'node:worker_threads'
  const {NativeShard, channelHandle} = await import(workerData.module)
  const addon = (await import(workerData.binding)).findAddon({...process.env, RAMSON_DATAPLANE: ''}).addon
  const shard = new NativeShard(addon, {index: 1, shards: 2, circuitCellsMax: 100, outboundCellsMax: 100})
  const slot = shard.channelOpen(channelHandle(1, workerData.number), 4)
  const dirty = new Uint32Array(4)
  const out = new Uint8Array(100000)
  const turn = () => {
    const count = shard.turn(Date.now(), dirty)
    let octets = 0
    for (let i = 0; i < count; i++) octets += shard.take(dirty[i], out, 0, out.length)
    parentPort.postMessage(octets)
  }
  shard.onWake(turn)
  turn()
  parentPort.on('message', how => (how === 'throw' ? setImmediate(() => { throw new Error('ends') }) : process.exit()))
`

onAddon(addon => {
  const opened: NativeShard[] = []
  const open = (options: Partial<ShardOptions> = {}) => {
    const shard = new NativeShard(addon, {index: 0, shards: 2, ...LIMITS, ...options})
    opened.push(shard)
    return shard
  }
  afterEach(() => {
    for (const shard of opened.splice(0)) shard.close()
  })

  describe('the thread of a shard', () => {
    it('has short turns where Linux knows them, which is from 6.12 on', () => {
      const [major = 0, minor = 0] = release().split('.').map(Number)
      const knows = process.platform === 'linux' && (major > 6 || (major === 6 && minor >= 12))
      assert.equal(addon.promptThread(), knows)
    })
  })

  describe('a native shard', () => {
    it('is refused where its seat is taken, or where there is none of its number', () => {
      open()
      for (const index of [0, 2, 300]) assert.throws(() => open({index}), BugError)
      assert.throws(() => open({index: 1, shards: 257}), BugError)
      assert.throws(() => open({index: 1, kernel: 99}), BugError)
      assert.throws(() => open({index: 1, priorityHalfLifeMs: 0}), BugError)
      open({index: 1})
    })

    it('is dead when it is closed, and closing twice is harmless', () => {
      const shard = open()
      shard.close()
      shard.close()
      assert.throws(() => shard.turn(1, new Uint32Array(1)), BugError)
      assert.throws(() => shard.takeEvents(new Uint8Array(1024)), BugError)
      assert.throws(() => shard.commands(new Uint8Array(0)), BugError)
      open()
    })

    it('answers nonsense', () => {
      const shard = open()
      assert.throws(() => shard.channelOpen(channelHandle(1, 1), 4), BugError)
      assert.throws(() => shard.channelOpen(-1, 4), BugError)
      assert.throws(() => shard.channelOpen(Number.NaN, 4), BugError)
      const slot = shard.channelOpen(FIRST, 4)
      assert.throws(() => shard.channelOpen(FIRST, 4), BugError)
      assert.throws(() => shard.commands(new Uint8Array(31)), BugError)
      assert.throws(() => shard.commands(new Uint8Array(32), 64), BugError)
      assert.throws(() => shard.turn(Number.NaN, new Uint32Array(1)), BugError)
      assert.throws(() => shard.turn(-1, new Uint32Array(1)), BugError)
      assert.throws(() => shard.take(slot, new Uint8Array(10), 11, 0), BugError)
      assert.throws(() => shard.counters(new Float64Array(3)), BugError)
      assert.throws(() => shard.channelClose(slot + 1), BugError)
      for (const nonsense of [undefined, null, 'x', {}, 1n]) {
        assert.equal(shard.receive(slot, nonsense as never), 0)
        assert.equal(shard.take(nonsense as never, new Uint8Array(CELL), 0, CELL), 0)
        assert.equal(shard.queuedCells(nonsense as never), 0)
        assert.throws(() => shard.onWake(nonsense as never), BugError)
      }
    })

    it('gives its events in whole records, and says when the buffer is too small for one', () => {
      const shard = open()
      const slot = shard.channelOpen(FIRST, 4)
      const cells = relayCells(3)
      for (let at = 4; at < cells.length; at += CELL) cells[at] = ChannelCommand.DESTROY
      assert.equal(shard.receive(slot, cells), cells.length)
      assert.throws(() => shard.takeEvents(new Uint8Array(100)), BugError)
      const buffer = new Uint8Array(1300)
      const reader = new RecordReader(buffer)
      const circIds: number[] = []
      for (let octets = shard.takeEvents(buffer); octets > 0; octets = shard.takeEvents(buffer)) {
        reader.start(octets)
        while (reader.next()) {
          assert.deepEqual(
            [reader.kind, reader.subject, reader.length],
            [EventKind.CONTROL_CELL, FIRST, BODY]
          )
          assert.deepEqual(reader.payload(), new Uint8Array(BODY).fill(0x55))
          circIds.push(reader.circId)
        }
      }
      assert.deepEqual(circIds, [CIRC_ID, CIRC_ID, CIRC_ID])
    })

    it('wipes keys in the buffer that they came in, and writes queue counters for everybody to see', () => {
      const queueCounters = new Uint32Array(new SharedArrayBuffer(4 * QUEUE_COUNTER_WORDS * 3))
      const shard = open({queueCounters})
      const slot = shard.channelOpen(FIRST, 4)
      const writer = new RecordWriter()
      const keys = new Uint8Array(72).fill(7)
      writer.add(
        {kind: CommandKind.OPEN_RELAY_CIRCUIT, subject: 5, object: FIRST, circId: CIRC_ID, number: 2},
        keys
      )
      shard.commands(writer.octets())
      assert.ok(!writer.octets().includes(7, 40), 'the keys are gone')
      writer.clear()
      for (let i = 0; i < 3; i++) writer.add({kind: CommandKind.ORIGINATE, subject: 5}, new Uint8Array(BODY))
      // A place beyond the counters counts nothing.
      const beyond = {subject: 6, object: FIRST, circId: 9, number: 3}
      writer.add({kind: CommandKind.OPEN_RELAY_CIRCUIT, ...beyond}, keys)
      writer.add({kind: CommandKind.ORIGINATE, subject: 6}, new Uint8Array(BODY))
      shard.commands(writer.octets())
      const others = 2 * QUEUE_COUNTER_WORDS
      const counter = () => [...queueCounters.subarray(others)]
      assert.deepEqual(counter(), [3, 3, 0, 0])
      shard.take(slot, new Uint8Array(CELL * 9), 0, CELL * 9)
      assert.deepEqual(counter(), [0, 3, 0, 0])
      assert.ok(queueCounters.subarray(0, others).every(word => word === 0))
    })

    it('tells of a short queue only whom awaits it, be the wish older than the circuit', () => {
      const queueCounters = new Uint32Array(new SharedArrayBuffer(4 * QUEUE_COUNTER_WORDS))
      const queues = new QueueCounters(queueCounters)
      const shard = open({queueCounters})
      const slot = shard.channelOpen(FIRST, 4)
      const writer = new RecordWriter()
      const buffer = new Uint8Array(CELL * 64)
      const counter = queues.take()
      const takeAndListen = (cells: number) => {
        shard.take(slot, buffer, 0, CELL * cells)
        const reader = new RecordReader(buffer)
        reader.start(shard.takeEvents(buffer))
        const told: number[][] = []
        while (reader.next()) told.push([reader.kind, reader.subject])
        return told
      }
      const send = (cells: number) => {
        for (let i = 0; i < cells; i++) {
          writer.add({kind: CommandKind.ORIGINATE, subject: 5}, new Uint8Array(BODY))
          queues.gave(counter)
        }
      }
      const opening = {kind: CommandKind.OPEN_RELAY_CIRCUIT, subject: 5, object: FIRST, circId: CIRC_ID}
      writer.add({...opening, number: counter}, new Uint8Array(72))
      send(20)
      assert.ok(queues.awaitDrained(counter), 'what is on its way is waited for')
      shard.commands(writer.octets())
      assert.deepEqual(takeAndListen(3), [])
      assert.deepEqual(takeAndListen(1), [[EventKind.DRAINED, 5]])
      assert.ok(!queues.awaitDrained(counter), 'a short queue is not waited for')
      assert.deepEqual(takeAndListen(16), [])
      writer.clear()
      send(40)
      shard.commands(writer.octets())
      assert.deepEqual(takeAndListen(40), [])
      // Cells that leave as they come make no long queue, and are waited for all the same.
      let told: number[][] = []
      send(64)
      assert.ok(queues.awaitDrained(counter))
      const all = writer.octets()
      for (let at = 40 * RECORD; at < all.length; at += RECORD) {
        shard.commands(all.slice(at, at + RECORD))
        told = [...told, ...takeAndListen(1)]
      }
      assert.deepEqual(told, [[EventKind.DRAINED, 5]])
    })

    it('SET_LIMITS: the half-life says how soon what a circuit sent is forgotten when it is told whose turn it is', () => {
      const cellsOf = (writer: RecordWriter, subject: number, cells: number) => {
        for (let i = 0; i < cells; i++)
          writer.add({kind: CommandKind.ORIGINATE, subject}, new Uint8Array(BODY))
      }
      const firstAfter = (halfLifeMs: number | undefined) => {
        const shard = open()
        const slot = shard.channelOpen(FIRST, 4)
        const buffer = new Uint8Array(CELL * 64)
        const dirty = new Uint32Array(4)
        const send = (...circuits: (readonly [subject: number, cells: number])[]) => {
          const writer = new RecordWriter()
          for (const [subject, cells] of circuits) cellsOf(writer, subject, cells)
          shard.commands(writer.octets())
        }
        const writer = new RecordWriter()
        for (const subject of [5, 6]) {
          const circuit = {subject, object: FIRST, circId: subject, number: NO_COUNTER}
          writer.add({kind: CommandKind.OPEN_RELAY_CIRCUIT, ...circuit}, new Uint8Array(72))
        }
        const {circuitCellsMax, outboundCellsMax} = LIMITS
        const limits = Uint32Array.of(circuitCellsMax, outboundCellsMax, halfLifeMs ?? 0)
        if (halfLifeMs !== undefined)
          writer.add({kind: CommandKind.SET_LIMITS}, new Uint8Array(limits.buffer))
        shard.turn(1000, dirty)
        shard.commands(writer.octets())
        send([5, 50])
        shard.take(slot, buffer, 0, buffer.length)
        shard.turn(2000, dirty)
        send([6, 10])
        shard.take(slot, buffer, 0, buffer.length)
        send([5, 1], [6, 1])
        assert.equal(shard.take(slot, buffer, 0, CELL), CELL)
        shard.close()
        return new DataView(buffer.buffer).getUint32(0)
      }
      assert.equal(firstAfter(undefined), 6, 'fifty cells of a second ago are more than ten of now')
      assert.equal(firstAfter(30_000), 6)
      assert.equal(firstAfter(100), 5, 'ten half-lives later the fifty are next to nothing')
    })

    it('meets shards of other threads, wakes them, and hears when they end', async () => {
      const shard = open()
      const slot = shard.channelOpen(FIRST, 4)
      const writer = new RecordWriter()
      const dirty = new Uint32Array(4)
      const counters = new Float64Array(SHARD_COUNTERS.length)
      for (const [round, end] of ['throw', 'exit', 'terminate'].entries()) {
        const number = round + 1
        const worker = new Worker(THREAD, {
          eval: true,
          workerData: {
            number,
            module: new URL('../../src/dataplane/shard/native-shard.js', import.meta.url).href,
            binding: new URL('../../src/crypto/binding.js', import.meta.url).href
          },
          execArgv: ['--input-type=module']
        })
        worker.on('error', error => assert.equal(error instanceof Error && error.message, 'ends'))
        assert.deepEqual(await once(worker, 'message'), [0])
        // The thread waits in its event loop now.
        await delay(20)
        const ids = {subject: number, object: FIRST, circId: CIRC_ID, number: NO_COUNTER}
        writer.add({kind: CommandKind.OPEN_RELAY_CIRCUIT, ...ids}, new Uint8Array(72))
        writer.add({
          kind: CommandKind.LINK_NEXT,
          subject: number,
          object: channelHandle(1, number),
          circId: 77
        })
        shard.commands(writer.octets())
        writer.clear()
        assert.equal(shard.receive(slot, relayCells(20)), 20 * CELL)
        const arrived = once(worker, 'message')
        shard.turn(Date.now(), dirty)
        assert.deepEqual(await arrived, [20 * CELL])
        // events.once would take the error for its own.
        const exited = new Promise(resolve => worker.once('exit', resolve))
        if (end === 'terminate') await worker.terminate()
        else worker.postMessage(end)
        await exited
        assert.throws(() => open({index: 0}), BugError)
        shard.turn(Date.now(), dirty)
        // The circuit has no next hop any more.
        shard.receive(slot, relayCells(2))
        shard.counters(counters)
        assert.equal(counters[SHARD_COUNTERS.indexOf('violations')], number)
        writer.add({kind: CommandKind.CLOSE_CIRCUIT, subject: number})
        shard.commands(writer.octets())
        writer.clear()
      }
      open({index: 1})
    })
  })
})
