import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import type {Controllable} from '../../../../src/app/control/controllable.ts'
import {CircuitsOfNode} from '../../../../src/app/control/controlled-circuits.ts'
import type {PathHop} from '../../../../src/circuit/open-circuit.ts'
import {type OwnCircuitPurpose, OwnCircuits} from '../../../../src/circuit/own-circuits.ts'
import {circuitLine} from '../../../../src/control/own-lines.ts'
import {findRelay, longName} from '../../../../src/control/relay-names.ts'
import {printStatus} from '../../../../src/control/status-entry.ts'
import {localFault} from '../../../../src/fault/fault.ts'
import {err} from '../../../../src/fault/result.ts'
import {makeNetDir} from '../../../support/made-net-dir.ts'

const netDir = makeNetDir({
  relays: [{nickname: 'alice'}, {nickname: 'bob'}, {nickname: 'twin'}, {nickname: 'Twin'}]
})
const [alice] = netDir.relays
const CIRCUITS_MAX = 256

/** Of a node whose circuits come to nothing when it is told so, and stay under way until then. */
function circuits() {
  const own = new OwnCircuits()
  const failing: (() => void)[] = []
  const build = (path: readonly PathHop[], _timeoutMs: number, purpose: OwnCircuitPurpose = 'GENERAL') =>
    own.watch(path, purpose, () => {
      return new Promise(resolve => failing.push(() => resolve(err(localFault('build-timeout')))))
    })
  const node = {core: {own, build}, netDir: () => netDir} as unknown as Controllable
  return {own, failing, circuits: new CircuitsOfNode(node)}
}

describe('circuits of a controller', () => {
  it('control-spec 3.10: go along the relays that it names, and are told of until they are over', async () => {
    const {own, failing, circuits: made} = circuits()
    const told: string[] = []
    own.onChange(entry =>
      told.push(circuitLine(made.describe(entry)).replace(/ BUILD_FLAGS.*PURPOSE/, ' PURPOSE'))
    )
    const launched = made.launch(['alice', `$${netDir.relays[1]?.fingerprint}`], 'CONTROLLER')
    assert.deepEqual(launched, {ok: true, value: 1})
    assert.equal(made.has(1), true)
    failing[0]?.()
    await new Promise(setImmediate)
    assert.equal(made.has(1), false)
    assert.match(told[0] ?? '', /^1 LAUNCHED PURPOSE=CONTROLLER TIME_CREATED=\S+$/)
    assert.match(told[1] ?? '', /^1 FAILED PURPOSE=CONTROLLER TIME_CREATED=\S+ REASON=TIMEOUT$/)
  })

  for (const [names, why] of [
    [['nobody'], 'No such router "nobody"'],
    [['twin'], 'No such router "twin"'],
    [['F'.repeat(40)], `No such router "${'F'.repeat(40)}"`]
  ] as const) {
    it(`do not begin with ${names[0]}`, () => {
      const launched = circuits().circuits.launch(names, 'GENERAL')
      assert.ok(!launched.ok && launched.fault.data?.message === why)
    })
  }

  it(`are no more than ${CIRCUITS_MAX}, and one that is over makes room`, async () => {
    const {failing, circuits: made} = circuits()
    for (let i = 0; i < CIRCUITS_MAX; i++) assert.equal(made.launch(['alice'], 'GENERAL').ok, true)
    const refused = made.launch(['alice'], 'GENERAL')
    assert.ok(!refused.ok && refused.fault.code === 'too-many')
    failing[7]?.()
    await new Promise(setImmediate)
    assert.equal(made.launch(['alice'], 'GENERAL').ok, true)
  })

  it('are made longer once they are built, and not before', () => {
    const {circuits: made} = circuits()
    made.launch(['alice'], 'GENERAL')
    const extended = made.extend(1, ['bob'])
    assert.ok(!extended.ok && extended.fault.code === 'cannot-extend')
  })
})

describe('relays as controllers name them', () => {
  it('are found by fingerprint, with or without a name, or by a name that is theirs alone', () => {
    const fingerprint = alice?.fingerprint ?? ''
    for (const name of [
      fingerprint,
      `$${fingerprint}`,
      `$${fingerprint}~alice`,
      `$${fingerprint}=alice`,
      'ALICE'
    ]) {
      assert.equal(findRelay(netDir, name), alice, name)
    }
    for (const name of [`$${fingerprint}~bob`, 'twin', '', '$', `${fingerprint}0`]) {
      assert.equal(findRelay(netDir, name), undefined, name)
    }
    assert.equal(longName(fingerprint, netDir), `$${fingerprint}~alice`)
    assert.equal(longName('F'.repeat(40), netDir), `$${'F'.repeat(40)}`)
  })

  it('control-spec 3.9: have an entry of the flavour ns, with zeros for the digest that microdesc has not', () => {
    assert.ok(alice)
    const [r = '', ...others] = printStatus(alice).split('\n')
    assert.match(r, /^r alice \S{27} A{27} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \d+\.\d+\.\d+\.\d+ \d+ \d+$/)
    assert.ok(others.some(line => /^s Fast Guard HSDir Running Stable V2Dir Valid$/.test(line)))
  })
})
