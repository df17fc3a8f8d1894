// The plain plane and one native shard behind one face, without sockets: commands and chunks in; out come lines of what
// was said and the cells that were sent, by channel and circ_id.

import assert from 'node:assert/strict'
import {Duplex} from 'node:stream'
import {TLSSocket} from 'node:tls'
import {CellFramer} from '../../src/channel/cell-framer.ts'
import {verifiedChannel} from '../../src/channel/channel.ts'
import type {ChannelFault} from '../../src/channel/fault.ts'
import type {ChannelHandle, CircuitHandle, DataPlaneEvents} from '../../src/dataplane/contract.ts'
import {Link, type LinkReader} from '../../src/dataplane/link.ts'
import type {LinkEndpoint} from '../../src/dataplane/link-endpoint.ts'
import {PlainPlane} from '../../src/dataplane/plain/plain-plane.ts'
import type {NativeShard} from '../../src/dataplane/shard/native-shard.ts'
import {RecordReader} from '../../src/dataplane/shard/record-reader.ts'
import {type RecordFields, RecordWriter} from '../../src/dataplane/shard/record-writer.ts'
import {
  ChannelFaultNumber,
  CommandKind,
  EventKind,
  LinkEventKind,
  RecordFlag,
  ViolationCode
} from '../../src/dataplane/shard/records.ts'

const BODY = 509

/** What a plane says, as lines that can be compared. */
type Said = string[]
/** Cells that came out, by channel and circ_id. */
type Sent = Map<string, string[]>

export interface Side {
  readonly said: Said
  readonly sent: Sent
  open(channel: ChannelHandle, linkVersion: number): void
  closeChannel(channel: ChannelHandle): void
  command(fields: RecordFields, payload?: Uint8Array): void
  receive(channel: ChannelHandle, chunk: Uint8Array): void
  /** Everything that waits goes out. */
  flush(): Promise<void>
}

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('base64')

function addCells(sent: Sent, channel: number, linkVersion: number, octets: Uint8Array): void {
  const framer = new CellFramer(linkVersion)
  framer.push(octets)
  for (const {circId, command, body} of framer) {
    const key = `${channel}/${circId}`
    sent.set(key, [...(sent.get(key) ?? []), `${command} ${hex(body)}`])
  }
}

/** A link whose octets are written down instead of sent. */
class RecordedLink extends Link {
  written: Uint8Array[] = []

  override get room(): number {
    return Number.POSITIVE_INFINITY
  }

  override write(octets: Uint8Array): void {
    this.written.push(octets)
  }
}

export class PlainSide implements Side {
  readonly said: Said = []
  readonly sent: Sent = new Map()
  readonly #plane: PlainPlane
  readonly #links = new Map<number, {link: RecordedLink; reader: LinkReader; version: number}>()

  /** `cellsMax`: cells that may wait on a circuit, either way. */
  constructor(endpoint: LinkEndpoint, cellsMax: number) {
    const say = (...words: (string | number | boolean)[]) => void this.said.push(words.join(' '))
    const events: DataPlaneEvents = {
      channelOpened: () => {},
      connectFailed: () => {},
      channelClosed: () => {},
      controlCell: (channel, circId, command, body) => say('control', channel, circId, command, hex(body)),
      recognized: (circuit, early, body, tag) => say('recognized', circuit, early, hex(body), hex(tag)),
      originatedTag: (circuit, tag) => say('tag', circuit, hex(tag)),
      originCell: (circuit, body) => say('origin', circuit, hex(body)),
      violation: (circuit, violation) => say('violation', circuit, violation),
      drained: circuit => say('drained', circuit)
    }
    const options = {circuitCellsMax: cellsMax, rate: 0, burst: 0, unverifiedMax: 100}
    this.#plane = new PlainPlane(options, {events, endpoint})
    // The worker of a shard hears of these; the plain plane keeps them to itself.
    const failed = this.#plane.failed.bind(this.#plane)
    this.#plane.failed = (link: Link, fault: ChannelFault) => {
      say('fault', link.handle, fault.code)
      failed(link, fault)
    }
  }

  open(handle: ChannelHandle, version: number): void {
    const socket = new TLSSocket(new Duplex({read: () => {}, write: () => {}}))
    const address = {octets: Uint8Array.of(127, 0, 0, 1), port: 9}
    const link = new RecordedLink(
      socket,
      {handle, direction: 'received', connect: undefined, address, nowMs: Date.now()},
      this.#plane
    )
    const verified = verifiedChannel({
      channel: {role: 'responder', linkVersion: version, address, ownAddresses: [], startedAtSeconds: 0},
      relay: undefined,
      weAuthenticated: false,
      ownRsaKeyDer: undefined,
      netinfo: {observedAddress: address.octets, claimedAddresses: [], peerTime: undefined},
      nowSeconds: 0
    })
    this.#links.set(handle, {
      link,
      reader: this.#plane.verified(link, verified, new CellFramer(version)),
      version
    })
  }

  closeChannel(channel: ChannelHandle): void {
    this.#plane.closeChannel(channel)
    this.#links.delete(channel)
  }

  command(
    {kind, subject = 0, object = 0, circId = 0, command = 0, flags = 0}: RecordFields,
    payload = new Uint8Array(0)
  ) {
    const plane = this.#plane
    const [circuit, channel] = [subject as CircuitHandle, object as ChannelHandle]
    const body = payload.slice()
    if (kind === CommandKind.SEND_CELL) plane.sendCell(subject as ChannelHandle, circId, command, body)
    else if (kind === CommandKind.OPEN_RELAY_CIRCUIT)
      plane.openRelayCircuit(circuit, channel, circId, {algorithm: 'tor1', material: body})
    else if (kind === CommandKind.OPEN_ORIGIN_CIRCUIT) plane.openOriginCircuit(circuit, channel, circId)
    else if (kind === CommandKind.LINK_NEXT) plane.linkNext(circuit, channel, circId)
    else if (kind === CommandKind.UNLINK_NEXT) plane.unlinkNext(circuit)
    else if (kind === CommandKind.SPLICE) plane.splice(circuit, object as CircuitHandle)
    else if (kind === CommandKind.ORIGINATE)
      plane.originate(circuit, body, {wantTag: flags === RecordFlag.WANT_TAG})
    else if (kind === CommandKind.SEND_ORIGIN_CELL)
      plane.sendOriginCell(circuit, body, {early: flags === RecordFlag.EARLY})
    else if (kind === CommandKind.CLOSE_CIRCUIT) plane.closeCircuit(circuit)
    else assert.fail(`command ${kind}`)
  }

  receive(channel: ChannelHandle, chunk: Uint8Array): void {
    this.#links.get(channel)?.reader.receive(chunk.slice())
  }

  async flush(): Promise<void> {
    await new Promise(done => setImmediate(done))
    for (const [channel, {link, version}] of this.#links) {
      for (const octets of link.written.splice(0)) addCells(this.sent, channel, version, octets)
    }
  }

  close(): Promise<void> {
    return this.#plane.close()
  }
}

export class NativeSide implements Side {
  readonly said: Said = []
  readonly sent: Sent = new Map()
  readonly #shard: NativeShard
  readonly #slots = new Map<number, {slot: number; version: number}>()
  readonly #buffer = new Uint8Array(64 * 1024)
  readonly #dirty = new Uint32Array(8)
  #nowMs = 0

  constructor(shard: NativeShard) {
    this.#shard = shard
  }

  open(channel: ChannelHandle, version: number): void {
    this.#slots.set(channel, {slot: this.#shard.channelOpen(channel, version), version})
  }

  closeChannel(channel: ChannelHandle): void {
    this.#shard.channelClose(this.#slots.get(channel)?.slot ?? -1)
    this.#slots.delete(channel)
  }

  command(fields: RecordFields, payload?: Uint8Array): void {
    const writer = new RecordWriter()
    writer.add(fields, payload)
    this.#shard.commands(writer.octets())
    this.#listen()
  }

  receive(channel: ChannelHandle, chunk: Uint8Array): void {
    const copy = chunk.slice()
    assert.equal(this.#shard.receive(this.#slots.get(channel)?.slot ?? -1, copy), copy.length)
    this.#listen()
  }

  async flush(): Promise<void> {
    const count = this.#shard.turn(++this.#nowMs, this.#dirty)
    const dirty = [...this.#dirty.subarray(0, count)]
    for (const [channel, {slot, version}] of this.#slots) {
      assert.equal(dirty.includes(slot), this.#shard.backlog(slot) > 0, 'who has something to send is named')
      const octets = this.#shard.take(slot, this.#buffer, 0, this.#buffer.length)
      addCells(this.sent, channel, version, this.#buffer.subarray(0, octets))
    }
    this.#listen()
  }

  #listen(): void {
    const events = (take: (out: Uint8Array) => number) => {
      const reader = new RecordReader(this.#buffer)
      for (let octets = take(this.#buffer); octets > 0; octets = take(this.#buffer)) {
        reader.start(octets)
        while (reader.next()) this.#hear(reader)
      }
    }
    events(out => this.#shard.takeEvents(out))
    events(out => this.#shard.takeLinkEvents(out))
  }

  #hear(event: RecordReader): void {
    const say = (...words: (string | number | boolean)[]) => void this.said.push(words.join(' '))
    const named = (codes: Readonly<Record<string, number>>) =>
      Object.keys(codes).find(name => codes[name] === event.code) ?? `code ${event.code}`
    const {kind, subject} = event
    if (kind === EventKind.CONTROL_CELL)
      say('control', subject, event.circId, event.command, hex(event.payload()))
    else if (kind === EventKind.RECOGNIZED)
      say(
        'recognized',
        subject,
        event.flags === RecordFlag.EARLY,
        hex(event.payload(0, BODY)),
        hex(event.payload(BODY))
      )
    else if (kind === EventKind.ORIGINATED_TAG) say('tag', subject, hex(event.payload()))
    else if (kind === EventKind.ORIGIN_CELL) say('origin', subject, hex(event.payload()))
    else if (kind === EventKind.VIOLATION) say('violation', subject, named(ViolationCode))
    else if (kind === EventKind.DRAINED) say('drained', subject)
    else if (kind === LinkEventKind.CHANNEL_FAULT) say('fault', subject, named(ChannelFaultNumber))
    else assert.fail(`event ${kind}`)
  }
}
