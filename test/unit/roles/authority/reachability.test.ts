import assert from 'node:assert/strict'
import {afterEach, before, beforeEach, describe, it, mock} from 'node:test'
import {toBase16} from '../../../../src/bytes/base16.ts'
import {ed25519Ready} from '../../../../src/crypto/ed25519.ts'
import type {RouterDescriptor} from '../../../../src/netdoc/router-descriptor/router-descriptor.ts'
import {
  DEFAULT_REACHABILITY_OPTIONS,
  ReachabilityTester,
  testingReachability
} from '../../../../src/roles/authority/reachability.ts'
import {makeDescriptor} from '../../../support/made-descriptor.ts'
import {makeRelayKeys} from '../../../support/relay-keys.ts'

let descriptor: RouterDescriptor

before(async () => {
  await ed25519Ready
  descriptor = makeDescriptor(makeRelayKeys(), new Date())
})

/** Second by second, since timers begin where the one before them ended. */
function pass(seconds: number): void {
  for (let i = 0; i < seconds; i++) mock.timers.tick(1000)
}

describe('whether relays can be reached', () => {
  beforeEach(() => mock.timers.enable({apis: ['setTimeout', 'setInterval', 'Date']}))
  afterEach(() => mock.timers.reset())

  /** As many relays as wanted, told apart by their identities. */
  function watch(count: number, options = DEFAULT_REACHABILITY_OPTIONS) {
    const relays = Array.from({length: count}, (_, i) => ({
      ...descriptor,
      identity: new Uint8Array(20).fill(i + 1)
    }))
    const running = new Set<string>()
    const tests = new Map<string, number>()
    const gone: string[] = []
    const tester = new ReachabilityTester(options, {
      descriptors: () => relays,
      isRunning: identity => running.has(toBase16(identity)),
      ownIdentity: new Uint8Array(20).fill(1),
      connect: ({identity}) => tests.set(toBase16(identity), (tests.get(toBase16(identity)) ?? 0) + 1),
      gone: identity => {
        running.delete(toBase16(identity))
        gone.push(toBase16(identity))
      }
    })
    const testsOf = (relay: RouterDescriptor | undefined) =>
      tests.get(toBase16(relay?.identity ?? assert.fail())) ?? 0
    return {relays, running, tester, testsOf, gone}
  }

  it('is tested of each about once in ten minutes, and never of ourselves', () => {
    const {relays, tester, testsOf} = watch(20)
    tester.start()
    pass(30 * 60)
    tester.stop()
    const [ours, ...others] = relays
    assert.equal(testsOf(ours), 0)
    for (const relay of others) assert.ok([2, 3, 4].includes(testsOf(relay)), String(testsOf(relay)))
    pass(60 * 60)
    for (const relay of others) assert.ok(testsOf(relay) <= 4, 'nothing after the end')
  })

  it('is tested of a new relay at once, and a few times more until it is reached', () => {
    const {relays, running, tester, testsOf} = watch(2)
    const [, relay = assert.fail()] = relays
    tester.start()
    tester.testNow(relay)
    assert.equal(testsOf(relay), 1)
    pass(1)
    assert.equal(testsOf(relay), 3, 'once more, and once because it was its turn')
    running.add(toBase16(relay.identity))
    pass(60)
    assert.equal(testsOf(relay), 3)
    running.clear()
    tester.testNow(relay)
    pass(60)
    assert.equal(testsOf(relay), 8)
    tester.stop()
  })

  it('is no question of one test that failed: outside of testing networks only time says that a relay is gone', () => {
    const {relays, running, tester, gone} = watch(2)
    const [, relay = assert.fail()] = relays
    tester.start()
    running.add(toBase16(relay.identity))
    for (let i = 0; i < 5; i++) tester.failed(relay)
    tester.stop()
    assert.deepEqual(gone, [])
  })

  it('is tested four times between two consensuses of a testing network, and a relay that fails twice in a row is gone', () => {
    const {relays, running, tester, testsOf, gone} = watch(2, testingReachability(10))
    const [, relay = assert.fail()] = relays
    const name = toBase16(relay.identity)
    tester.start()
    running.add(name)
    pass(10)
    assert.ok([4, 5].includes(testsOf(relay)), String(testsOf(relay)))
    tester.failed(relay)
    tester.reached(relay.identity)
    tester.failed(relay)
    assert.deepEqual(gone, [], 'reached in between')
    const before = testsOf(relay)
    pass(1)
    assert.ok(testsOf(relay) > before, 'the second try comes soon')
    tester.failed(relay)
    assert.deepEqual(gone, [name])
    tester.failed(relay)
    assert.deepEqual(gone, [name], 'is gone already')
    tester.stop()
  })
})
