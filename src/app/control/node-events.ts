// What happens in a node, told to the controllers that listen. Some of it is heard as it happens; what nobody tells (bytes
// moved, a consensus that came, how far the start has come) is looked at once a second.

import {toBase64Unpadded} from '../../bytes/base64.ts'
import {toLatin1} from '../../bytes/octets.ts'
import type {ControlEvents, EventName} from '../../control/events.ts'
import {bootstrapLine} from '../../control/info/status-info.ts'
import {circuitLine, purposeLine, streamLine} from '../../control/own-lines.ts'
import {longName} from '../../control/relay-names.ts'
import {printStatus} from '../../control/status-entry.ts'
import {printOnionAddress} from '../../crypto/hs/onion-address.ts'
import type {Log} from '../../log/log.ts'
import type {Severity} from '../../log/severity.ts'
import type {Relay} from '../../netdir/relay.ts'
import type {DescriptorFailure, DescriptorRequest} from '../../roles/client/descriptor-source.ts'
import type {ClientStream} from '../client-streams.ts'
import type {DescriptorListener} from '../descriptor-events.ts'
import type {BandwidthCache} from './bandwidth-cache.ts'
import {CircuitTrafficWatch} from './circuit-traffic-watch.ts'
import type {Controllable} from './controllable.ts'
import type {CircuitsOfNode} from './controlled-circuits.ts'
import {type FactsOfNode, linkName} from './controlled-facts.ts'
import type {StreamsOfNode} from './controlled-streams.ts'
import {StreamTrafficWatch} from './stream-traffic-watch.ts'

export interface NodeEventsDeps {
  readonly node: Controllable
  readonly events: ControlEvents
  readonly facts: FactsOfNode
  readonly circuits: CircuitsOfNode
  readonly streams: StreamsOfNode
  readonly bandwidth: BandwidthCache
  readonly log: Log
}

const SECOND_MS = 1000
/** From chattiest to gravest. */
const SEVERITY_EVENTS: readonly (readonly [EventName, Severity])[] = [
  ['DEBUG', 'debug'],
  ['INFO', 'info'],
  ['NOTICE', 'notice'],
  ['WARN', 'warn'],
  ['ERR', 'err']
]
const FAILURES: Readonly<Record<DescriptorFailure, string>> = {
  unreachable: 'UNEXPECTED',
  'not-found': 'NOT_FOUND',
  refused: 'QUERY_REJECTED',
  malformed: 'BAD_DESC',
  'client-auth': 'BAD_DESC'
}
const ACCEPTED = 200

export class NodeEvents {
  readonly #deps: NodeEventsDeps
  readonly #ending: (() => void)[] = []
  #unwatchLog: (() => void) | undefined
  #logSeverity: Severity | undefined
  #consensus: unknown
  #bootstrapTag = ''
  #isEstablished = false
  #isLive = false
  #isReachable: boolean | undefined
  #descriptor: string | undefined
  #guards: ReadonlyMap<string, string> = new Map()
  readonly #circuitTraffic = new CircuitTrafficWatch()
  readonly #streamTraffic = new StreamTrafficWatch()

  constructor(deps: NodeEventsDeps) {
    this.#deps = deps
    const {node, events, circuits, streams, bandwidth} = deps
    this.#consensus = node.netDir()?.consensus
    this.#bootstrapTag = deps.facts.bootstrap().tag
    this.#isEstablished = deps.facts.hasBuiltCircuit()
    this.#isReachable = node.relay?.isReachable()
    this.#descriptor = node.relay?.descriptor()
    this.#lookAtGuards()
    const timer = setInterval(() => this.#second(), SECOND_MS)
    timer.unref()
    node.side.descriptorEvents.listener = this.#descriptorListener()
    this.#ending.push(
      () => clearInterval(timer),
      () => {
        node.side.descriptorEvents.listener = undefined
      },
      node.core.own.onChange(entry => events.tell('CIRC', () => circuitLine(circuits.describe(entry)))),
      node.core.own.onPurposeChange((entry, before) => {
        events.tell('CIRC_MINOR', () => purposeLine(circuits.describe(entry), before))
      }),
      node.side.streams.onChange(stream => {
        // What it carried last is told before its end.
        if (stream.status === 'CLOSED') this.#tellTraffic(stream)
        events.tell('STREAM', () => {
          const purpose = stream.status === 'NEW' ? ' PURPOSE=USER' : ''
          return `${streamLine(streams.describe(stream))}${purpose}`
        })
      })
    )
    node.core.channels.onOpened(channel => this.#link(linkName(channel, node.netDir()), 'CONNECTED', channel))
    node.core.channels.onClosed(channel => this.#link(linkName(channel, node.netDir()), 'CLOSED', channel))
    bandwidth.second(node.core.plane.counters)
  }

  close(): void {
    for (const end of this.#ending) end()
    this.#unwatchLog?.()
  }

  /** To be called when controllers listen to something else than before: the log is watched as far as they do. */
  subscriptionsChanged(): void {
    const {events, log} = this.#deps
    const least = SEVERITY_EVENTS.find(([name]) => events.wants(name))?.[1]
    if (least === this.#logSeverity) return
    this.#logSeverity = least
    this.#unwatchLog?.()
    this.#unwatchLog =
      least === undefined ? undefined : log.watch((severity, text) => this.#logged(severity, text), least)
  }

  #logged(severity: Severity, text: string): void {
    const name = SEVERITY_EVENTS.find(([, each]) => each === severity)?.[0]
    if (name !== undefined) this.#deps.events.tell(name, () => text)
  }

  #link(name: string | undefined, status: string, {info}: {readonly info: {readonly channel: number}}): void {
    if (name !== undefined) this.#deps.events.tell('ORCONN', () => `${name} ${status} ID=${info.channel}`)
  }

  #second(): void {
    const {node, events, bandwidth} = this.#deps
    const [read, written] = bandwidth.second(node.core.plane.counters)
    events.tell('BW', () => `${read} ${written}`)
    this.#circuitBandwidth()
    for (const stream of node.side.streams.list()) this.#tellTraffic(stream)
    this.#look()
    this.#lookAtRelay()
    this.#lookAtGuards()
  }

  /** What each circuit of ours carried in the last second, if anything (control-spec 4.1.19). */
  #circuitBandwidth(): void {
    const {node, events} = this.#deps
    if (!events.wants('CIRC_BW')) return
    for (const {id, circuit} of node.core.own.list()) {
      if (circuit === undefined) continue
      const line = this.#circuitTraffic.since(circuit)
      if (line !== undefined) events.tell('CIRC_BW', () => `ID=${id} ${line}`)
    }
  }

  /** What a stream carried since it was looked at last, if anything (control-spec 4.1.13). */
  #tellTraffic(stream: ClientStream): void {
    const {events} = this.#deps
    if (!events.wants('STREAM_BW')) return
    const line = this.#streamTraffic.since(stream)
    if (line !== undefined) events.tell('STREAM_BW', () => `${stream.id} ${line}`)
  }

  #lookAtRelay(): void {
    const {node, events, facts} = this.#deps
    const isLive = facts.links().length > 0
    if (isLive !== this.#isLive) {
      this.#isLive = isLive
      events.tell('NETWORK_LIVENESS', () => (isLive ? 'UP' : 'DOWN'))
    }
    const {relay} = node
    if (relay === undefined) return
    const isReachable = relay.isReachable()
    if (isReachable !== this.#isReachable) {
      this.#isReachable = isReachable
      const address = node.listeners('or')[0] ?? ''
      const what = isReachable ? 'REACHABILITY_SUCCEEDED' : 'CHECKING_REACHABILITY'
      events.tell('STATUS_SERVER', () => `NOTICE ${what} ORADDRESS=${address}`)
    }
    const descriptor = relay.descriptor()
    if (descriptor !== this.#descriptor) {
      this.#descriptor = descriptor
      events.tell('DESCCHANGED', () => '')
      events.tell('NEWDESC', () => longName(relay.fingerprint, node.netDir()))
    }
  }

  #lookAtGuards(): void {
    const {node, events} = this.#deps
    const before = this.#guards
    const {list} = node.side.guards
    this.#guards = new Map(
      list.map(({fingerprint, nickname, state}) => [`$${fingerprint}~${nickname}`, state])
    )
    if (!events.wants('GUARD')) return
    for (const [name, state] of this.#guards) {
      const old = before.get(name)
      if (old === undefined) events.tell('GUARD', () => `ENTRY ${name} NEW`)
      if (state !== old && state === 'reachable') events.tell('GUARD', () => `ENTRY ${name} UP`)
      if (state !== old && state === 'unreachable') events.tell('GUARD', () => `ENTRY ${name} DOWN`)
    }
    for (const name of before.keys()) {
      if (!this.#guards.has(name)) events.tell('GUARD', () => `ENTRY ${name} DROPPED`)
    }
  }

  #look(): void {
    const {node, events, facts} = this.#deps
    const netDir = node.netDir()
    if (netDir !== undefined && netDir.consensus !== this.#consensus) {
      this.#consensus = netDir.consensus
      const data = () => netDir.relays.map(printStatus).join('')
      events.tellLines('NEWCONSENSUS', () => [{text: 'NEWCONSENSUS', data: data()}, 'OK'])
      events.tellLines('NS', () => [{text: 'NS', data: data()}, 'OK'])
      events.tell('STATUS_CLIENT', () => 'NOTICE CONSENSUS_ARRIVED')
    }
    const bootstrap = facts.bootstrap()
    if (bootstrap.tag !== this.#bootstrapTag) {
      this.#bootstrapTag = bootstrap.tag
      events.tell('STATUS_CLIENT', () => bootstrapLine(bootstrap))
      if (bootstrap.tag === 'enough_dirinfo') events.tell('STATUS_CLIENT', () => 'NOTICE ENOUGH_DIR_INFO')
    }
    if (facts.hasBuiltCircuit() !== this.#isEstablished) {
      this.#isEstablished = facts.hasBuiltCircuit()
      const what = this.#isEstablished ? 'CIRCUIT_ESTABLISHED' : 'CIRCUIT_NOT_ESTABLISHED REASON=DORMANT'
      events.tell('STATUS_CLIENT', () => `NOTICE ${what}`)
    }
  }

  #descriptorListener(): DescriptorListener {
    const {node, events} = this.#deps
    const name = ({fingerprint}: Relay) => longName(fingerprint, node.netDir())
    const about = ({identity, blindedKey, hsdir}: DescriptorRequest) =>
      `${printOnionAddress(identity).replace('.onion', '')} NO_AUTH ${name(hsdir)} ${toBase64Unpadded(blindedKey)}`
    const content = (request: DescriptorRequest, data: string) => {
      const address = printOnionAddress(request.identity).replace('.onion', '')
      const text = `HS_DESC_CONTENT ${address} ${toBase64Unpadded(request.blindedKey)} ${name(request.hsdir)}`
      events.tellLines('HS_DESC_CONTENT', () => [{text, data}, 'OK'])
    }
    return {
      requested: request => events.tell('HS_DESC', () => `REQUESTED ${about(request)}`),
      received: (request, document) => {
        events.tell('HS_DESC', () => `RECEIVED ${about(request)}`)
        content(request, toLatin1(document))
      },
      failed: (request, why) => {
        events.tell('HS_DESC', () => `FAILED ${about(request)} REASON=${FAILURES[why]}`)
        content(request, '')
      },
      created: (address, blindedKey) => {
        events.tell('HS_DESC', () => `CREATED ${address} UNKNOWN UNKNOWN ${toBase64Unpadded(blindedKey)}`)
      },
      uploadBegun: (address, blindedKey, relay) => {
        events.tell(
          'HS_DESC',
          () => `UPLOAD ${address} UNKNOWN ${name(relay)} ${toBase64Unpadded(blindedKey)}`
        )
      },
      uploadEnded: (address, _blindedKey, relay, status) => {
        events.tell('HS_DESC', () =>
          status === ACCEPTED
            ? `UPLOADED ${address} UNKNOWN ${name(relay)}`
            : `FAILED ${address} UNKNOWN ${name(relay)} REASON=${status === undefined ? 'UNEXPECTED' : 'UPLOAD_REJECTED'}`
        )
      }
    }
  }
}
