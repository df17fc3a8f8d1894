// A relay's own descriptor over time: watches for a reason to publish, prints it, and has it uploaded.

import {release, type as systemName} from 'node:os'
import {toBase64} from '../bytes/base64.ts'
import {equal} from '../bytes/octets.ts'
import type {AddressFamily} from '../config/address.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import {sha1} from '../crypto/digest.ts'
import {rsaIdentity} from '../crypto/rsa.ts'
import type {RelayKeys} from '../datadir/relay-keys.ts'
import type {RelayState} from '../datadir/state-file.ts'
import type {Logger} from '../log/logger.ts'
import type {AddressPort} from '../netdoc/address.ts'
import {formatTime} from '../netdoc/time.ts'
import {BandwidthHistory} from '../roles/relay/bandwidth-history.ts'
import {type OwnDocuments, ownDocuments, type RelayProfile} from '../roles/relay/own-documents.ts'
import {protocolsLine} from '../roles/relay/protocols.ts'
import {
  type Published,
  type PublishReason,
  type PublishSituation,
  reasonToPublish
} from '../roles/relay/publish-rules.ts'
import {Publisher} from '../roles/relay/publisher.ts'
import {authoritySources} from './dir-sources.ts'
import type {FamilyMembership} from './family-membership.ts'
import type {NetworkKnowledge} from './network-knowledge.ts'
import type {RelayAddress} from './relay-address.ts'
import {openDirStream, type RelayCore} from './relay-core.ts'
import type {RelayStatistics} from './relay-statistics.ts'
import {restoreHistory, saveHistory} from './saved-history.ts'
import {versionText} from './version.ts'

export interface OwnPublicationDeps {
  readonly logger: Logger
  readonly address: RelayAddress
  readonly network: NetworkKnowledge
  readonly core: RelayCore
  readonly keys: () => RelayKeys
  readonly family: FamilyMembership
  readonly config: () => RelayConfig
  /** The port to publish. */
  readonly orPort: (family: AddressFamily) => number | undefined
  readonly isReachable: (family: AddressFamily) => boolean
  readonly isHibernating: () => boolean
  /** When the relay was last overloaded, where that is still to be told. */
  readonly overloadedAt: (now: Date) => Date | undefined
  /** Where the bandwidth histories are kept over a restart. */
  readonly state: RelayState
  /** Besides the bandwidth histories. */
  readonly statistics?: Pick<RelayStatistics, 'lines' | 'isReady'> | undefined
  /** Hears of every new pair of documents, published or not: a directory serves its own. */
  readonly printed?: (documents: OwnDocuments) => void
}

export class OwnPublication {
  readonly #deps: OwnPublicationDeps
  readonly #publisher: Publisher
  readonly #bandwidth = new BandwidthHistory(nowSeconds())
  readonly #startedAtMs = Date.now()
  #last: Published | undefined
  #unsent: {readonly documents: OwnDocuments; readonly reason: PublishReason} | undefined
  #stopped = false

  constructor(deps: OwnPublicationDeps) {
    this.#deps = deps
    restoreHistory(this.#bandwidth, deps.state, nowSeconds())
    const logger = deps.logger.about('dir')
    this.#publisher = new Publisher({
      authorities: () => authoritySources(deps.config()),
      openDirStream: hop => openDirStream(deps.core, hop),
      uploaded: (authority, outcome, detail) => {
        if (outcome === 'accepted') logger.info(`${authority.name} has our descriptor (${detail}).`)
        else logger.notice(`${authority.name} does not have our descriptor: ${outcome}, ${detail}.`)
      }
    })
  }

  /** The best ten seconds, in octets a second. */
  get observedBandwidth(): number {
    return this.#bandwidth.observed
  }

  /** Once a second. */
  second(): void {
    const {bytesRead, bytesWritten} = this.#deps.core.plane.counters
    this.#bandwidth.second(nowSeconds(), bytesRead, bytesWritten)
    this.consider()
  }

  /** Prints our documents anew if there is a reason to, and publishes what is printed as soon as it may be. */
  consider(): void {
    if (this.#stopped || this.#deps.config().disableNetwork) return
    this.#printIfDue()
    if (this.#unsent === undefined || !this.#deps.config().publishServerDescriptor) return
    if (!this.#deps.isReachable('ipv4')) return
    const {documents, reason} = this.#unsent
    this.#unsent = undefined
    this.#deps.logger.about('dir').info(`Publishing our descriptor: ${reason}.`)
    this.#publisher.publish(documents, reason)
  }

  #printIfDue(): void {
    const {keys} = this.#deps
    const profile = this.#profile()
    if (profile === undefined || this.#deps.statistics?.isReady === false) return
    const now = new Date()
    const situation: PublishSituation = {
      profile,
      keys: keyNames(keys()),
      observed: this.#bandwidth.observed,
      isHibernating: this.#deps.isHibernating(),
      listing: this.#listing()
    }
    const reason = reasonToPublish(this.#last, situation, Number(now))
    if (reason === undefined) return
    this.#last = {...situation, atMs: Number(now)}
    const documents = this.#print(profile, now)
    this.#unsent = {documents, reason}
    this.#deps.printed?.(documents)
  }

  /** Writes the histories into the state, which its owner saves. */
  remember(): void {
    saveHistory(this.#bandwidth, this.#deps.state)
  }

  /** Nothing is sent any more that was to be sent again; what is published next is printed anew. */
  pause(): void {
    this.#publisher.stop()
    this.#unsent = undefined
    this.#last = undefined
  }

  stop(): void {
    this.#stopped = true
    this.#publisher.stop()
  }

  #print(profile: RelayProfile, published: Date): OwnDocuments {
    const {identity, onion} = this.#deps.keys()
    const {lifetimeMs, graceMs} = this.#deps.network.onionKeySchedule()
    return ownDocuments(
      profile,
      {
        published,
        uptimeSeconds: Math.floor((Date.now() - this.#startedAtMs) / 1000),
        observed: this.#bandwidth.observed,
        isHibernating: this.#deps.isHibernating(),
        overloadedAt: this.#deps.overloadedAt(published),
        familyCerts: this.#deps.family.certs(identity.ed25519, published),
        statistics: this.#statistics()
      },
      protocolsLine(),
      {
        identity: identity.rsa,
        signing: identity.signing.key,
        signingCert: identity.signing.cert,
        ed25519: identity.ed25519,
        onionKeyTap: onion.tap,
        ntorOnionKey: onion.ntor,
        onionKeysExpireAt: new Date(onion.setAt.getTime() + lifetimeMs + graceMs)
      }
    )
  }

  #statistics(): string[] {
    const config = this.#deps.config()
    if (!config.extraInfoStatistics) return []
    return [
      ...this.#bandwidth.historyLines(formatTime),
      ...(this.#deps.statistics?.lines(nowSeconds(), config) ?? [])
    ]
  }

  #profile(): RelayProfile | undefined {
    const config = this.#deps.config()
    const ipv4 = this.#endpoint('ipv4')
    if (ipv4 === undefined) return undefined
    return {
      nickname: config.nickname,
      contact: config.contactInfo,
      // The network says when clients no longer go by lists of fingerprints (proposal 321).
      family: this.#deps.network.param('publish-family-list') === 0 ? [] : config.myFamily,
      familyIds: this.#deps.family.ids,
      platform: `${versionText()} on ${systemName()} ${release().split('-')[0]}`,
      ipv4,
      ipv6: this.#deps.isReachable('ipv6') ? this.#endpoint('ipv6') : undefined,
      rate: config.relayBandwidthRate,
      burst: config.relayBandwidthBurst,
      maxAdvertised: config.maxAdvertisedBandwidth,
      isHiddenServiceDir: config.dirCache,
      isTunnelledDirServer: config.dirCache
    }
  }

  #endpoint(family: AddressFamily): AddressPort | undefined {
    const address = this.#deps.address[family]
    const port = this.#deps.orPort(family)
    return address === undefined || port === undefined ? undefined : {address, port}
  }

  /** What the newest consensus says of us, if it is newer than our last publication. */
  #listing(): PublishSituation['listing'] {
    const {netDir} = this.#deps.network
    if (netDir === undefined || this.#last === undefined) return 'unknown'
    if (Number(netDir.validAfter) <= this.#last.atMs) return 'unknown'
    const identity = rsaIdentity(this.#deps.keys().identity.rsa.public)
    const relay = netDir.relays.find(({status}) => equal(status.identity, identity))
    if (relay === undefined) return 'missing'
    return relay.status.flags.has('StaleDesc') ? 'stale' : 'listed'
  }
}

/** Changes exactly when the descriptor has other keys to tell. */
function keyNames({identity, onion}: RelayKeys): string {
  return toBase64(sha1(identity.signing.cert, onion.ntor.public))
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
