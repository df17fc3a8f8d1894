// The records that cross between TypeScript and the native shards, declared once: `npm run gen` writes
// native/generated/shard_records.h from here. A buffer holds records one after the other, each a head of 32 octets and a
// payload that is filled up to a multiple of 8. Numbers are little-endian, whatever the machine.
//
//   main ──commands──▶ worker ──▶ NativeShard.commands          NativeShard.takeEvents ──▶ worker ──events──▶ main
//                                                              NativeShard.takeLinkEvents ──▶ worker, which owns sockets
//
// The head has the same fields in every record. Which of them mean something is said beside each kind; the others are 0.
// Handles (circuits and channels) are doubles, because they have to stay unique for longer than 32 bits last.

import {OUTBOX_WAIT_BOUNDS_MS} from '../contract.ts'

/** Octet offsets in the head of a record, and the type of each number. */
export const RECORD_HEAD = {
  kind: {offset: 0, type: 'u8'},
  flags: {offset: 1, type: 'u8'},
  /** A channel command. */
  command: {offset: 2, type: 'u8'},
  /** What it is depends on the kind. */
  code: {offset: 3, type: 'u8'},
  circId: {offset: 4, type: 'u32'},
  /** The circuit or channel that the record is about. */
  subject: {offset: 8, type: 'f64'},
  /** Another circuit or channel. */
  object: {offset: 16, type: 'f64'},
  /** Octets of payload, without what fills them up. */
  length: {offset: 24, type: 'u32'},
  /** What it is depends on the kind. */
  number: {offset: 28, type: 'u32'}
} as const

export const RECORD_HEAD_LENGTH = 32
export const RECORD_ALIGNMENT = 8

/** Bits of `flags`. */
export const RecordFlag = {
  /** The cell is a RELAY_EARLY cell. */
  EARLY: 1,
  /** The digest of the originated message is wanted. */
  WANT_TAG: 2
} as const

/** What the control plane is told (contract.ts, DataPlaneEvents). */
export const EventKind = {
  /** subject: channel, circId, command; payload: body, 509 octets. */
  CONTROL_CELL: 1,
  /** subject: circuit, flags: EARLY; payload: body, 509 octets, and tag, the rest (20 octets; CGO 16). */
  RECOGNIZED: 2,
  /** subject: circuit; payload: tag, 20 octets (CGO 16). */
  ORIGINATED_TAG: 3,
  /** subject: circuit; payload: body, 509 octets. */
  ORIGIN_CELL: 4,
  /** subject: circuit, code: ViolationCode. After one the circuit's cells are dropped until it is closed. */
  VIOLATION: 5,
  /** subject: circuit. Only where AWAITED asks for it. */
  DRAINED: 6,
  /** subject: circuit that came to us, number: cells that left at an end of it that is gone, object: milliseconds that they
   * waited together; payload: u32, milliseconds since the first of them. Only after MEASURE_WAITS; a circuit has two ends. */
  CELLS_WAITED: 7
} as const

/** What the worker is told, who owns the sockets. `number` is always the slot that channelOpen gave. */
export const LinkEventKind = {
  /** subject: channel, number: slot, code: ChannelFaultNumber, command: of the cell. The channel is deaf and dumb from here
   * on; the worker closes the link and then the channel. */
  CHANNEL_FAULT: 64,
  /** subject: channel, number: slot; payload: body, 509 octets. */
  PADDING_NEGOTIATE: 65,
  /** subject: channel, number: slot. The control plane wants the channel closed: as after a fault. */
  CLOSE_CHANNEL: 66,
  /** subject: channel, number: slot, code: LinkEndNumber. Its link ended by itself; only where links are native. */
  LINK_ENDED: 67
} as const

/** What the control plane asks (contract.ts, DataPlane). Circuit commands go to the circuit's home: the shard of the channel
 * that it was opened on. Channel commands go to the channel's shard: channel % 256. */
export const CommandKind = {
  /** subject: channel, circId, command; payload: body of a fixed cell, filled up with zeros to 509 octets. */
  SEND_CELL: 128,
  /** subject: circuit, object: channel, circId, code: RelayAlgorithmNumber, number: queue counter (or NO_COUNTER); payload: key
   * material, which is wiped in the caller's buffer. */
  OPEN_RELAY_CIRCUIT: 129,
  /** subject: circuit, object: channel, circId, number: queue counter (or NO_COUNTER). */
  OPEN_ORIGIN_CIRCUIT: 130,
  /** subject: circuit, object: channel of any shard, circId. */
  LINK_NEXT: 131,
  /** subject: circuit. */
  UNLINK_NEXT: 132,
  /** subject: circuit, object: the other circuit, number: the other's home shard. Goes to both homes, each as its subject. */
  SPLICE: 133,
  /** subject: circuit, flags: WANT_TAG; payload: body, 509 octets. */
  ORIGINATE: 134,
  /** subject: circuit, flags: EARLY; payload: body, 509 octets. */
  SEND_ORIGIN_CELL: 135,
  /** subject: circuit. */
  CLOSE_CIRCUIT: 136,
  /** subject: channel. Comes back as link event CLOSE_CHANNEL, because the socket is the worker's. */
  CLOSE_CHANNEL: 137,
  /** payload: three u32: circuitCellsMax, outboundCellsMax, half-life of the circuits' priority in milliseconds. */
  SET_LIMITS: 138,
  /** object: octets to free in this shard. Each circuit taken is named by a VIOLATION 'memory-pressure' and its waiting cells are
   * gone; channels by CHANNEL_FAULT 'memory-pressure'. */
  SHED_OLDEST: 139,
  /** subject: channel, code: 1 where padding is enabled on it from now on, 0 where not. Its cells are counted accordingly; until
   * the first such command, padding is enabled from link protocol 5 on. */
  ENABLE_PADDING: 140,
  /** code: 1 where CELLS_WAITED is wanted from now on, 0 where not. */
  MEASURE_WAITS: 141
} as const

/** Codes of VIOLATION events, by the names of contract.ts. */
export const ViolationCode = {
  'unrecognized-at-end': 1,
  'relay-early-inbound': 2,
  'relay-early-exceeded': 3,
  'queue-full': 4,
  'outbound-queue-full': 5,
  'memory-pressure': 6
} as const

/** Codes of CHANNEL_FAULT events. The first two are faults of src/channel; the others close the link without one. */
export const ChannelFaultNumber = {
  'unexpected-cell': 1,
  'cell-too-long': 2,
  /** So many control cells wait that the peer must have stopped reading. */
  'control-queue-full': 3,
  /** Its control cells waited longest when SHED_OLDEST came. */
  'memory-pressure': 4
} as const

/** Codes of LINK_ENDED events. */
export const LinkEndNumber = {
  /** It said goodbye, or closed the connection. */
  'peer-closed': 1,
  /** The connection broke. */
  'socket-failed': 2,
  /** It sent what is no record of TLS, or not one of its own. */
  'bad-record': 3,
  /** It sent an alert. */
  'peer-alert': 4
} as const

/** `code` of OPEN_RELAY_CIRCUIT. */
export const RelayAlgorithmNumber = {tor1: 0, cgo: 1} as const

/** `number` of a circuit that has no counter in the queue counters. */
export const NO_COUNTER = 0xffffffff

/** Histograms of a shard: upper bounds of the buckets but for the last, which has none. */
export const SHARD_HISTOGRAMS = {
  /** How long cells waited in outboxes, in milliseconds as a shard's turns tell them. */
  outboxWait: OUTBOX_WAIT_BOUNDS_MS,
  /** Messages that were found in the ring from another shard, whenever there were any. */
  ringBatch: [1, 8, 64, 512]
} as const

/** What `NativeShard.counters` writes, in this order. All but the gauges are totals since the shard was opened. Of histograms
 * each bucket counts what is in it and in none before it. */
export const SHARD_COUNTERS = [
  'cellsReceived',
  'cellsSent',
  'relayCellsOutbound',
  'relayCellsInbound',
  'relayCellsRecognized',
  'relayCellsOriginated',
  'relayCellsDropped',
  'relayCellsSpliced',
  'destroyCellsSent',
  'violations',
  'paddingCellsReceived',
  /** Of those of all channels, what came and went on channels on which padding is enabled. */
  'enabledCellsReceived',
  'enabledCellsSent',
  'enabledPaddingReceived',
  'outboxOverflows',
  'octetsShed',
  /** Messages handed to other shards. */
  'messagesCrossed',
  /** Times that a channel had to wait because a ring was full. */
  'ringsFull',
  /** Times that another shard had to be woken. */
  'wakeUps',
  /** Gauge: octets that waiting cells take. */
  'queuedOctets',
  /** Gauge: octets that the cell pool holds, free cells included. */
  'poolOctets',
  /** Gauge: circuits whose home this shard is. */
  'circuits',
  /** Gauge. */
  'channels',
  'outboxWaitUpTo1',
  'outboxWaitUpTo5',
  'outboxWaitUpTo25',
  'outboxWaitUpTo100',
  'outboxWaitUpTo500',
  'outboxWaitUpTo2500',
  'outboxWaitLonger',
  /** Milliseconds that all cells together waited. */
  'outboxWaited',
  'ringBatchUpTo1',
  'ringBatchUpTo8',
  'ringBatchUpTo64',
  'ringBatchUpTo512',
  'ringBatchLonger',
  /** Messages that were worked off. */
  'ringWorkedOff'
] as const

export type ShardCounter = (typeof SHARD_COUNTERS)[number]

/** Places in the queue counters, a Uint32Array over shared memory: so many words per counter, a quarter of a cache line. A
 * counter may be given to another circuit, with all its words 0, when the command that closed the first has been carried
 * out; give the one that has been free for longest. */
export const QUEUE_COUNTER_WORDS = 4
export const QueueCounterWord = {
  /** Cells that wait on the circuit's own channel: DataPlane.queuedCells. The circuit's home writes it. */
  QUEUED: 0,
  /** How many ORIGINATE and SEND_ORIGIN_CELL commands of the circuit have been carried out, modulo 2^32. The home writes it. */
  ORIGINATED: 1,
  /** 1: DRAINED is wanted. The control plane sets it and then looks at the others once more; the home tells QUEUED and then
   * looks here, and takes it back to 0 when it sends DRAINED. So one of the two sees that the queue is short. */
  AWAITED: 2
} as const

/** Octets of a whole record with `length` octets of payload. */
export function recordLength(length: number): number {
  return RECORD_HEAD_LENGTH + ((length + RECORD_ALIGNMENT - 1) & -RECORD_ALIGNMENT)
}
