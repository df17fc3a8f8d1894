// How many clients a service goes to meet at once, and how often it tries.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {FixedWindow} from '../../../../src/circuit/congestion-control/fixed-window.ts'
import type {BuildFault} from '../../../../src/circuit/open-circuit.ts'
import {randomOctets} from '../../../../src/crypto/random.ts'
import {generateX25519, generateX25519Key} from '../../../../src/crypto/x25519.ts'
import {localFault} from '../../../../src/fault/fault.ts'
import {err, type Result} from '../../../../src/fault/result.ts'
import {secureFraction} from '../../../../src/netdir/choose.ts'
import {EntryGuards} from '../../../../src/netdir/guards/entry-guards.ts'
import {PathSelection} from '../../../../src/netdir/path-selection.ts'
import {Vanguards} from '../../../../src/netdir/vanguards.ts'
import {HsCircuits} from '../../../../src/roles/hs-circuits.ts'
import {Rendezvous} from '../../../../src/roles/service/rendezvous.ts'
import {newServiceCounters} from '../../../../src/roles/service/service-counters.ts'
import type {OwnCircuit} from '../../../../src/stream/origin-streams.ts'
import {makeNetDir} from '../../../support/made-net-dir.ts'

const NOW = new Date('2026-11-22T12:30:00Z')
const PENDING_MAX = 256

function setUp(build: () => Promise<Result<OwnCircuit, BuildFault>>) {
  const netDir = makeNetDir({relays: Array.from({length: 8}, () => ({}))})
  const random = secureFraction
  const guards = new EntryGuards({
    store: {load: () => [], save: () => {}},
    random,
    now: () => NOW,
    version: 'test'
  })
  const paths = new PathSelection({
    guards,
    vanguards: new Vanguards(random, () => Number(NOW)),
    random,
    now: () => Number(NOW)
  })
  const circuits = new HsCircuits({netDir: () => netDir, paths, build, now: () => NOW})
  const counters = newServiceCounters()
  const rendezvous = new Rendezvous(
    {ports: [], maxStreams: 0, whenMaxStreams: 'refuse-stream'},
    {circuits, counters, failuresMax: () => 2, control: () => new FixedWindow(), nowMs: () => 0}
  )
  return {rendezvous, counters}
}

function introduction() {
  return {
    rendezvousPoint: {
      rsaIdentity: randomOctets(20),
      ed25519Identity: randomOctets(32),
      addresses: [{octets: Uint8Array.of(127, 0, 0, 1), port: 9001}],
      ntorOnionKey: randomOctets(32)
    },
    rendezvousCookie: randomOctets(20),
    clientKey: generateX25519().public,
    wantsCongestionControl: false
  }
}

const keys = () => ({authKey: randomOctets(32), encryptionKey: generateX25519Key(), subcredentials: []})

test('a rendezvous point that cannot be reached is tried three times', async () => {
  let builds = 0
  const {rendezvous, counters} = setUp(async () => {
    builds++
    return err(localFault('build-timeout'))
  })
  await rendezvous.meet(introduction(), keys())
  assert.equal(builds, 3)
  assert.equal(counters.rendezvous, 3)
  assert.equal(counters.rendezvousErrors.rp_conn_failure, 3)
  assert.equal(rendezvous.pending, 0)
})

test('no more than so many are built at once, whatever clients ask for', async () => {
  let release: () => void = () => {}
  const held = new Promise<void>(resolve => {
    release = resolve
  })
  const {rendezvous, counters} = setUp(async () => {
    await held
    return err(localFault('build-timeout'))
  })
  const meetings = Array.from({length: PENDING_MAX + 50}, () => rendezvous.meet(introduction(), keys()))
  assert.equal(rendezvous.pending, PENDING_MAX)
  assert.equal(counters.rendezvousErrors.retry, 50)
  release()
  await Promise.all(meetings)
  assert.equal(rendezvous.pending, 0)
})

test('a client key of small order is not met', async () => {
  const {rendezvous, counters} = setUp(() => assert.fail())
  await rendezvous.meet({...introduction(), clientKey: new Uint8Array(32)}, keys())
  assert.equal(counters.rendezvousErrors.rendezvous1, 1)
})
