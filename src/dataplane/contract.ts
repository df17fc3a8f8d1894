// What the control plane may ask of a data plane, and what a data plane tells it. Both implementations (plain/, over
// node:tls in the main thread, and the native shards) fulfil this contract with equal events and equal octets on the wire.
//
//   cells in ──▶ look up (channel, circ_id) ──▶ decrypt or encrypt ──▶ next channel's outbox      (never seen above)
//                     │                              └─ recognized ──▶ events.recognized
//                     └─ CREATE*, CREATED*, DESTROY ──▶ events.controlCell
//
// Rules that hold for every implementation:
// - Handles are integers. The control plane chooses circuit handles, so that commands need no answer; a handle that is not
//   (or no longer) known is ignored, because events and commands may cross.
// - Octets in events are views, valid until the handler returns; octets in commands are copied before the call returns.
// - Commands on one circuit take effect in the order given, and so do the events of one circuit.
// - Closing a channel closes its circuits in the data plane; the control plane hears of the channel alone.

import type {ChannelPeer} from '../channel/channel.ts'
import type {CircIdHalf} from '../channel/circ-id.ts'
import type {ChannelFault} from '../channel/fault.ts'
import type {RelayKeys} from './relay-keys.ts'

declare const channelBrand: unique symbol
declare const circuitBrand: unique symbol
declare const connectBrand: unique symbol

/** Names a channel for as long as it is open; never used twice in one process. */
export type ChannelHandle = number & {readonly [channelBrand]: true}
/** Names a circuit inside this process. Not the circ_id, which belongs to one channel. */
export type CircuitHandle = number & {readonly [circuitBrand]: true}
/** Names one attempt to open a channel. */
export type ConnectHandle = number & {readonly [connectBrand]: true}

/** An address as octets: 4 (IPv4) or 16 (IPv6), and a TCP port. */
export interface SocketAddress {
  readonly octets: Uint8Array
  readonly port: number
}

/** What is known of an open channel. */
export interface ChannelInfo {
  readonly channel: ChannelHandle
  readonly direction: 'received' | 'initiated'
  readonly linkVersion: number
  readonly peer: ChannelPeer
  /** The address the TCP connection came from or went to. */
  readonly address: SocketAddress
  /** Addresses the peer calls its own in NETINFO. */
  readonly claimedAddresses: readonly Uint8Array[]
  /** Our address as the peer sees it, from NETINFO. */
  readonly ownAddressSeen: Uint8Array
  /** The peer sees us under an address that we claim. */
  readonly isCanonicalToPeer: boolean
  /** The half of the circ_id space that is ours on this channel. */
  readonly ownCircIdHalf: CircIdHalf
  /** We proved our identity to the peer. */
  readonly weAuthenticated: boolean
  /** Peer clock minus ours, in seconds; undefined when the peer did not tell. */
  readonly clockSkewSeconds: number | undefined
  readonly openedAtMs: number
  /** The process-wide number of the attempt, where we opened it. */
  readonly connect: ConnectHandle | undefined
}

/** Whom to connect to, and what that peer has to prove. */
export interface ChannelTarget {
  readonly address: SocketAddress
  readonly rsaIdentity: Uint8Array | undefined
  readonly ed25519Identity: Uint8Array | undefined
  /** The address of ours to connect from, as text; the system's choice when left out. */
  readonly from?: string | undefined
}

export type ConnectFault =
  | {readonly code: 'connect-refused' | 'connect-timeout' | 'connect-failed'; readonly blame: 'peer'}
  | {readonly code: 'ports-exhausted'; readonly blame: 'local'}
  | ChannelFault

/** Why a circuit has to go: its cells broke the protocol (DESTROY TORPROTOCOL) or took too much room (RESOURCELIMIT). */
export type CircuitViolation =
  | 'unrecognized-at-end' // tor-spec 5.5.2.1: nobody on the circuit could read this outbound cell
  | 'relay-early-inbound' // tor-spec 5.6: RELAY_EARLY travels outbound only
  | 'relay-early-exceeded' // tor-spec 5.6: more than 8 on one circuit
  | 'queue-full' // circ_max_cell_queue_size: cells towards the origin
  | 'outbound-queue-full' // circ_max_cell_queue_size_out: cells away from the origin
  | 'memory-pressure' // its oldest cell waited longest when `shedOldest` was called

/** A queue with no more cells than this is worth filling again. */
export const DRAINED_AT_CELLS = 16

/** Cells that left at one end of a circuit. */
export interface CellWaits {
  readonly cells: number
  /** How long they waited in the outbox, all together. */
  readonly waitedMs: number
  /** From when the first of them left to the end. */
  readonly lastedMs: number
}

/** What a data plane tells the control plane. Handlers run to their end before the next event. */
export interface DataPlaneEvents {
  channelOpened(info: ChannelInfo): void
  connectFailed(connect: ConnectHandle, fault: ConnectFault): void
  channelClosed(channel: ChannelHandle): void
  /** CREATE, CREATE_FAST, CREATE2, CREATED, CREATED_FAST, CREATED2 or DESTROY, body of 509 octets. */
  controlCell(channel: ChannelHandle, circId: number, command: number, body: Uint8Array): void
  /** A relay message for us on a circuit that we are a hop of. `body`: the decrypted relay cell body, 509 octets.
   * `early`: it came in a RELAY_EARLY cell. `tag`: its digest, for an authenticated SENDME. */
  recognized(circuit: CircuitHandle, early: boolean, body: Uint8Array, tag: Uint8Array): void
  /** The digest of a relay message that was originated with `wantTag`. */
  originatedTag(circuit: CircuitHandle, tag: Uint8Array): void
  /** A cell on a circuit that we built: still encrypted by every hop. */
  originCell(circuit: CircuitHandle, body: Uint8Array): void
  violation(circuit: CircuitHandle, violation: CircuitViolation): void
  /** At most DRAINED_AT_CELLS of the cells that `queuedCells` counts wait; told once for every `awaitDrained` that was true.
   * More may be on their way there, so who needs to know asks again. */
  drained(circuit: CircuitHandle): void
  /** Where `cellWaits` are measured: an end of a circuit is gone, of which a circuit has up to two. */
  cellsWaited?(circuit: CircuitHandle, waits: CellWaits): void
}

/** Totals since the start, for metrics; plain numbers so that reading them costs nothing on the cell path. */
export interface DataPlaneCounters {
  cellsReceived: number
  cellsSent: number
  relayCellsOutbound: number
  relayCellsInbound: number
  relayCellsRecognized: number
  relayCellsOriginated: number
  relayCellsDropped: number
  /** Outbound cells that went over to the circuit theirs is spliced with. */
  relayCellsSpliced: number
  destroyCellsSent: number
  violations: number
  bytesRead: number
  bytesWritten: number
  /** Times that octets were read from and written to links: with the cells, how many of them travel together. */
  reads: number
  writes: number
  /** Times that the rate limit held back what was to be read or written. */
  readsLimited: number
  writesLimited: number
  handshakesFailed: number
  handshakesRefused: number
  /** Connections that the link gate refused. */
  linksRefused: number
  /** Channels whose link ended by itself on a native socket: said goodbye or closed, broke, sent what was no record of TLS
   * or not one of its own, sent an alert. */
  linksClosedByPeer: number
  linksBroken: number
  linksMalformed: number
  linksAlerted: number
  channelsOpened: number
  channelsClosed: number
  paddingCellsSent: number
  paddingCellsReceived: number
  /** Of all cells, those on channels on which padding is enabled. */
  enabledCellsReceived: number
  enabledCellsSent: number
  enabledPaddingReceived: number
  enabledPaddingSent: number
  /** Links by what went over them in ten seconds, where that is measured; those over IPv6 again by themselves. */
  linksLittle: number
  linksMostlyRead: number
  linksMostlyWritten: number
  linksBoth: number
  ipv6LinksLittle: number
  ipv6LinksMostlyRead: number
  ipv6LinksMostlyWritten: number
  ipv6LinksBoth: number
  outboxOverflows: number
  /** Octets that `shedOldest` freed. */
  octetsShed: number
  /** Parts of the data plane that died, and took their channels with them. */
  shardsLost: number
  /** Cells, and what is to be known of circuits, that went from one part of the data plane to another. */
  messagesCrossed: number
}

/** Bounds on what circuits may have waiting; they change with the consensus. */
export interface DataPlaneLimits {
  /** Cells that may wait on one circuit towards its origin; consensus parameter circ_max_cell_queue_size. */
  readonly circuitCellsMax: number
  /** Cells that may wait on one circuit away from its origin; consensus parameter circ_max_cell_queue_size_out. */
  readonly outboundCellsMax: number
  /** After so long, in milliseconds, a cell that a circuit sent counts half when the circuits of a channel are told whose turn
   * it is; consensus parameter CircuitPriorityHalflifeMsec. Circuits of the plain plane take turns cell by cell. */
  readonly priorityHalfLifeMs: number
}

/** Until a consensus or the settings say otherwise, as with C tor. */
export const PRIORITY_HALF_LIFE_MS = 30_000

/** What may be moved over links, in octets a second and octets at once, for each direction by itself. A rate of 0: no limit. */
export interface DataPlaneRates {
  /** Over all links together. */
  readonly rate: number
  readonly burst: number
  /** Over each link of a peer that did not authenticate. */
  readonly linkRate: number
  readonly linkBurst: number
  /** How often links are looked at again that the rates held back, in milliseconds; TOKEN_REFILL_MS when left out. */
  readonly refillMs?: number
  /** What goes over links with private addresses counts neither against the rates of all links nor among octets read and
   * written. Not so when left out. */
  readonly privateIsFree?: boolean
  /** DEFAULT_PACING when left out. */
  readonly pacing?: OutputPacing
}

/** When links write. Which circuit's cells go first is not a matter of it. */
export interface OutputPacing {
  /** Vanilla: at the end of every loop turn, as much as the socket takes. KISTLite: the same, but where a shard is busy with
   * small writes, a tick apart. KIST: the same, and no socket gets more than what its kernel can send soon. */
  readonly scheduler: 'KIST' | 'KISTLite' | 'Vanilla'
  readonly tickMs: number
  /** Of the congestion window, what may wait in the kernel for acknowledgements (KIST). */
  readonly bufferFactor: number
}

export const DEFAULT_PACING: OutputPacing = {scheduler: 'KISTLite', tickMs: 1, bufferFactor: 1}

/** TokenBucketRefillInterval, where the settings do not say. */
export const TOKEN_REFILL_MS = 100

/** What is measured only where somebody wants to know it. */
export interface DataPlaneMeasures {
  /** Which way octets go on links: the counters `links…` and `ipv6Links…`. */
  readonly linkDirections: boolean
  /** How long cells of circuits that came to us wait: the event `cellsWaited`. */
  readonly cellWaits: boolean
}

/** Upper bounds of the buckets that waits in outboxes are counted in, in milliseconds; the last bucket has none. */
export const OUTBOX_WAIT_BOUNDS_MS = [1, 5, 25, 100, 500, 2500] as const

/** How many values were at most each bound, how many there were in all, and their sum. */
export interface Counted {
  readonly atMost: readonly number[]
  readonly count: number
  readonly sum: number
}

/** What one of several parts of a data plane has done, each of which works by itself. */
export interface PlanePart {
  /** Milliseconds that it worked, of those since it began. */
  readonly busyMs: number
  /** Messages of another part that it found waiting, whenever there were any. */
  readonly ringBatch: Counted
}

/** The commands. None of them waits; none throws on account of what a peer did. */
export interface DataPlane {
  readonly counters: Readonly<DataPlaneCounters>
  /** None where the plane is one whole. */
  readonly parts: readonly PlanePart[]
  /** How long cells waited in outboxes, in milliseconds, of each part or of the whole; by OUTBOX_WAIT_BOUNDS_MS. */
  readonly outboxWaitsMs: readonly Counted[]
  /** Octets of memory that cells take while they wait: in outboxes, with what keeping them costs, and in sockets. */
  readonly queuedOctets: number
  /** Links in their handshake. */
  readonly unverifiedLinks: number
  /** From now on; what waits already stays. */
  setLimits(limits: DataPlaneLimits): void
  /** From now on; what was moved already counts. */
  setRates(rates: DataPlaneRates): void
  /** Nothing is measured before it is called. */
  setMeasures(measures: DataPlaneMeasures): void
  /** Names circuits as violation 'memory-pressure', the one whose oldest cell has waited longest first, and closes channels
   * whose control cells have waited longer, until at least `octets` are free. Calls `done` when that is over, which may be
   * at once or in a later loop turn; `octetsShed` then has what was freed. */
  shedOldest(octets: number, done: () => void): void
  /** Starts accepting links; the promise tells the bound address, or rejects when the port cannot be had. */
  listen(address: {host: string; port: number}): Promise<SocketAddress>
  /** Stops accepting links at an address that `listen` told; those that came in there stay. */
  unlisten(address: SocketAddress): void
  connect(target: ChannelTarget): ConnectHandle
  closeChannel(channel: ChannelHandle): void
  /** Puts a cell that is no relay cell into the channel's outbox, before relay cells. `body` is padded with zeros. */
  sendCell(channel: ChannelHandle, circId: number, command: number, body: Uint8Array): void
  /** From now on we are a hop of the circuit that came in on (channel, circId). */
  openRelayCircuit(circuit: CircuitHandle, channel: ChannelHandle, circId: number, keys: RelayKeys): void
  /** Outbound cells that are not for us go on to (channel, circId); cells from there go back to the origin. */
  linkNext(circuit: CircuitHandle, channel: ChannelHandle, circId: number): void
  unlinkNext(circuit: CircuitHandle): void
  /** Joins two circuits that both end here: outbound cells of one become inbound cells of the other (rend-spec-v3 4.3). */
  splice(a: CircuitHandle, b: CircuitHandle): void
  /** Sends a relay message of ours towards the origin. `body`: 509 octets, digest field zero. */
  originate(circuit: CircuitHandle, body: Uint8Array, options?: {readonly wantTag?: boolean}): void
  /** From now on RELAY cells of (channel, circId) come up raw as `originCell`. */
  openOriginCircuit(circuit: CircuitHandle, channel: ChannelHandle, circId: number): void
  /** Sends a fully encrypted relay cell on a circuit that we built. */
  sendOriginCell(circuit: CircuitHandle, body: Uint8Array, options?: {readonly early?: boolean}): void
  /** Forgets the circuit on both sides, drops what is queued and wipes its keys. Sends nothing. */
  closeCircuit(circuit: CircuitHandle): void
  /** Cells waiting on the circuit towards its origin (relay circuits) or away from us (origin circuits). */
  queuedCells(circuit: CircuitHandle): number
  /** Asks to be told of `drained` once. False where so few cells wait already that there is nothing to wait for. */
  awaitDrained(circuit: CircuitHandle): boolean
  /** Stops accepting links. */
  stopListening(): void
  close(): Promise<void>
}
