// What the control port asks of the node that it controls: small interfaces, which app fulfils. Nothing here tells of
// circuits, streams or links of others: a relay's controller sees what the node does for itself (C tor shows no more).

import type {Fault} from '../fault/fault.ts'
import type {Result} from '../fault/result.ts'
import type {NetDir} from '../netdir/net-dir.ts'
import type {ConsensusFlavour} from '../netdoc/consensus/consensus.ts'
import type {Microdescriptor} from '../netdoc/microdescriptor.ts'

/** In words for the controller. */
export type ControlFault<Code extends string = string> = Fault<Code, {readonly message: string}>

export interface ControlledNode {
  /** In C tor's scheme, because controllers decide by it what they may ask. */
  readonly version: string
  readonly facts: NodeFacts
  readonly settings: ControlledSettings
  readonly network: ControlledNetwork
  readonly circuits: ControlledCircuits
  readonly streams: ControlledStreams
  readonly addresses: ControlledAddresses
  readonly onions: ControlledOnions
  readonly descriptors: ControlledDescriptors
  signal(signal: ControlSignal): void
  /** Entry guards, vanguards: forgotten and chosen anew. */
  dropGuards(): void
}

export type ControlSignal =
  | 'RELOAD'
  | 'SHUTDOWN'
  | 'HALT'
  | 'DUMP'
  | 'DEBUG'
  | 'NEWNYM'
  | 'CLEARDNSCACHE'
  | 'HEARTBEAT'
  | 'DORMANT'
  | 'ACTIVE'

export type ListenerKind =
  | 'or'
  | 'extor'
  | 'dir'
  | 'socks'
  | 'trans'
  | 'natd'
  | 'dns'
  | 'control'
  | 'httptunnel'
  | 'metrics'

export interface Bootstrap {
  readonly progress: number
  readonly tag: string
  readonly summary: string
}

/** What is so at this moment. */
export interface NodeFacts {
  readonly startedAtMs: number
  /** Undefined for whoever is no relay. */
  readonly relay: RelayFacts | undefined
  bytesRead(): number
  bytesWritten(): number
  address(family: 'ipv4' | 'ipv6'): string | undefined
  bootstrap(): Bootstrap
  /** Any circuit of our own has come about. */
  hasBuiltCircuit(): boolean
  isDormant(): boolean
  maxMemInQueues(): number
  descriptorLimit(): number
  user(): string
  /** Octets read and written in each of the last seconds. */
  bandwidthCache(): readonly (readonly [number, number])[]
  /** By what stands behind `accounting/`; undefined: there is no such thing. */
  accounting(what: string): string | undefined
  /** `host:port`, or `unix:` and a path. */
  listeners(kind: ListenerKind): readonly string[]
  /** As C tor writes them: `$FINGERPRINT~nickname up`, or why not. */
  entryGuards(): readonly string[]
  /** Lines `$FINGERPRINT~nickname CONNECTED` of links to relays. */
  links(): readonly string[]
}

export interface RelayFacts {
  /** 40 hexadecimal digits in upper case. */
  readonly fingerprint: string
  isReachable(): boolean
  /** Our own router descriptor; undefined until there is one. */
  descriptor(): string | undefined
  extraInfo(): string | undefined
  exitPolicy(): readonly string[]
  readonly countries: CountriesOfAddresses
  onionSkins(kind: 'ntor' | 'tap'): {readonly requested: number; readonly assigned: number}
}

/** From the files that GeoIPFile and GeoIPv6File name. */
export interface CountriesOfAddresses {
  has(family: 'ipv4' | 'ipv6'): boolean
  /** Two letters in lower case, or `??`. `address`: 4 or 16 octets. */
  country(address: Uint8Array): string
}

/** Of SETCONF and its like, by the status that they are answered with. */
export type SettingsFault = ControlFault<'unknown-option' | 'bad-value' | 'refused-transition' | 'unwritable'>

export interface SettingLine {
  readonly name: string
  /** Undefined: back to the default. */
  readonly value: string | undefined
}

export interface ControlledSettings {
  readonly torrcFile: string
  readonly defaultsFile: string
  /** Its lines in force, undefined for a name that means nothing; an empty list: no value and no default. */
  get(name: string): {readonly name: string; readonly values: readonly string[]} | undefined
  /** The lines of onion services in their order. */
  onionServices(): readonly {readonly name: string; readonly value: string}[]
  /** Name and C tor's word for the type. */
  names(): readonly (readonly [string, string])[]
  defaults(): readonly (readonly [string, string])[]
  text(): string
  set(lines: readonly SettingLine[]): Promise<Result<undefined, SettingsFault>>
  /** The options of these names back to their defaults, then the lines that have a value. */
  reset(lines: readonly SettingLine[]): Promise<Result<undefined, SettingsFault>>
  /** All settings anew, from the text of a torrc. */
  load(text: string): Promise<Result<undefined, SettingsFault>>
  save(): Result<undefined, SettingsFault>
}

export type MappingFault = ControlFault<'bad-mapping' | 'too-many'>

/** What applications ask the SocksPort for, and what is reached in its place. */
export interface ControlledAddresses {
  /** Gives `from`. */
  map(from: string, to: string): Result<string, MappingFault>
  /** Gives an address of the kind that is mapped to `to` and to nothing else. */
  virtual(kind: 'name' | 'ipv4' | 'ipv6', to: string): Result<string, MappingFault>
  /** Of the settings, of controllers, or all. */
  list(source?: 'config' | 'control'): readonly {readonly from: string; readonly to: string}[]
}

export interface ControlledNetwork {
  netDir(): NetDir | undefined
  isEnough(): boolean
  /** As it came; undefined where there is none. */
  consensus(flavour: ConsensusFlavour): string | undefined
  microdescriptor(digest: Uint8Array): Microdescriptor | undefined
}

export type CircuitStatus = 'LAUNCHED' | 'BUILT' | 'EXTENDED' | 'FAILED' | 'CLOSED'

/** What a controller may say that a circuit is for. */
export type ControllerPurpose = 'GENERAL' | 'CONTROLLER'

/** A circuit that this node built. */
export interface ControlledCircuit {
  readonly id: number
  readonly status: CircuitStatus
  /** `$FINGERPRINT` and, where it is known, `~nickname`, of the hops that are there. */
  readonly path: readonly string[]
  readonly purpose: string
  readonly isOneHop: boolean
  readonly createdAt: Date
  /** Why it failed or closed. */
  readonly reason: string | undefined
  readonly remoteReason: string | undefined
}

export type CircuitFault = ControlFault<
  'no-such-circuit' | 'no-such-relay' | 'no-descriptor' | 'cannot-start' | 'cannot-extend' | 'too-many'
>

export interface ControlledCircuits {
  list(): readonly ControlledCircuit[]
  has(id: number): boolean
  /** @param relays names or fingerprints; empty: a path by the rules */
  launch(relays: readonly string[], purpose: ControllerPurpose): Result<number, CircuitFault>
  extend(id: number, relays: readonly string[]): Result<number, CircuitFault>
  close(id: number): void
  setPurpose(id: number, purpose: ControllerPurpose): void
}

export interface ControlledStream {
  readonly id: number
  readonly status: string
  /** 0: none yet. */
  readonly circuit: number
  /** `host:port` */
  readonly target: string
}

export type StreamFault = ControlFault<'no-such-stream' | 'not-waiting' | 'no-such-circuit' | 'cannot-attach'>

export interface ControlledStreams {
  list(): readonly ControlledStream[]
  has(id: number): boolean
  /** @param circuit 0: as the node sees fit */
  attach(id: number, circuit: number): Result<undefined, StreamFault>
  redirect(id: number, host: string, port: number | undefined): Result<undefined, StreamFault>
  close(id: number): Result<undefined, StreamFault>
}

export interface NewOnionPort {
  readonly virtualPort: number
  readonly target:
    | {readonly kind: 'tcp'; readonly host: string; readonly port: number}
    | {readonly kind: 'unix'; readonly path: string}
}

export interface NewOnion {
  /** 64 octets, scalar and prefix; undefined: a new key. */
  readonly expandedKey: Uint8Array | undefined
  readonly ports: readonly NewOnionPort[]
  readonly maxStreams: number
  readonly whenMaxStreams: 'close-circuit' | 'refuse-stream'
  /** X25519; empty: everybody may come. */
  readonly clients: readonly Uint8Array[]
}

export interface AddedOnion {
  /** 56 characters, without `.onion`. */
  readonly id: string
  /** 64 octets. */
  readonly expandedKey: Uint8Array
}

export interface ControlledOnions {
  add(onion: NewOnion): Result<AddedOnion, ControlFault<'collision' | 'bad-key' | 'too-many'>>
  /** False: there is none that a controller added under this name. */
  remove(id: string): boolean
  clientAuth: ControlledClientAuth
}

export interface ClientAuthEntry {
  /** Of the service, without `.onion`. */
  readonly address: string
  readonly secret: Uint8Array
  readonly nickname: string | undefined
  readonly isPermanent: boolean
}

export interface ControlledClientAuth {
  list(): readonly ClientAuthEntry[]
  /** `replaced`: there was one before. */
  add(
    entry: ClientAuthEntry
  ): Result<'added' | 'replaced', ControlFault<'no-directory' | 'unwritable' | 'too-many'>>
  remove(address: string): boolean
}

export interface ControlledDescriptors {
  /** What the client's cache has, decrypted in its outer layer alone, as it came. */
  cached(identity: Uint8Array): string | undefined
  /** What our own service of this name publishes. */
  own(identity: Uint8Array): string | undefined
  /** Begins; what comes of it are events. Undefined: a server is not known, which one is returned in the fault. */
  fetch(identity: Uint8Array, servers: readonly string[]): Result<undefined, ControlFault<'no-such-relay'>>
  publish(
    descriptor: string,
    servers: readonly string[],
    identity: Uint8Array | undefined
  ): Result<undefined, ControlFault<'no-such-relay' | 'invalid'>>
}
