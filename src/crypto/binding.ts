// Loads the C++ addon, and nobody else does. What JavaScript may call there is declared here by hand, mirror of
// native/addon; numbers and views cross the border, never an object per cell.
//
// Looked for in this order: the file that RAMSON_ADDON names, build/Release (built on this machine), prebuilds/<platform>-
// <arch> (shipped). RAMSON_DATAPLANE=plain leaves the addon alone. Where none loads there is a reason instead, unless the
// environment asks for what cannot be had: then the start fails, because nobody forces a kernel to get another.

import {existsSync, readFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

/** How a call ended: undefined is success. Mirror of `Status` in native/addon/arguments.h. */
export const AddonStatus = {STALE_HANDLE: 1, BAD_SIZE: 2, NO_TAG: 3, BAD_CHOICE: 4} as const
export type AddonStatus = (typeof AddonStatus)[keyof typeof AddonStatus]

/**
 * A shard of the data plane (src/dataplane/shard/native-shard.ts says what each call does), named by slot and generation as
 * the first two arguments. Calls that give a number give minus the status when they fail.
 */
export interface ShardAddon {
  /** The calling thread is a shard's from now on: when something came for it, it has a processor sooner than others. Whether the
   * system does that, as Linux from 6.12 on. */
  promptThread(): boolean
  /** `settings`: index, shards, circuitCellsMax, outboundCellsMax, half-life in ms, kernel. Writes slot and generation. */
  shardOpen(
    settings: Uint32Array,
    queueCounters: Uint32Array | undefined,
    handle: Uint32Array
  ): AddonStatus | undefined
  shardClose(slot: number, generation: number): AddonStatus | undefined
  shardChannelOpen(slot: number, generation: number, channel: number, linkVersion: number): number
  shardChannelClose(slot: number, generation: number, channelSlot: number): AddonStatus | undefined
  shardReceive(slot: number, generation: number, channelSlot: number, chunk: Uint8Array): number
  shardCommands(
    slot: number,
    generation: number,
    records: Uint8Array,
    length: number
  ): AddonStatus | undefined
  shardTakeEvents(slot: number, generation: number, out: Uint8Array): number
  shardTakeLinkEvents(slot: number, generation: number, out: Uint8Array): number
  shardTurn(slot: number, generation: number, nowMs: number, dirty: Uint32Array): number
  shardTake(
    slot: number,
    generation: number,
    channelSlot: number,
    out: Uint8Array,
    at: number,
    max: number
  ): number
  shardBacklog(slot: number, generation: number, channelSlot: number): number
  shardCircuits(slot: number, generation: number, channelSlot: number): number
  shardIsUsed(slot: number, generation: number, channelSlot: number): number
  shardQueuedCells(slot: number, generation: number, circuit: number): number
  shardCounters(slot: number, generation: number, out: Float64Array): AddonStatus | undefined
  shardOnWake(slot: number, generation: number, callback: () => void): AddonStatus | undefined
  /** This Node and this system have what native links take. */
  canCarryLinks(): boolean
  /** False where there is not what it takes. */
  shardLinksOpen(
    slot: number,
    generation: number,
    nowMs: number,
    shardCounters: Float64Array,
    linkCounters: Float64Array,
    buckets: Uint32Array,
    turn: () => void
  ): boolean | AddonStatus
  /** `place`: channel's slot, descriptor, suite, 1 for a server, 1 for a peer that authenticated, 1 for a private
   * address. `secrets`, `sequences`: of reading, of writing. */
  shardLinkAdopt(
    slot: number,
    generation: number,
    place: Uint32Array,
    channel: number,
    secrets: Uint8Array,
    sequences: Float64Array,
    held: Uint8Array,
    behind: Uint8Array
  ): boolean | AddonStatus
  shardLinkForget(slot: number, generation: number, channelSlot: number): AddonStatus | undefined
  shardLinkUsedAt(slot: number, generation: number, channelSlot: number): number
  shardLinkWroteAt(slot: number, generation: number, channelSlot: number): number
  shardLinkOctets(slot: number, generation: number, channelSlot: number, direction: 0 | 1): number
  shardLinksWaiting(slot: number, generation: number): number
  /** The record is the first under the traffic secret; both are left as they are. */
  opensRecord(kernel: number, suite: number, secret: Uint8Array, record: Uint8Array): boolean | AddonStatus
}

/** What became of an onion skin. Mirror of `OnionSkinVerdict` in native/crypto/onion_skin.h. */
export const NativeOnionSkinVerdict = {
  ANSWERED: 0,
  OTHER_RELAY: 1,
  WEAK_POINT: 2,
  UNKNOWN_KEY: 3,
  FORGED: 4
} as const

/**
 * Onion skins in batches (native/addon/onion_skins.cc). Lists lie in one buffer each, pieces of unequal length with a
 * Uint32Array of where each ends. `keys` are records of a secret and its public half, the last of them the junk key.
 */
export interface OnionSkinAddon {
  /** Products of secrets and points, 32 octets each; no points at all stand for the base point. */
  x25519(secrets: Uint8Array, points: Uint8Array, out: Uint8Array): AddonStatus | undefined
  ntorAnswer(
    kernel: number,
    skins: Uint8Array,
    identity: Uint8Array,
    keys: Uint8Array,
    ephemerals: Uint8Array,
    replies: Uint8Array,
    keyMaterial: Uint8Array,
    verdicts: Uint8Array
  ): AddonStatus | undefined
  /** Decrypts the messages where they lie in the skins. */
  ntorV3Open(
    kernel: number,
    skins: Uint8Array,
    skinEnds: Uint32Array,
    identity: Uint8Array,
    verification: Uint8Array,
    keys: Uint8Array,
    shared: Uint8Array,
    verdicts: Uint8Array
  ): AddonStatus | undefined
  /** For the skins whose verdict is still 0. */
  ntorV3Seal(
    kernel: number,
    skins: Uint8Array,
    skinEnds: Uint32Array,
    identity: Uint8Array,
    verification: Uint8Array,
    shared: Uint8Array,
    ephemerals: Uint8Array,
    messages: Uint8Array,
    messageEnds: Uint32Array,
    replies: Uint8Array,
    keyMaterial: Uint8Array,
    keyEnds: Uint32Array,
    verdicts: Uint8Array
  ): AddonStatus | undefined
}

/** What became of octets that were opened. Mirror of `RecordOpener::Next` in native/tls/record_layer.h. */
export const NativeRecordEnd = {MORE: 1, CLOSED: 3, ABORTED: 4, FAULT: 5} as const

/** AES-GCM and the record layer of TLS by themselves (native/addon/records.cc), for tests and measurements. */
export interface RecordAddon {
  /**
   * AES-GCM over `data` in place, `step` octets a call, the last 16 of which are the tag. `direction`: 0 seals, 1 opens.
   * How many were genuine, or minus the status.
   */
  galoisMode(
    kernel: number,
    direction: number,
    key: Uint8Array,
    nonce: Uint8Array,
    additional: Uint8Array,
    data: Uint8Array,
    step: number
  ): number
  /**
   * Records of `step` octets of data each, a KeyUpdate behind the first, close_notify behind the last. `suite` is its
   * number in TLS. The octets written into `out`, or minus the status.
   */
  sealRecords(
    kernel: number,
    suite: number,
    secret: Uint8Array,
    sequence: number,
    data: Uint8Array,
    step: number,
    out: Uint8Array
  ): number
  /**
   * Opens records in place and moves their data to the front. `end`: 0 client, 1 server. `report`: how it ended (a
   * `NativeRecordEnd`), the alert, octets of data, octets left over, KeyUpdates to be answered.
   */
  openRecords(
    kernel: number,
    suite: number,
    end: number,
    secret: Uint8Array,
    sequence: number,
    octets: Uint8Array,
    report: Uint32Array
  ): AddonStatus | undefined
}

/** Why a run of the load generator cannot go on. Mirror of `LoadFault` in native/load/load_link.h. */
export const NativeLoadFault = {
  NONE: 0,
  LINK_CLOSED: 1,
  BAD_RECORD: 2,
  CIRCUIT_CLOSED: 3,
  STRANGE_CIRCUIT: 4,
  ALTERED: 5,
  BLOCKED: 6
} as const

/**
 * The load generator of `ramson bench` (native/load/load_run.h says what it does), a run named by slot and generation as the
 * first two arguments. Links and flows come first, then `loadPump` or `loadPace`, once.
 */
export interface LoadAddon {
  /** `pattern`: what is alike in all cells, 514 octets. Writes slot and generation. */
  loadOpen(kernel: number, pattern: Uint8Array, handle: Uint32Array): AddonStatus | undefined
  /**
   * `place`: descriptor, suite, 1 for a server. `secrets`, `sequences`: of reading, of writing. The link's place, and then the
   * descriptor is the run's; or minus the status.
   */
  loadLink(
    slot: number,
    generation: number,
    place: Uint32Array,
    secrets: Uint8Array,
    sequences: Float64Array,
    held: Uint8Array,
    behind: Uint8Array
  ): number
  /** `place`: place of a link, circ_id there; the same where cells come out. `layers`: handles of up to two directions, which are
   * the run's then and close with it. */
  loadFlow(slot: number, generation: number, place: Uint32Array, layers: Uint32Array): AddonStatus | undefined
  /** `settings`: cells of a write, of a TLS record, of a flow in a row, of a link under way. */
  loadPump(slot: number, generation: number, settings: Uint32Array): AddonStatus | undefined
  /** `settings`: cells per second, milliseconds of warm-up, milliseconds measured. */
  loadPace(slot: number, generation: number, settings: Float64Array): AddonStatus | undefined
  loadStop(slot: number, generation: number): AddonStatus | undefined
  /** Works for so long. `report`: cells sent, received, measured, late; a `NativeLoadFault`; the reason in a DESTROY. */
  loadRun(slot: number, generation: number, ms: number, report: Float64Array): AddonStatus | undefined
  /** Copies the delays of measured cells in milliseconds, as many as fit; gives how many there are, or minus the status. */
  loadDelays(slot: number, generation: number, out: Float64Array): number
  loadClose(slot: number, generation: number): AddonStatus | undefined
  /**
   * Shards in threads of their own, fed from memory; returns when it is over. `settings`: threads, 1 where half of the cells or
   * more cross, milliseconds of warm-up, milliseconds measured. `report`: cells, seconds, CPU seconds, messages that crossed.
   */
  shardThreads(kernel: number, settings: Float64Array, report: Float64Array): AddonStatus | undefined
}

/**
 * What the process gives up for good (native/confinement). Each gives a number of errno, 0 for success; where the system has
 * no such thing that is ENOSYS.
 */
export interface ConfinementAddon {
  /** The calling thread keeps its capabilities over the next change of user. */
  keepCapabilities(): number
  /** The calling thread has CAP_NET_BIND_SERVICE and no other from now on. */
  keepBindCapability(): number
  /** 0: nobody of the same user may attach to the process or read its memory, and it leaves no core. */
  setDumpable(dumpable: 0 | 1): number
  /** execve fails from now on, in all threads. */
  forbidPrograms(): number
  /** Of system calls those of a relay that is up are left, in all threads. */
  enterSandbox(): number
}

/** `kernel` arguments are places in `kernels`. Directions are named by slot and generation. */
export interface Addon extends ShardAddon, OnionSkinAddon, RecordAddon, LoadAddon, ConfinementAddon {
  /** The kernels that this machine can run, best first. */
  readonly kernels: readonly string[]
  /** The kernel of this process: the best, or the one that RAMSON_KERNEL names. */
  readonly kernel: string
  /** `algorithm`: 0 tor1, 1 hs. Writes slot and generation into `handle`. */
  open(
    algorithm: number,
    digestSeed: Uint8Array,
    key: Uint8Array,
    kernel: number,
    handle: Uint32Array
  ): AddonStatus | undefined
  crypt(slot: number, generation: number, body: Uint8Array): AddonStatus | undefined
  recognize(slot: number, generation: number, body: Uint8Array): boolean | AddonStatus
  seal(slot: number, generation: number, body: Uint8Array): AddonStatus | undefined
  tag(slot: number, generation: number, tag: Uint8Array): AddonStatus | undefined
  close(slot: number, generation: number): AddonStatus | undefined
  /** Crypts `count` bodies, the first at `first`, each `stride` octets after the one before; all or nothing. */
  cryptBatch(
    handles: Uint32Array,
    cells: Uint8Array,
    first: number,
    stride: number,
    count: number
  ): AddonStatus | undefined
  /** `end`: 0 relay, 1 origin. Writes slot and generation into `handle`; CGO hops have handles of their own. */
  cgoOpen(
    end: number,
    material: Uint8Array,
    tweaks: Uint8Array,
    kernel: number,
    handle: Uint32Array
  ): AddonStatus | undefined
  cgoOutbound(slot: number, generation: number, command: number, body: Uint8Array): boolean | AddonStatus
  cgoInbound(slot: number, generation: number, command: number, body: Uint8Array): boolean | AddonStatus
  cgoOriginate(slot: number, generation: number, command: number, body: Uint8Array): AddonStatus | undefined
  cgoTag(slot: number, generation: number, tag: Uint8Array): AddonStatus | undefined
  cgoClose(slot: number, generation: number): AddonStatus | undefined
  /** A new descriptor of the same open file; -1 when there is none to be had. */
  duplicateDescriptor(descriptor: number): number
  closeDescriptor(descriptor: number): void
  /** Octets that the kernel may keep for a socket, in each direction; whether both were taken. */
  setSocketBuffers(descriptor: number, octets: number): boolean
  /** Writes those for sending and for receiving, as the kernel counts them; false for what is no socket. */
  socketBuffers(descriptor: number, out: Uint32Array): boolean | AddonStatus
  /** Of a TCP socket: congestion window, what is unacknowledged of it (segments), octets of a segment, octets not sent yet; false
   * where the system does not tell. */
  socketQueue(descriptor: number, out: Uint32Array): boolean | AddonStatus
  /** One datagram to a Unix socket, `@name` for an abstract one; whether it went out. */
  sendDatagram(path: Uint8Array, octets: Uint8Array): boolean
  /** Directions and CGO hops open in this thread. */
  openDirections(): number
  /** AES-CTR over `data` in place, `step` octets a call. */
  counterMode(
    kernel: number,
    key: Uint8Array,
    counter: Uint8Array,
    data: Uint8Array,
    step: number
  ): AddonStatus | undefined
  /** `digest`: 0 SHA-1, 1 SHA3-256. Writes the digest so far into `digests` after every `step` octets. */
  runningDigest(
    kernel: number,
    digest: number,
    data: Uint8Array,
    step: number,
    digests: Uint8Array
  ): AddonStatus | undefined
}

export type LoadedAddon =
  | {readonly addon: Addon; readonly path: string; readonly reason?: undefined}
  | {readonly addon?: undefined; readonly reason: string}

function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
  return folder
}

/** Why there is no addon at all: as scripts/build-native.mjs noted it, or, installed, because none came with the package. */
function absence(root: string): string {
  if (!existsSync(join(root, 'CMakeLists.txt')))
    return `this package holds none for ${process.platform} on ${process.arch}`
  try {
    const status: unknown = JSON.parse(readFileSync(join(root, 'build', 'native-status.json'), 'utf8'))
    if (typeof status === 'object' && status !== null && 'reason' in status) return String(status.reason)
  } catch {
    // Never built.
  }
  return 'it has not been built'
}

/** What an addon of older sources would lack: the newest of each file of native/addon. */
const NEWEST = [
  'canCarryLinks',
  'socketQueue',
  'promptThread',
  'ntorAnswer',
  'loadOpen',
  'shardThreads',
  'cgoOpen',
  'enterSandbox'
] as const satisfies readonly (keyof Addon)[]

function load(path: string): Addon {
  const loaded: unknown = createRequire(import.meta.url)(path)
  if (typeof loaded === 'object' && loaded !== null && NEWEST.every(name => name in loaded))
    return loaded as Addon
  throw new Error('it is no addon of this version')
}

/** Looks for the addon as an environment asks for it, and throws where that cannot be had. */
export function findAddon(environment: NodeJS.ProcessEnv): LoadedAddon {
  const plane = environment['RAMSON_DATAPLANE'] ?? ''
  if (plane === 'plain') return {reason: 'RAMSON_DATAPLANE=plain'}
  if (plane !== '' && plane !== 'addon') {
    throw new Error(`RAMSON_DATAPLANE=${plane}: it is either 'addon' or 'plain'`)
  }
  const forced = environment['RAMSON_ADDON'] ?? ''
  // The only error that a loadable addon throws at load is about the kernel; forced, it must not pass in silence.
  const mustLoad = plane === 'addon' || forced !== '' || (environment['RAMSON_KERNEL'] ?? '') !== ''
  const root = packageRoot()
  const paths =
    forced === ''
      ? [
          join(root, 'build', 'Release', 'ramson.node'),
          join(root, 'prebuilds', `${process.platform}-${process.arch}`, 'ramson.node')
        ]
      : [forced]
  let reason: string | undefined
  for (const path of paths.filter(existsSync)) {
    try {
      return {addon: load(path), path}
    } catch (error) {
      reason ??= `${path} does not load: ${error instanceof Error ? error.message : String(error)}`
    }
  }
  reason ??= forced === '' ? absence(root) : `RAMSON_ADDON=${forced}: there is no such file`
  if (mustLoad) throw new Error(`The native addon was asked for but cannot be had: ${reason}`)
  return {reason}
}

let loaded: LoadedAddon | undefined

/** The addon of this process, looked for once per thread. Throws where the environment asks for what cannot be had. */
export function loadAddon(): LoadedAddon {
  loaded ??= findAddon(process.env)
  return loaded
}
