// What CellStatistics rests on: a data plane that is asked to measure tells, when an end of a circuit of others is gone, how
// many cells left there and how long they had waited. Between two shards the ends are told of by different ones.

import assert from 'node:assert/strict'
import {after, before, describe, test} from 'node:test'
import {loadAddon} from '../../src/crypto/binding.ts'
import type {CellWaits, CircuitHandle} from '../../src/dataplane/contract.ts'
import {RelayCommand} from '../../src/wire/relay-cell.ts'
import {startCore, type TestCore} from '../support/core.ts'
import {waitUntil} from '../support/wait-until.ts'

const BUILD_MS = 10_000
const SOON = {timeoutMs: 10_000, everyMs: 10}
const {reason} = loadAddon()
/** Octets of an answer, and DATA cells that they take. */
const ANSWER = 498 * 40
const CELLS = 40

const kinds = [
  {name: 'on the plain data plane', shards: undefined, links: undefined, skip: undefined},
  {name: 'on one shard', shards: '1', links: 'native', skip: reason},
  {name: 'on two shards', shards: '2', links: 'native', skip: reason},
  {name: 'on two shards with links over node:tls', shards: '2', links: 'node', skip: reason}
]

function setEnvironment(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

for (const {name, shards, links, skip} of kinds) {
  describe(name, {skip}, () => {
    let origin: TestCore
    let middle: TestCore
    let last: TestCore
    const told = new Map<CircuitHandle, CellWaits[]>()

    before(async () => {
      origin = await startCore()
      setEnvironment('RAMSON_SHARDS', shards)
      setEnvironment('RAMSON_LINKS', links)
      middle = await startCore()
      setEnvironment('RAMSON_SHARDS', undefined)
      setEnvironment('RAMSON_LINKS', undefined)
      last = await startCore({openDirectory: stream => stream.end(new Uint8Array(ANSWER))})
      middle.core.registry.waits = (circuit, waits) => {
        told.set(circuit, [...(told.get(circuit) ?? []), waits])
      }
    })

    after(async () => {
      await Promise.all([origin, middle, last].map(core => core?.close()))
    })

    /** A circuit over the middle that brings an answer and is closed. */
    async function carry(): Promise<void> {
      const built = await origin.core.build([middle.hop, last.hop], BUILD_MS)
      assert.ok(built.ok, JSON.stringify(built))
      const {circuit, streams} = built.value
      const opened = await streams.open(1, RelayCommand.BEGIN_DIR, new Uint8Array(0))
      assert.ok(opened.ok)
      let octets = 0
      for await (const chunk of opened.value) octets += chunk.length
      assert.equal(octets, ANSWER)
      circuit.close()
      await waitUntil('the end of the circuit', SOON, () => middle.core.registry.size === 0)
    }

    test('nothing is told before it is asked for', async () => {
      await carry()
      await carry()
      assert.equal(told.size, 0)
    })

    test('what left at either end of a circuit is told under the circuit, with how long it waited', async () => {
      middle.core.plane.setMeasures({linkDirections: false, cellWaits: true})
      await carry()
      const cells = () => [...told.values()].flat().reduce((sum, waits) => sum + waits.cells, 0)
      await waitUntil('both ends', SOON, () => cells() > CELLS && [...told.values()][0]?.length === 2)
      assert.equal(told.size, 1)
      const [ends = []] = told.values()
      // BEGIN_DIR went one way at least; EXTENDED, CONNECTED, the data and END the other.
      const [fewer = assert.fail(), more = assert.fail()] = ends.toSorted((a, b) => a.cells - b.cells)
      assert.ok(fewer.cells >= 1 && fewer.cells < 10, `${fewer.cells}`)
      assert.ok(more.cells >= CELLS + 2 && more.cells < CELLS + 20, `${more.cells}`)
      for (const {waitedMs, lastedMs} of ends) {
        assert.ok(lastedMs >= 0 && lastedMs < BUILD_MS, `${lastedMs}`)
        assert.ok(waitedMs >= 0 && waitedMs <= more.cells * BUILD_MS, `${waitedMs}`)
      }
    })

    test('and nothing any more when it is switched off', async () => {
      told.clear()
      middle.core.plane.setMeasures({linkDirections: false, cellWaits: false})
      await carry()
      assert.equal(told.size, 0)
    })

    test('circuits that this node built are not measured', async () => {
      origin.core.registry.waits = () => assert.fail('a circuit of our own was told of')
      origin.core.plane.setMeasures({linkDirections: false, cellWaits: true})
      await carry()
    })
  })
}
