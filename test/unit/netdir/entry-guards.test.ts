import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {secureFraction} from '../../../src/netdir/choose.ts'
import {EntryGuards} from '../../../src/netdir/guards/entry-guards.ts'
import {parseGuard} from '../../../src/netdir/guards/guard.ts'
import type {NetDir} from '../../../src/netdir/net-dir.ts'
import type {Relay} from '../../../src/netdir/relay.ts'
import {type MadeNetDirRelay, makeNetDir} from '../../support/made-net-dir.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const anyRelay = () => true
const relays = (count: number, changes: (i: number) => MadeNetDirRelay = () => ({})) =>
  Array.from({length: count}, (_, i) => changes(i))

/** Guards with a store in memory and a clock that stands where it is put. */
function guardsWith(lines: string[] = [], startMs = Date.parse('2026-11-22T12:00:00Z')) {
  const clock = {nowMs: startMs}
  const open = () =>
    new EntryGuards({
      store: {load: () => [...lines], save: saved => lines.splice(0, lines.length, ...saved)},
      random: secureFraction,
      now: () => new Date(clock.nowMs),
      version: '0.1.0'
    })
  return {guards: open(), reopen: open, clock, lines}
}

function choose(guards: EntryGuards, netDir: NetDir, allows: (relay: Relay) => boolean = anyRelay) {
  return guards.chooseGuard(netDir, allows) ?? assert.fail('no guard')
}

/** The guard that is used when `count` of them cannot be reached, and those that cannot. */
function withoutFirst(guards: EntryGuards, netDir: NetDir, count: number): string[] {
  const tried: string[] = []
  for (let i = 0; i < count; i++) {
    const choice = choose(guards, netDir)
    choice.unreachable()
    tried.push(choice.relay.fingerprint)
  }
  return tried
}

describe('entry guards (proposal 271)', () => {
  it('are one relay again and again, over restarts too', () => {
    const netDir = makeNetDir({relays: relays(60)})
    const {guards, reopen} = guardsWith()
    const first = choose(guards, netDir)
    first.reached()
    for (let i = 0; i < 20; i++) assert.equal(choose(guards, netDir).relay, first.relay)
    const again = reopen()
    assert.deepEqual(again.sampled, guards.sampled)
    assert.deepEqual(again.confirmed, [first.relay.fingerprint])
    assert.equal(choose(again, netDir).relay.fingerprint, first.relay.fingerprint)
  })

  it('come from a sample of 20 among relays with the flag Guard', () => {
    const flags = ['Fast', 'Running', 'Stable', 'Valid']
    const netDir = makeNetDir({relays: relays(60, i => (i < 25 ? {} : {flags}))})
    const {guards, lines} = guardsWith()
    choose(guards, netDir)
    assert.equal(guards.sampled.length, 20)
    assert.equal(lines.length, 20)
    for (const fingerprint of guards.sampled) {
      const relay = netDir.relays.find(it => it.fingerprint === fingerprint)
      assert.ok(relay?.status.flags.has('Guard'))
    }
  })

  it('may be any relay in a network where none has the flag', () => {
    const flags = ['Fast', 'Running', 'Stable', 'Valid']
    const {guards} = guardsWith()
    choose(guards, makeNetDir({relays: relays(4, () => ({flags}))}))
    assert.equal(guards.sampled.length, 4)
  })

  it('are given in turn while those before cannot be reached, and taken back when they can again', () => {
    const netDir = makeNetDir({relays: relays(40)})
    const {guards, clock} = guardsWith()
    choose(guards, netDir).reached()
    const tried = withoutFirst(guards, netDir, 4)
    assert.equal(new Set(tried).size, 4)
    const fifth = choose(guards, netDir)
    fifth.reached()
    assert.ok(!tried.includes(fifth.relay.fingerprint))
    // Primary guards are tried again after ten minutes.
    clock.nowMs += 10 * MINUTE_MS - 1
    assert.equal(choose(guards, netDir).relay, fifth.relay)
    clock.nowMs += 1
    assert.equal(choose(guards, netDir).relay.fingerprint, tried[0])
  })

  it('are tried ever less often the longer they fail', () => {
    const netDir = makeNetDir({relays: relays(40)})
    const {guards, clock} = guardsWith()
    const first = choose(guards, netDir)
    first.reached()
    first.unreachable()
    choose(guards, netDir).reached()
    const isTriedAfter = (ms: number) => {
      clock.nowMs += ms
      const choice = choose(guards, netDir)
      const isFirst = choice.relay === first.relay
      if (isFirst) choice.unreachable()
      return isFirst
    }
    assert.equal(isTriedAfter(10 * MINUTE_MS), true)
    clock.nowMs += 6 * HOUR_MS
    assert.equal(isTriedAfter(0), true)
    assert.equal(isTriedAfter(89 * MINUTE_MS), false)
    assert.equal(isTriedAfter(MINUTE_MS), true)
    clock.nowMs += 4 * DAY_MS
    assert.equal(isTriedAfter(0), true)
    assert.equal(isTriedAfter(4 * HOUR_MS - 1), false)
    assert.equal(isTriedAfter(1), true)
  })

  it('are all tried again when none can be reached', () => {
    const netDir = makeNetDir({relays: relays(5)})
    const {guards} = guardsWith()
    const tried = withoutFirst(guards, netDir, 5)
    assert.equal(new Set(tried).size, 5)
    assert.equal(choose(guards, netDir).relay.fingerprint, tried[0])
  })

  it('give way to the next for a path that ends at the guard itself', () => {
    const netDir = makeNetDir({relays: relays(10)})
    const {guards} = guardsWith()
    const {relay} = choose(guards, netDir)
    const other = choose(guards, netDir, it => it !== relay)
    assert.notEqual(other.relay, relay)
    assert.equal(choose(guards, netDir).relay, relay)
    assert.equal(
      guards.chooseGuard(netDir, () => false),
      undefined
    )
  })

  it('stay in the sample while the consensus does not list them, for 20 days', () => {
    const {guards, clock, lines} = guardsWith()
    const netDir = makeNetDir({relays: relays(10)})
    const {relay, reached} = choose(guards, netDir)
    reached()
    const number = Number(relay.status.nickname.slice(5))
    const without = makeNetDir({relays: relays(10, i => (i === number ? {flags: ['Running', 'Valid']} : {}))})
    assert.notEqual(choose(guards, without).relay.fingerprint, relay.fingerprint)
    assert.ok(guards.sampled.includes(relay.fingerprint))
    assert.match(
      lines.find(line => line.includes(relay.fingerprint)) ?? '',
      / unlisted_since=2026-11-22T12:00:00 listed=0 /
    )
    assert.equal(choose(guards, netDir).relay.fingerprint, relay.fingerprint)
    choose(guards, without)
    clock.nowMs += 20 * DAY_MS + 1000
    choose(guards, without)
    assert.ok(!guards.sampled.includes(relay.fingerprint))
    assert.ok(!guards.confirmed.includes(relay.fingerprint))
  })

  it('leave after 120 days, or 60 days after they were confirmed if that is later', () => {
    const {guards, clock} = guardsWith()
    const netDir = makeNetDir({relays: relays(30)})
    const first = choose(guards, netDir)
    first.reached()
    const sampled = [...guards.sampled]
    clock.nowMs += 100 * DAY_MS
    const late = choose(guards, netDir, relay => relay.fingerprint === sampled[5])
    late.reached()
    clock.nowMs += 21 * DAY_MS
    choose(guards, netDir)
    // The first may have been drawn again, as a new guard that nothing is known of.
    assert.deepEqual(guards.confirmed, [late.relay.fingerprint])
    clock.nowMs += 60 * DAY_MS
    choose(guards, netDir)
    assert.deepEqual(guards.confirmed, [])
  })

  it('are remembered as C tor remembers them, other selections and nonsense passed over', () => {
    const line =
      'in=default rsa_id=A4A75DD236A5A32AAE8AA5CFA66DD817BA1C9722 nickname=one sampled_on=2026-11-13T22:54:18 ' +
      'sampled_idx=0 sampled_by=0.4.9.11 listed=1 confirmed_on=2026-11-21T14:38:34 confirmed_idx=0 pb_use_attempts=2.0'
    const {guards} = guardsWith([
      line.replace('in=default', 'in=bridges'),
      'in=default rsa_id=nonsense',
      line.replace(/ sampled_on=\S+/, ''),
      line.replace('A4A7', 'B4B7').replace('confirmed_idx=0', 'confirmed_idx=1'),
      line
    ])
    assert.deepEqual(
      guards.confirmed.map(fingerprint => fingerprint.slice(0, 4)),
      ['A4A7', 'B4B7']
    )
    assert.deepEqual(parseGuard(line)?.confirmedOn, new Date('2026-11-21T14:38:34Z'))
  })
})
