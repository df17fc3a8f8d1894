import assert from 'node:assert/strict'
import {test} from 'node:test'
import {CircuitFlow, type SendmeV0} from '../../../src/circuit/circuit-flow.ts'
import {FixedWindow} from '../../../src/circuit/congestion-control/fixed-window.ts'
import {encode} from '../../../src/codec/codec.ts'
import {sendme} from '../../../src/wire/sendme.ts'

const WINDOW = 1000
const INCREMENT = 100

const flowWith = (v0: SendmeV0 = 'refused') => new CircuitFlow(new FixedWindow(), v0, () => 0)
const tag = (value: number) => new Uint8Array(20).fill(value)
const v1 = (value: number) => encode(sendme, {kind: 'v1', tag: tag(value)})
const v0 = new Uint8Array(0)

/** Sends `count` messages; the digest of each that completes a window is its number in hundreds. */
function sendData(flow: CircuitFlow, count: number): void {
  for (let i = 1; i <= count; i++) if (flow.sentData()) flow.tagged(tag(i / INCREMENT))
}

test('tor-spec 7.3: a circuit sends 1000 messages and 100 more with each SENDME', () => {
  const flow = flowWith()
  assert.equal(flow.sendable, WINDOW)
  sendData(flow, WINDOW)
  assert.equal(flow.sendable, 0)
  assert.ok(flow.receivedSendme(v1(1)).ok)
  assert.equal(flow.sendable, INCREMENT)
})

test('tor-spec 7.3: the receiver acknowledges every hundredth message', () => {
  const flow = flowWith()
  const due = Array.from({length: 250}, (_, i) => (flow.receivedData() ? i + 1 : 0)).filter(Boolean)
  assert.deepEqual(due, [100, 200])
})

test('tor-spec 7.3.1: the tag of a SENDME is the digest of the message that completed the window, in order', () => {
  const flow = flowWith()
  sendData(flow, 300)
  assert.ok(flow.receivedSendme(v1(1)).ok)
  assert.ok(flow.receivedSendme(v1(2)).ok)
  const third = flow.receivedSendme(v1(9))
  assert.ok(!third.ok && third.fault.code === 'sendme-tag')
})

test('tor-spec 7.3: a SENDME with nothing outstanding is a fault, and so is one too many', () => {
  const fresh = flowWith().receivedSendme(v1(1))
  assert.ok(!fresh.ok && fresh.fault.code === 'sendme-unexpected')
  const flow = flowWith()
  sendData(flow, INCREMENT)
  assert.ok(flow.receivedSendme(v1(1)).ok)
  const again = flow.receivedSendme(v1(1))
  assert.ok(!again.ok && again.fault.code === 'sendme-unexpected')
})

test('sendme_accept_min_version: version 0 is taken only where it is allowed', () => {
  const strict = flowWith('refused')
  sendData(strict, INCREMENT)
  const refused = strict.receivedSendme(v0)
  assert.ok(!refused.ok && refused.fault.code === 'sendme-version')
  const lenient = flowWith('accepted')
  sendData(lenient, INCREMENT)
  assert.ok(lenient.receivedSendme(v0).ok)
})

test('a SENDME of an unknown version, and one whose tag is cut off, are faults', () => {
  for (const [body, code] of [
    [Uint8Array.of(2, 0, 0), 'sendme-version'],
    [v1(1).subarray(0, 10), 'sendme-malformed']
  ] as const) {
    const flow = flowWith('accepted')
    sendData(flow, INCREMENT)
    const result = flow.receivedSendme(body)
    assert.ok(!result.ok && result.fault.code === code, code)
  }
})
