import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {secureFraction} from '../../../src/netdir/choose.ts'
import type {GuardSource} from '../../../src/netdir/guard-source.ts'
import type {NetDir} from '../../../src/netdir/net-dir.ts'
import {conflicts, pathEndOf} from '../../../src/netdir/path-rules.ts'
import {type ChosenBy, PathSelection} from '../../../src/netdir/path-selection.ts'
import type {Relay} from '../../../src/netdir/relay.ts'
import {Vanguards} from '../../../src/netdir/vanguards.ts'
import {type MadeNetDirRelay, makeNetDir} from '../../support/made-net-dir.ts'

const DAY_MS = 24 * 3600_000
const relays = (count: number, changes: (i: number) => MadeNetDirRelay = () => ({})) =>
  Array.from({length: count}, (_, i) => changes(i))

/** The first relay that may be one. */
const firstGuard: GuardSource = {
  chooseGuard: (netDir, allows) => {
    const relay = netDir.relays.find(allows)
    return relay && {relay, reached: () => {}, unreachable: () => {}}
  }
}

function selection(now = () => 0) {
  const vanguards = new Vanguards(secureFraction, now)
  return {vanguards, paths: new PathSelection({guards: firstGuard, vanguards, random: secureFraction, now})}
}

function relayOf(netDir: NetDir, i: number): Relay {
  return netDir.relays.find(relay => relay.status.nickname === `relay${i}`) ?? assert.fail()
}

function pathTo(netDir: NetDir, last: Relay, chosenBy: ChosenBy, {paths} = selection()): readonly string[] {
  const path = paths.pathTo(netDir, pathEndOf(last), chosenBy)
  assert.ok(path)
  return [...path.relays, last].map(relay => relay.status.nickname)
}

describe('paths of onion-service circuits (proposal 333)', () => {
  it('have three hops to a relay that we chose, four to one that others chose, no relay twice', () => {
    const netDir = makeNetDir({relays: relays(8)})
    const used = selection()
    for (let i = 0; i < 50; i++) {
      const last = relayOf(netDir, i % 8)
      for (const [chosenBy, length] of [
        ['us', 3],
        ['others', 4]
      ] as const) {
        const path = pathTo(netDir, last, chosenBy, used)
        assert.equal(new Set(path).size, length, path.join())
        assert.ok(
          used.vanguards.fingerprints.includes(relayOf(netDir, Number(path[1]?.slice(5))).fingerprint)
        )
      }
    }
  })

  it('are not to be had where relays are too few', () => {
    const netDir = makeNetDir({relays: relays(3)})
    const {paths} = selection()
    assert.equal(paths.pathTo(netDir, pathEndOf(relayOf(netDir, 0)), 'others'), undefined)
    assert.ok(paths.pathTo(netDir, pathEndOf(relayOf(netDir, 0)), 'us'))
  })

  it('avoid families and networks of the others on the path with relays that are freely chosen', () => {
    const netDir = makeNetDir({
      // Relays 0 to 3 in one network, 4 and 5 a family with the last relay, 6 alone.
      relays: relays(8, i => ({
        ipv4: i < 4 ? `198.41.0.${i}` : `20${i}.1.1.1`,
        flags: i < 6 ? ['Guard', 'Running', 'Stable', 'Fast', 'Valid'] : ['Fast', 'Running', 'Valid'],
        ...(i === 6 ? {} : {family: 'relay4 relay5 relay7'})
      }))
    })
    const last = relayOf(netDir, 7)
    for (let i = 0; i < 30; i++) assert.equal(pathTo(netDir, last, 'others')[2], 'relay6')
  })

  it('keep a guard although the last relay is of its family or network', () => {
    const netDir = makeNetDir({relays: relays(6, i => ({ipv4: `198.41.${i}.1`}))})
    assert.equal(pathTo(netDir, relayOf(netDir, 1), 'us')[0], 'relay0')
  })

  it('leave a relay alone that could not be extended to, for two minutes, where there are others', () => {
    let now = 0
    const used = selection(() => now)
    const netDir = makeNetDir({relays: relays(6)})
    const last = relayOf(netDir, 5)
    const [, vanguard] = pathTo(netDir, last, 'others', used)
    const failed = relayOf(netDir, Number(vanguard?.slice(5)))
    const set = used.vanguards.fingerprints
    used.paths.failed(failed)
    const names = () =>
      Array.from({length: 60}, () => pathTo(netDir, last, 'others', used).slice(1, 3)).flat()
    assert.ok(!names().includes(vanguard ?? ''))
    assert.ok(used.paths.rendezvousPoint(netDir) !== failed)
    assert.deepEqual(used.vanguards.fingerprints, set)
    now = 2 * 60_000
    assert.ok(names().includes(vanguard ?? ''))
    for (const relay of netDir.relays) used.paths.failed(relay)
    assert.equal(pathTo(netDir, last, 'others', used).length, 4)
  })

  it('leave out relays that do not run, are not valid or have no Ed25519 identity', () => {
    const flags = ['Fast', 'Guard', 'Stable', 'Valid']
    const netDir = makeNetDir({
      relays: relays(8, i =>
        i < 2 ? {flags} : i === 2 ? {flags: [...flags, 'Running', 'NoEdConsensus']} : {}
      )
    })
    for (let i = 0; i < 30; i++) {
      for (const name of pathTo(netDir, relayOf(netDir, 7), 'others')) {
        assert.ok(!['relay0', 'relay1', 'relay2'].includes(name), name)
      }
    }
  })
})

describe('what conflicts on one circuit (path-spec 2.2)', () => {
  const conflictOf = (a: MadeNetDirRelay, b: MadeNetDirRelay) => {
    const netDir = makeNetDir({relays: [a, b]})
    return conflicts(relayOf(netDir, 0), pathEndOf(relayOf(netDir, 1)))
  }

  it('is the same /16 of IPv4 or /32 of IPv6, private addresses apart', () => {
    assert.equal(conflictOf({ipv4: '198.41.1.1'}, {ipv4: '198.41.200.1'}), true)
    assert.equal(conflictOf({ipv4: '198.41.1.1'}, {ipv4: '198.42.1.1'}), false)
    assert.equal(conflictOf({ipv4: '127.0.0.1'}, {ipv4: '127.0.0.1'}), false)
    const v6 = (ipv6: string, ipv4: string) => ({ipv6: `[${ipv6}]:9001`, ipv4})
    assert.equal(conflictOf(v6('2001:db9:1::1', '198.41.1.1'), v6('2001:db9:2::1', '199.41.1.1')), true)
    assert.equal(conflictOf(v6('2001:dba:1::1', '198.41.1.1'), v6('2001:db9:1::1', '199.41.1.1')), false)
  })

  it('is a family that both declare', () => {
    assert.equal(conflictOf({family: 'relay1'}, {family: 'relay0'}), true)
    assert.equal(conflictOf({family: 'relay1'}, {}), false)
  })
})

describe('vanguards', () => {
  it('are four stable and fast relays, the same for at least a day', () => {
    let now = 0
    const netDir = makeNetDir({relays: relays(40)})
    const {vanguards} = selection(() => now)
    vanguards.choose(netDir, () => true)
    const first = vanguards.fingerprints
    assert.equal(new Set(first).size, 4)
    now = DAY_MS - 1
    vanguards.choose(netDir, () => true)
    assert.deepEqual(vanguards.fingerprints, first)
  })

  it('live for 1 to 12 days, as long as the larger of two draws says', () => {
    // For each vanguard one number chooses the relay and two its lifetime; each use takes one of the set.
    const draws = [0, 0.25, 0.75, 0, 0, 0.99, 0, 0]
    let now = 0
    const vanguards = new Vanguards(
      () => draws.shift() ?? 0,
      () => now
    )
    const netDir = makeNetDir({relays: relays(2), params: 'guard-hs-l2-number=1'})
    const chosen = (atMs: number) => {
      now = atMs
      return vanguards.choose(netDir, () => true)?.status.nickname
    }
    const lifetimeMs = (1 + 0.75 * 11) * DAY_MS
    assert.equal(chosen(0), 'relay0')
    assert.equal(chosen(lifetimeMs - 1), 'relay0')
    assert.equal(chosen(lifetimeMs), 'relay1')
  })

  it('are replaced when they leave the consensus', () => {
    const {vanguards} = selection()
    vanguards.choose(makeNetDir({relays: relays(4)}), () => true)
    const gone = vanguards.fingerprints
    const netDir = makeNetDir({relays: relays(10, i => (i < 4 ? {flags: ['Running', 'Valid']} : {}))})
    vanguards.choose(netDir, () => true)
    assert.equal(vanguards.fingerprints.length, 4)
    for (const fingerprint of vanguards.fingerprints) assert.ok(!gone.includes(fingerprint))
  })
})
