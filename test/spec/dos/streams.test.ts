// How many streams a circuit may begin: the values, and what a client hears that goes on beyond them.

import assert from 'node:assert/strict'
import {after, before, test} from 'node:test'
import {fromText} from '../../../src/bytes/octets.ts'
import {
  StreamDefence,
  type StreamDefenceSettings,
  streamDefenceParams
} from '../../../src/roles/relay/dos/stream-defence.ts'
import {DestroyReason} from '../../../src/wire/destroy.ts'
import {EndReason} from '../../../src/wire/end.ts'
import {AddressType} from '../../../src/wire/netinfo.ts'
import {RelayCommand} from '../../../src/wire/relay-cell.ts'
import {startCore, type TestCore} from '../../support/core.ts'
import {RawCircuit} from '../../support/raw-circuit.ts'
import {RawLink} from '../../support/raw-link.ts'

const AUTO: StreamDefenceSettings = {enabled: 'auto', ratePerSecond: 0, burst: 0, defenseType: 0}
const SLOW = {...AUTO, enabled: true, ratePerSecond: 1, burst: 3}
const silent = () => undefined
const consensus = (params: Readonly<Record<string, number>>) => (name: string) => params[name]

let nowMs = 1000
const defence = new StreamDefence(streamDefenceParams(silent, AUTO), () => nowMs)
let relay: TestCore
let link: RawLink
let lastCircId = 0x80000000

before(async () => {
  relay = await startCore({
    openDirectory: stream => stream.pipe(stream),
    deps: {limitStreams: defence.ofCircuit}
  })
  link = (await RawLink.handshake(relay.hop.addresses[0]?.port ?? 0, [4])).link
})

after(async () => {
  link.close()
  await relay.close()
})

const newCircuit = () => RawCircuit.create(link, ++lastCircId)

/** The command and first octet of the answer, or how the circuit ended. */
async function answerTo(circuit: RawCircuit, command: number, streamId: number): Promise<readonly unknown[]> {
  circuit.send(
    command,
    streamId,
    command === RelayCommand.BEGIN_DIR ? new Uint8Array(0) : fromText('a.example:80\0\0\0\0\0')
  )
  const answer = await circuit.next()
  return answer.kind === 'message'
    ? [answer.message.command, ...answer.message.data.subarray(0, 1)]
    : [answer.kind, ...('reason' in answer ? [answer.reason] : [])]
}

const REFUSED = [RelayCommand.END, EndReason.TORPROTOCOL]
const BEYOND = [RelayCommand.END, EndReason.MISC]
const NO_NAME = [RelayCommand.RESOLVED, AddressType.ERROR]
const NO_NAME_NOW = [RelayCommand.RESOLVED, AddressType.ERROR_TRANSIENT]

test('param-spec: without consensus and torrc it is off; both may turn it on, and torrc goes before', () => {
  assert.deepEqual(streamDefenceParams(silent, AUTO), {
    isEnabled: false,
    limit: {rate: 100, burst: 300},
    verdict: 'refuse'
  })
  const param = consensus({
    DoSStreamCreationEnabled: 1,
    DoSStreamCreationRate: 7,
    DoSStreamCreationBurst: 70,
    DoSStreamCreationDefenseType: 3
  })
  assert.deepEqual(streamDefenceParams(param, AUTO), {
    isEnabled: true,
    limit: {rate: 7, burst: 70},
    verdict: 'close-circuit'
  })
  const torrc = {enabled: false, ratePerSecond: 8, burst: 80, defenseType: 1}
  assert.deepEqual(streamDefenceParams(param, torrc), {
    isEnabled: false,
    limit: {rate: 8, burst: 80},
    verdict: 'admit'
  })
})

test('DoSStreamCreationEnabled 0: nothing is counted and nothing refused otherwise than a relay without exits refuses it', async () => {
  defence.configure(streamDefenceParams(silent, {...SLOW, enabled: false}))
  const circuit = await newCircuit()
  for (let stream = 1; stream <= 6; stream++)
    assert.deepEqual(await answerTo(circuit, RelayCommand.BEGIN, stream), REFUSED)
  assert.equal(defence.rejected, 0)
})

test('DoSStreamCreationBurst, DoSStreamCreationRate: so many at once, so many more each second, and on each circuit by itself', async () => {
  defence.configure(streamDefenceParams(silent, SLOW))
  const before = defence.rejected
  const circuit = await newCircuit()
  for (let stream = 1; stream <= 2; stream++)
    assert.deepEqual(await answerTo(circuit, RelayCommand.BEGIN, stream), REFUSED)
  assert.deepEqual(await answerTo(circuit, RelayCommand.RESOLVE, 3), NO_NAME)
  assert.deepEqual(await answerTo(circuit, RelayCommand.BEGIN, 4), BEYOND)
  assert.deepEqual(await answerTo(circuit, RelayCommand.RESOLVE, 5), NO_NAME_NOW)
  assert.deepEqual(await answerTo(await newCircuit(), RelayCommand.BEGIN, 1), REFUSED)
  nowMs += 1000
  assert.deepEqual(await answerTo(circuit, RelayCommand.BEGIN, 6), REFUSED)
  assert.deepEqual(await answerTo(circuit, RelayCommand.BEGIN, 7), BEYOND)
  assert.equal(defence.rejected - before, 3)
})

test('BEGIN_DIR is not what DoSStreamCreation is about', async () => {
  defence.configure(streamDefenceParams(silent, SLOW))
  const circuit = await newCircuit()
  for (let stream = 1; stream <= 6; stream++)
    assert.deepEqual(await answerTo(circuit, RelayCommand.BEGIN_DIR, stream), [RelayCommand.CONNECTED])
})

test('DoSStreamCreationDefenseType: 1 counts and admits, 3 closes the circuit', async () => {
  defence.configure(streamDefenceParams(silent, {...SLOW, burst: 1, defenseType: 1}))
  const before = defence.rejected
  const circuit = await newCircuit()
  for (let stream = 1; stream <= 3; stream++)
    assert.deepEqual(await answerTo(circuit, RelayCommand.BEGIN, stream), REFUSED)
  assert.equal(defence.rejected - before, 2)
  defence.configure(streamDefenceParams(silent, {...SLOW, burst: 1, defenseType: 3}))
  assert.deepEqual(await answerTo(circuit, RelayCommand.BEGIN, 4), ['destroyed', DestroyReason.RESOURCELIMIT])
})
