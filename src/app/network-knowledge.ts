// What a node knows of the network: the documents, kept current and cached on disk, and the answers that the layers below
// ask of them. Everything here is empty until the first consensus, and the node works all the same.

import {randomInt} from 'node:crypto'
import {concat, equal} from '../bytes/octets.ts'
import type {ConsensusRelay} from '../channel/canonical.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import type {CachedDocuments} from '../datadir/cached-documents.ts'
import {DEFAULT_ONION_KEY_SCHEDULE, type OnionKeySchedule} from '../datadir/onion-key-files.ts'
import type {OpenChannel} from '../dataplane/channel-map.ts'
import type {DirSource, OpenDirStream} from '../directory/dir-source.ts'
import {Keeper} from '../directory/keeper.ts'
import {NetworkDocuments, type OfferFault} from '../directory/network-documents.ts'
import {ok, type Result} from '../fault/result.ts'
import type {Logger} from '../log/logger.ts'
import {NetDir} from '../netdir/net-dir.ts'
import {hasFlag, type Relay} from '../netdir/relay.ts'
import type {ConsensusFlavour, VerifiedConsensus} from '../netdoc/consensus/consensus.ts'
import type {Microdescriptor} from '../netdoc/microdescriptor.ts'
import {allSources} from './dir-sources.ts'
import type {NetworkView} from './relay-core.ts'

const DAY_MS = 24 * 3600_000
const TESTING_RETRY_MS = 400

export class NetworkKnowledge {
  readonly documents: NetworkDocuments
  readonly #config: RelayConfig
  readonly #cache: CachedDocuments
  readonly #logger: Logger
  #keeper: Keeper | undefined
  #netDir: NetDir | undefined
  #changed: () => void = () => {}

  private constructor(config: RelayConfig, cache: CachedDocuments, logger: Logger) {
    const identities = config.dirAuthorities.map(authority => authority.v3ident)
    this.documents = new NetworkDocuments(identities.filter(identity => identity !== undefined))
    this.#config = config
    this.#cache = cache
    this.#logger = logger.about('dir')
  }

  /** With what the cache directory holds, as far as it verifies. */
  static open(config: RelayConfig, cache: CachedDocuments, logger: Logger): NetworkKnowledge {
    const knowledge = new NetworkKnowledge(config, cache, logger)
    knowledge.#loadCache(new Date())
    return knowledge
  }

  /** The relays of the newest microdesc consensus. */
  get netDir(): NetDir | undefined {
    return this.#netDir
  }

  /** A consensus parameter as the consensus has it. */
  readonly param = (name: string): number | undefined => this.#netDir?.consensus.params.get(name)

  readonly view: NetworkView = {
    listed: rsaIdentity => this.#listed(rsaIdentity),
    allowNonearlyExtend: () => this.param('AllowNonearlyExtend') === 1,
    acceptsSendmeV0: () => (this.param('sendme_accept_min_version') ?? 0) < 1
  }

  /** `changed` is called after every new consensus and after microdescriptors; we never ask ourselves, nor anybody while idle. */
  start(
    openDirStream: OpenDirStream,
    changed: () => void,
    isOurselves: (source: DirSource) => boolean,
    isIdle: () => boolean
  ): void {
    this.#changed = changed
    const known = allSources(this.#config)
    const sources = known.filter(source => !isOurselves(source))
    // A lone authority has nobody to ask.
    if (sources.length === 0 && known.length > 0) return
    if (sources.length === 0) {
      this.#logger.notice(
        'No DirAuthority is set: the relay answers links and circuits and joins no network.'
      )
      return
    }
    this.#keeper = new Keeper({
      documents: this.documents,
      sources: () => sources,
      openDirStream,
      isIdle,
      flavours: this.#config.dirCache || this.#config.authority ? ['microdesc', 'ns'] : ['microdesc'],
      isCache: this.#config.dirCache,
      // Where consensuses come every few seconds nobody is spared by asking seldom.
      retryMaxMs: this.#config.testingTorNetwork ? TESTING_RETRY_MS : undefined,
      now: () => new Date(),
      events: {
        consensus: (flavour, consensus) => this.#gotConsensus(flavour, consensus),
        microdescriptors: fresh => this.#gotMicrodescriptors(fresh),
        certs: () => this.#save(this.#cache.writeCertificates(this.documents.certs.map(cert => cert.octets))),
        trouble: what => this.#logger.info(what)
      }
    })
    this.#keeper.start()
  }

  stop(): void {
    this.#keeper?.stop()
  }

  /** A consensus that did not come by way of a directory: the one that an authority has just made. */
  take(
    flavour: ConsensusFlavour,
    octets: Uint8Array,
    microdescriptors: readonly Uint8Array[]
  ): Result<void, OfferFault> {
    const offered = this.documents.offerConsensus(flavour, octets, new Date())
    if (!offered.ok) return offered
    if (flavour === 'microdesc') {
      const fresh = this.documents.offerMicrodescriptors(concat(...microdescriptors), new Date())
      const now = new Date()
      this.#save(
        this.#cache.appendMicrodescriptors(fresh.map(each => ({octets: each.octets, lastListed: now})))
      )
    }
    this.#gotConsensus(flavour, offered.value)
    return ok(undefined)
  }

  onionKeySchedule(): OnionKeySchedule {
    const days = (name: string, fallbackMs: number) => {
      const value = this.param(name)
      return value === undefined ? fallbackMs : Math.min(Math.max(value, 1), 90) * DAY_MS
    }
    return {
      lifetimeMs: days('onion-key-rotation-days', DEFAULT_ONION_KEY_SCHEDULE.lifetimeMs),
      graceMs: days('onion-key-grace-period-days', DEFAULT_ONION_KEY_SCHEDULE.graceMs)
    }
  }

  /** A directory authority knows what it sees; of others one could lie to us about our address. */
  isTrustedToSeeUs(channel: OpenChannel): boolean {
    const {peer} = channel
    if (peer.kind !== 'relay') return false
    return this.#config.dirAuthorities.some(authority => equal(authority.fingerprint, peer.rsaIdentity))
  }

  /** A running relay whose keys are known and that is fit, any as likely as another. */
  randomRelay(isFit: (relay: Relay) => boolean = () => true): Relay | undefined {
    const relays = (this.#netDir?.relays ?? []).filter(
      relay =>
        relay.keys !== undefined && hasFlag(relay, 'Running') && hasFlag(relay, 'Valid') && isFit(relay)
    )
    return relays.length === 0 ? undefined : relays[randomInt(relays.length)]
  }

  #listed(rsaIdentity: Uint8Array): ConsensusRelay | undefined {
    const relay = this.#netDir?.relayByIdentity(rsaIdentity)
    if (relay === undefined) return undefined
    const {ipv4, ipv6} = relay.status
    const addresses = ipv6 === undefined ? [ipv4.address] : [ipv4.address, ipv6.address]
    return {ed25519Identity: relay.ed25519, addresses}
  }

  #gotConsensus(flavour: ConsensusFlavour, consensus: VerifiedConsensus): void {
    this.#save(this.#cache.writeConsensus(flavour, consensus.octets))
    this.#logger.info(`A new consensus (${flavour}) lists ${consensus.relays.length} relays.`)
    if (flavour === 'microdesc') {
      this.#netDir = NetDir.fromMicrodescriptors(consensus, this.documents.microdescriptors())
      const kept = [...this.documents.microdescriptors()].map(microdescriptor => ({
        octets: microdescriptor.octets,
        lastListed: this.documents.lastListed(microdescriptor)
      }))
      this.#save(this.#cache.replaceMicrodescriptors(kept))
    }
    this.#changed()
  }

  #gotMicrodescriptors(fresh: readonly Microdescriptor[]): void {
    this.#netDir = this.#netDir?.withMicrodescriptors(fresh)
    const now = new Date()
    this.#save(this.#cache.appendMicrodescriptors(fresh.map(({octets}) => ({octets, lastListed: now}))))
    this.#changed()
  }

  #loadCache(now: Date): void {
    const certs = this.#cache.readCertificates()
    if (certs.ok && certs.value !== undefined) this.documents.offerCerts(certs.value)
    const microdescriptors = this.#cache.readMicrodescriptors()
    if (microdescriptors.ok && microdescriptors.value !== undefined) {
      this.documents.offerMicrodescriptors(microdescriptors.value, now)
    }
    for (const flavour of ['microdesc', 'ns'] as const) {
      const octets = this.#cache.readConsensus(flavour)
      if (octets.ok && octets.value !== undefined) this.documents.offerConsensus(flavour, octets.value, now)
    }
    const consensus = this.documents.consensus('microdesc')
    if (consensus === undefined) return
    this.#netDir = NetDir.fromMicrodescriptors(consensus, this.documents.microdescriptors())
  }

  #save(saved: {readonly ok: boolean}): void {
    if (!saved.ok) {
      this.#logger.limited('cache-unwritable', DAY_MS).warn('The cache directory cannot be written to.')
    }
  }
}
