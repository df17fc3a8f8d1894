import assert from 'node:assert/strict'
import {test} from 'node:test'
import {newCounters} from '../../../src/dataplane/counters.ts'
import {
  MemoryPressure,
  type MemorySubsystem,
  type TrimmableMemory
} from '../../../src/roles/relay/memory-pressure.ts'
import {Overload} from '../../../src/roles/relay/overload.ts'

const LIMIT = 1000
const HOUR_MS = 3600_000

/** Queues of circuits, and caches, that are numbers alone. */
class Memory {
  readonly counters = newCounters()
  readonly told: Readonly<Record<MemorySubsystem, number>>[] = []
  readonly pressure: MemoryPressure
  queuedOctets = 0
  cached = 0
  other = 0
  limit = LIMIT

  constructor(keptBytes = 0) {
    const hsdir: TrimmableMemory = {
      subsystem: 'hsdir',
      bytes: () => this.cached,
      keptBytes: () => keptBytes,
      trim: bytes => {
        const freed = Math.min(bytes, this.cached)
        this.cached -= freed
        return freed
      }
    }
    this.pressure = new MemoryPressure({
      plane: this,
      trimmable: [hsdir],
      otherBytes: () => this.other,
      limitBytes: () => this.limit,
      overloaded: freed => this.told.push(freed)
    })
  }

  shedOldest(octets: number, done: () => void): void {
    const freed = Math.min(octets, this.queuedOctets)
    this.queuedOctets -= freed
    this.counters.octetsShed += freed
    done()
  }
}

test('MaxMemInQueues: below the limit nothing is taken, at the limit a tenth of it is freed', () => {
  const memory = new Memory()
  memory.queuedOctets = LIMIT - 1
  memory.pressure.check()
  assert.deepEqual(memory.told, [])
  memory.queuedOctets = LIMIT
  memory.pressure.check()
  assert.equal(memory.queuedOctets, 900)
  assert.deepEqual(memory.told, [{cell: 100, dns: 0, geoip: 0, hsdir: 0}])
})

test('the HSDir cache gives before any circuit does', () => {
  const memory = new Memory()
  memory.cached = 500
  memory.queuedOctets = 600
  memory.pressure.check()
  assert.equal(memory.cached, 300)
  assert.equal(memory.queuedOctets, 600)
  assert.deepEqual(memory.pressure.freed, {cell: 0, dns: 0, geoip: 0, hsdir: 200})
})

test('what the HSDir cache may keep it keeps, and circuits give the rest', () => {
  const memory = new Memory(400)
  memory.cached = 500
  memory.queuedOctets = 900
  memory.pressure.check()
  assert.equal(memory.cached, 400)
  assert.equal(memory.queuedOctets, 500)
  memory.queuedOctets = 800
  memory.pressure.check()
  assert.equal(memory.cached, 400)
  assert.deepEqual(memory.pressure.freed, {cell: 700, dns: 0, geoip: 0, hsdir: 100})
})

test('what cannot be taken counts all the same', () => {
  const memory = new Memory()
  memory.other = 500
  memory.queuedOctets = 600
  memory.pressure.check()
  assert.equal(memory.queuedOctets, 400)
  assert.equal(memory.pressure.bytes, 900)
})

test('a new limit holds from the next check on', () => {
  const memory = new Memory()
  memory.queuedOctets = 900
  memory.limit = 500
  memory.pressure.check()
  assert.equal(memory.queuedOctets, 450)
})

test('dir-spec 2.1.1: an overload is told in the descriptor for 72 hours after the last one', () => {
  const overload = new Overload()
  const at = new Date('2026-03-01T10:20:30Z')
  assert.equal(overload.shownAt(at), undefined)
  overload.note(new Date(at.getTime() - HOUR_MS))
  overload.note(at)
  assert.equal(overload.shownAt(new Date(at.getTime() + 72 * HOUR_MS - 1)), at)
  assert.equal(overload.shownAt(new Date(at.getTime() + 72 * HOUR_MS)), undefined)
})
