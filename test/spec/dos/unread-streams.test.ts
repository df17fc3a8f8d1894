import assert from 'node:assert/strict'
import {test} from 'node:test'
import {RelayStream, type StreamCircuit} from '../../../src/stream/relay-stream.ts'
import {UnreadStreams} from '../../../src/stream/unread-streams.ts'
import {EndReason} from '../../../src/wire/end.ts'
import {RelayCommand} from '../../../src/wire/relay-cell.ts'

const MESSAGE = new Uint8Array(498)
const UNREAD_MAX = 8 * 2 ** 20

/** A circuit with congestion control that writes down what its streams send. */
class WrittenCircuit implements StreamCircuit {
  readonly usesXonXoff = true
  readonly sendable = 1000
  readonly sent: {readonly command: number; readonly data: Uint8Array}[] = []

  send(command: number, _streamId: number, data: Uint8Array): void {
    this.sent.push({command, data})
  }

  protocolViolation(): void {
    throw new Error('no violation is expected')
  }
}

/** A stream whose reader has gone away for now. */
function unreadStream(unread: UnreadStreams, messages: number) {
  const circuit = new WrittenCircuit()
  const stream = new RelayStream({streamId: 1, circuit, onOver: () => {}})
  unread.watch(stream)
  for (let i = 0; i < messages; i++) stream.receivedData(MESSAGE)
  return {stream, circuit}
}

const closed = (stream: RelayStream) => new Promise<void>(resolve => stream.once('close', resolve))

test('prop324 4.1: a peer that does not heed XOFF loses its stream when 8 MB are unread', async () => {
  const unread = new UnreadStreams()
  const {stream, circuit} = unreadStream(unread, 0)
  const isClosed = closed(stream)
  let most = 0
  for (let i = 0; i < 2 * (UNREAD_MAX / MESSAGE.length); i++) {
    stream.receivedData(MESSAGE)
    most = Math.max(most, unread.octets)
    if (stream.destroyed) break
  }
  await isClosed
  assert.ok(most <= UNREAD_MAX + MESSAGE.length)
  assert.deepEqual(
    circuit.sent.map(({command, data}) => [command, data[0]]),
    [
      [RelayCommand.XOFF, 0],
      [RelayCommand.END, EndReason.RESOURCELIMIT]
    ]
  )
  assert.equal(unread.octets, 0)
})

test('what is unread counts over all streams, also after their peers have ended them', async () => {
  const unread = new UnreadStreams()
  const {stream: first} = unreadStream(unread, 3)
  const {stream: second} = unreadStream(unread, 4)
  assert.equal(unread.octets, 7 * 498)
  second.receivedEnd(EndReason.DONE)
  assert.equal(unread.octets, 7 * 498)
  const isClosed = closed(second)
  second.resume()
  second.end()
  await isClosed
  assert.equal(unread.octets, 3 * 498)
  first.destroy()
})

test('when memory runs low the stream with most unread goes first, and no more than need be', async () => {
  const unread = new UnreadStreams()
  const [small, large, middle] = [2, 9, 5].map(messages => unreadStream(unread, messages))
  assert.ok(small !== undefined && large !== undefined && middle !== undefined)
  assert.equal(unread.shed(10 * 498), 14 * 498)
  assert.equal(unread.octets, 2 * 498)
  assert.deepEqual(
    [small, large, middle].map(({stream}) => stream.destroyed),
    [false, true, true]
  )
  assert.deepEqual(large.circuit.sent.at(-1)?.data[0], EndReason.RESOURCELIMIT)
  small.stream.destroy()
})
