// A relay's defences against those who ask for too much, put together: the limits by client address, the bound on each
// circuit's queue, and what happens when memory runs low. All of them take their values anew at a reload and with every
// consensus.
//
//   RelayDefences ─▶ core is opened with `addresses` as its gate ─▶ attach(core) ─▶ configure(…) as often as things change

import {newCircuitCounters} from '../circuit/circuit-counters.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import {randomWithin} from '../crypto/random.ts'
import type {Logger} from '../log/logger.ts'
import {AddressDefence} from '../roles/relay/dos/address-defence.ts'
import {type DosTotalsSources, dosTotals} from '../roles/relay/dos/dos-outcomes.ts'
import {type ConsensusParam, dosParams} from '../roles/relay/dos/dos-params.ts'
import {queueLimits} from '../roles/relay/dos/queue-limits.ts'
import {StreamDefence, streamDefenceParams} from '../roles/relay/dos/stream-defence.ts'
import {MemoryPressure, type MemorySubsystem, type TrimmableMemory} from '../roles/relay/memory-pressure.ts'
import {Overload} from '../roles/relay/overload.ts'
import {SocketExhaustion, type SocketExhaustionDeps} from '../roles/relay/socket-exhaustion.ts'
import {descriptors} from './monitor/process-readings.ts'
import type {RelayCore} from './relay-core.ts'

/** So often that what comes in between two checks is little against the least MaxMemInQueues. */
const MEMORY_CHECK_MS = 50
const FORGET_MS = 60_000
const DESCRIPTORS_MS = 1000
const LOG_MS = 10 * 60_000

export interface RelayDefencesDeps {
  readonly param: ConsensusParam
  readonly isListed: (rsaIdentity: Uint8Array) => boolean
  readonly logger: Logger
}

export class RelayDefences {
  readonly addresses: AddressDefence
  readonly streams: StreamDefence
  readonly overload = new Overload()
  readonly #deps: RelayDefencesDeps
  readonly #timers: NodeJS.Timeout[] = []
  #config: RelayConfig
  #core: RelayCore | undefined
  #memory: MemoryPressure | undefined
  #sockets: SocketExhaustion | undefined
  #portsExhausted = 0

  constructor(config: RelayConfig, deps: RelayDefencesDeps) {
    this.#config = config
    this.#deps = deps
    this.addresses = new AddressDefence(
      {params: dosParams(deps.param, config.dos)},
      {nowMs: () => performance.now(), randomWithin, isListed: deps.isListed}
    )
    this.streams = new StreamDefence(streamDefenceParams(deps.param, config.dos.streamCreation), () =>
      performance.now()
    )
  }

  /** Octets freed under memory pressure since the start, by subsystem. */
  get freed(): Readonly<Record<MemorySubsystem, number>> | undefined {
    return this.#memory?.freed
  }

  /** Channels closed because file descriptors ran short, since the start. */
  get channelsShed(): number {
    return this.#sockets?.closed ?? 0
  }

  /** Octets that count against MaxMemInQueues. */
  get memoryBytes(): number {
    return this.#memory?.bytes ?? 0
  }

  /** What all defences did since the start, by the labels of tor_relay_dos_total; roles count what they refused. */
  totals(refusedByRoles: Pick<DosTotalsSources, 'singleHopRefused' | 'introduce2Rejected'>) {
    const violations = this.#core?.circuitCounters.violations ?? newCircuitCounters().violations
    const streamsRejected = this.streams.rejected
    return dosTotals({addresses: this.addresses.counters, violations, streamsRejected, ...refusedByRoles})
  }

  /**
   * Looks after the core from now on.
   * @param caches give memory back, in this order, before any stream or circuit does
   * @param otherBytes octets that count as well, without being given back here
   */
  attach(core: RelayCore, caches: readonly TrimmableMemory[], otherBytes = () => 0): void {
    this.#core = core
    this.#memory = new MemoryPressure({
      plane: core.plane,
      trimmable: [...caches, unreadStreams(core)],
      otherBytes,
      limitBytes: () => this.#config.maxMemInQueues,
      overloaded: freed => this.#overloaded(freed)
    })
    this.#sockets = relaySocketExhaustion(core, {descriptors, shed: (...shed) => this.#shed(...shed)})
    core.channels.onOpened(({info}) => this.addresses.channelOpened(info))
    this.configure(this.#config)
    this.#every(MEMORY_CHECK_MS, () => this.#memory?.check())
    this.#every(FORGET_MS, () => this.addresses.forget())
    this.#every(DESCRIPTORS_MS, () => this.#checkSockets(core))
  }

  /** Takes the values of the settings and of the consensus of the moment. */
  configure(config: RelayConfig): void {
    this.#config = config
    this.addresses.configure(dosParams(this.#deps.param, config.dos))
    this.streams.configure(streamDefenceParams(this.#deps.param, config.dos.streamCreation))
    this.#core?.plane.setLimits(queueLimits(this.#deps.param, config.priorityHalfLifeMs))
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer)
  }

  #checkSockets({registry}: RelayCore): void {
    const isSeen = registry.portsExhausted > this.#portsExhausted
    this.#portsExhausted = registry.portsExhausted
    if (!this.#config.disableSocketCheck) this.#sockets?.check(isSeen ? 'exhaustion-seen' : 'routine')
  }

  #shed(channels: number, open: number): void {
    this.#deps.logger
      .limited('descriptors-short', LOG_MS)
      .notice(
        `There are ${open} open file descriptors: ${channels} channels with the fewest circuits were closed.`
      )
  }

  #overloaded({cell, hsdir}: Readonly<Record<MemorySubsystem, number>>): void {
    this.overload.note(new Date())
    this.#deps.logger
      .limited('memory-pressure', LOG_MS)
      .notice(
        `We are low on memory (MaxMemInQueues). Took ${hsdir} octets back from the HSDir cache and ${cell} from circuits ` +
          'whose cells had waited longest.'
      )
  }

  #every(ms: number, what: () => void): void {
    const timer = setInterval(what, ms)
    timer.unref()
    this.#timers.push(timer)
  }
}

/** The core's channels by what they are worth. */
export function relaySocketExhaustion(
  core: RelayCore,
  deps: Pick<SocketExhaustionDeps, 'descriptors' | 'shed'>
): SocketExhaustion {
  return new SocketExhaustion({
    ...deps,
    channels: () =>
      [...core.channels.values()].map(({info: {channel, peer}}) => ({
        channel,
        circuits: core.registry.ends.count(channel),
        isClient: peer.kind === 'client'
      })),
    close: channel => core.plane.closeChannel(channel)
  })
}

function unreadStreams({unread}: RelayCore): TrimmableMemory {
  return {
    subsystem: 'cell',
    bytes: () => unread.octets,
    keptBytes: () => 0,
    trim: octets => unread.shed(octets)
  }
}
