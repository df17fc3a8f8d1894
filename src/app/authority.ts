// A directory authority, put together from its parts: the relays that it knows, what it has measured of them, the elections,
// and the files that it keeps. It is a relay besides; its votes and consensuses are served by that relay's directory.

import {ipFromText} from '../bytes/ip-address.ts'
import {equal, fromText, toLatin1} from '../bytes/octets.ts'
import type {AuthorityConfig} from '../config/authority-config.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import {randomOctets} from '../crypto/random.ts'
import {
  appendPinJournal,
  readPinJournal,
  readSharedRandom,
  writeSharedRandom
} from '../datadir/authority-files.ts'
import {type AuthorityKeys, loadOrCreateAuthorityKeys} from '../datadir/authority-keys.ts'
import {CachedDocuments} from '../datadir/cached-documents.ts'
import {type DataDirFault, printDataDirFault} from '../datadir/fault.ts'
import {readWhole} from '../datadir/file.ts'
import type {OpenChannel} from '../dataplane/channel-map.ts'
import type {ConnectHandle} from '../dataplane/contract.ts'
import type {DirSource, OpenDirStream} from '../directory/dir-source.ts'
import {ok, type Result} from '../fault/result.ts'
import type {Logger} from '../log/logger.ts'
import {parseRouterDescriptors} from '../netdoc/router-descriptor/parse-many.ts'
import type {RouterDescriptor} from '../netdoc/router-descriptor/router-descriptor.ts'
import {EarlyVote} from '../roles/authority/early-vote.ts'
import {MeasuredBandwidth} from '../roles/authority/measured-bandwidth.ts'
import {
  DEFAULT_REACHABILITY_OPTIONS,
  ReachabilityTester,
  testingReachability
} from '../roles/authority/reachability.ts'
import {RECOMMENDED_PROTOCOLS} from '../roles/authority/recommended-protocols.ts'
import {type AuthorityRoute, authorityRoutes} from '../roles/authority/routes.ts'
import {parseSharedRandomMemory, printSharedRandomMemory} from '../roles/authority/shared-random/memory.ts'
import {SharedRandomState} from '../roles/authority/shared-random/state.ts'
import {takeUpload} from '../roles/authority/uploads.ts'
import {ACCEPTANCE_DEFAULTS} from '../roles/authority/view/acceptance.ts'
import type {TestingFlags} from '../roles/authority/view/flags.ts'
import {KeyPins} from '../roles/authority/view/key-pins.ts'
import {RelaySet} from '../roles/authority/view/relay-set.ts'
import {type RelayOpinion, RelayView} from '../roles/authority/view/relay-view.ts'
import {Election} from '../roles/authority/voting/election.ts'
import {authorityPeers} from './authority-peers.ts'
import {authoritySources} from './dir-sources.ts'
import {logElection} from './election-log.ts'
import type {NetworkKnowledge} from './network-knowledge.ts'
import type {RelayCore} from './relay-core.ts'
import type {RelayDirectory} from './relay-directory.ts'
import {versionText} from './version.ts'

export interface AuthorityOptions {
  readonly config: RelayConfig
  readonly authority: AuthorityConfig
  readonly logger: Logger
  readonly network: NetworkKnowledge
  /** Our RSA identity as a relay, 20 octets. */
  readonly identity: Uint8Array
  /** Relays that a lone authority's first consensus waits for. */
  readonly expectedRelays: number | undefined
}

/** What an authority needs of the relay that it is as well. */
export interface AuthorityHost {
  readonly core: RelayCore
  readonly directory: RelayDirectory
  readonly openDirStream: OpenDirStream
  /** While true, no connection is made. */
  readonly isDormant: () => boolean
}

/** Descriptors are written down a little after they came, many at once. */
const SAVE_MS = 2000
const BANDWIDTH_FILE_MAX = 32 << 20

export class Authority {
  readonly routes: readonly AuthorityRoute[]
  readonly #options: AuthorityOptions
  readonly #keys: AuthorityKeys
  readonly #cache: CachedDocuments
  readonly #view: RelayView
  readonly #election: Election
  readonly #stopped = new AbortController()
  readonly #tester: ReachabilityTester
  /** Links of tests that are on their way. */
  readonly #testing = new Map<ConnectHandle, RouterDescriptor>()
  readonly #early: EarlyVote
  readonly #logger: Logger
  #host: AuthorityHost | undefined
  #measured = MeasuredBandwidth.NONE
  #opinion: RelayOpinion | undefined
  #saving: NodeJS.Timeout | undefined

  private constructor(
    options: AuthorityOptions,
    keys: AuthorityKeys,
    pins: KeyPins,
    sharedRandom: string | undefined
  ) {
    this.#options = options
    this.#keys = keys
    this.#cache = new CachedDocuments(options.config.cacheDirectory)
    this.#logger = options.logger.about('dirserv')
    this.#view = this.#makeView(pins)
    this.#election = this.#makeElection(sharedRandom)
    const {config, authority} = options
    this.#tester = new ReachabilityTester(
      config.testingTorNetwork
        ? testingReachability(authority.voting.intervalSeconds)
        : DEFAULT_REACHABILITY_OPTIONS,
      {
        descriptors: () => this.#view.descriptors,
        isRunning: identity => this.#view.isRunning(identity, new Date()),
        ownIdentity: options.identity,
        connect: descriptor => this.#connect(descriptor),
        gone: identity => this.#view.noteGone(identity, new Date())
      }
    )
    const isLone = config.testingTorNetwork && config.dirAuthorities.length === 1
    this.#early = new EarlyVote(options.expectedRelays, {
      running: () => this.#runningOthers(),
      hasConsensus: () => !isLone || this.#liveConsensus(new Date()) !== undefined,
      vote: () => this.#election.voteEarly(),
      nowMs: Date.now
    })
    this.routes = authorityRoutes({
      election: this.#election,
      identity: keys.cert.identity,
      upload: body =>
        takeUpload(body, {
          offer: descriptor => this.#offer(descriptor),
          descriptor: identity => this.#view.descriptor(identity),
          gotExtraInfo: extraInfo => this.#host?.directory.store.extraInfos.add([extraInfo])
        })
    })
  }

  static open(options: AuthorityOptions): Result<Authority, DataDirFault> {
    const {config, network, logger} = options
    const keys = loadOrCreateAuthorityKeys(config.keyDirectory, new Date())
    if (!keys.ok) return keys
    const journal = readPinJournal(config.dataDirectory)
    if (!journal.ok) return journal
    const sharedRandom = readSharedRandom(config.dataDirectory)
    if (!sharedRandom.ok) return sharedRandom
    const {cert} = keys.value
    if (!config.dirAuthorities.some(({v3ident}) => v3ident !== undefined && equal(v3ident, cert.identity))) {
      logger.warn('No DirAuthority line has the v3ident of our certificate: nobody will count our votes.')
    }
    network.documents.offerCerts(cert.octets)
    return ok(new Authority(options, keys.value, KeyPins.fromJournal(journal.value), sharedRandom.value))
  }

  start(host: AuthorityHost): void {
    this.#host = host
    this.#tester.start()
    host.core.channels.onOpened(channel => this.#channelOpened(channel))
    host.core.channels.onConnectFailed(connect => this.#connectFailed(connect))
    this.#loadDescriptors()
    this.#election.start()
    const {cert} = this.#keys
    const fingerprint = Buffer.from(cert.identity).toString('hex').toUpperCase()
    this.#logger.notice(`Directory authority with the v3 identity ${fingerprint}.`)
  }

  stop(): void {
    this.#early.stop()
    this.#election.stop()
    this.#stopped.abort()
    this.#tester.stop()
    if (this.#saving !== undefined) this.#saveDescriptors()
  }

  // ── relays ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #makeView(pins: KeyPins): RelayView {
    const {authority, config, identity} = this.#options
    const {pinKeys, allowPrivateAddresses, minimumVersion, maxServersPerAddress: maxPerAddress} = authority
    return new RelayView(
      {
        acceptance: {...ACCEPTANCE_DEFAULTS, pinKeys, allowPrivateAddresses, minimumVersion},
        flags: authority,
        testing: testingFlags(authority),
        maxPerAddress,
        testsReachability: authority.testsReachability,
        privateNetworks: allowPrivateAddresses ? 'count' : 'ignored'
      },
      {
        pins,
        pinned: line => this.#saved(appendPinJournal(config.dataDirectory, line)),
        ownIdentity: identity,
        isAuthority: relay => config.dirAuthorities.some(({fingerprint}) => equal(fingerprint, relay)),
        measured: relay => this.#measured.of(relay),
        accepted: (descriptor, test) => {
          this.#host?.directory.store.descriptors.add([descriptor])
          if (test === 'test-now') this.#tester.testNow(descriptor)
          this.#saving ??= setTimeout(() => this.#saveDescriptors(), SAVE_MS)
        }
      },
      new Date()
    )
  }

  #offer(descriptor: RouterDescriptor): ReturnType<RelayView['offer']> {
    const outcome = this.#view.offer(descriptor, new Date())
    this.#logger.info(`A descriptor of ${descriptor.nickname} was uploaded: ${outcome}.`)
    if (outcome === 'accepted') this.#early.news()
    return outcome
  }

  /** Relays upload when they have something new to say, which after our restart they have not. */
  #loadDescriptors(): void {
    const octets = this.#cache.readDescriptors()
    this.#saved(octets)
    const parsed = octets.ok && octets.value !== undefined ? parseRouterDescriptors(octets.value) : undefined
    const now = new Date()
    for (const descriptor of parsed?.ok ? parsed.value.accepted : []) this.#view.offer(descriptor, now)
  }

  #saveDescriptors(): void {
    clearTimeout(this.#saving)
    this.#saving = undefined
    this.#saved(this.#cache.writeDescriptors(this.#view.descriptors.map(({octets}) => octets)))
  }

  #connect(descriptor: RouterDescriptor): void {
    if (this.#host?.isDormant()) return
    const {ipv4, identity, ed25519} = descriptor
    const address = {octets: ipv4.address, port: ipv4.port}
    const connect = this.#host?.core.plane.connect({address, rsaIdentity: identity, ed25519Identity: ed25519})
    if (connect !== undefined) this.#testing.set(connect, descriptor)
  }

  #connectFailed(connect: ConnectHandle): void {
    const descriptor = this.#testing.get(connect)
    this.#testing.delete(connect)
    if (descriptor !== undefined) this.#tester.failed(descriptor)
  }

  /** Only what we opened ourselves proves that an address leads to a relay. */
  #channelOpened({info, peer}: OpenChannel): void {
    if (info.connect !== undefined) this.#testing.delete(info.connect)
    if (info.direction !== 'initiated' || peer.kind !== 'relay' || peer.ed25519Identity === undefined) return
    const {octets, port} = info.address
    this.#tester.reached(peer.rsaIdentity)
    const isNews = this.#view.noteReachable(peer.rsaIdentity, peer.ed25519Identity, octets, port, new Date())
    if (isNews) this.#early.news()
  }

  #runningOthers(): number {
    const now = new Date()
    const others = this.#view.descriptors.filter(({identity}) => !equal(identity, this.#options.identity))
    return others.filter(({identity}) => this.#view.isRunning(identity, now)).length
  }

  // ── elections ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #makeElection(remembered: string | undefined): Election {
    const {authority, config, network} = this.#options
    const authorities = config.dirAuthorities.flatMap(({v3ident}) => v3ident ?? [])
    const {voting, initialVoting, votingOffsetSeconds, intervalsValid} = authority
    const nowSeconds = Math.floor(Date.now() / 1000)
    const peers = authoritySources(config).filter(source => !this.#isOurselves(source))
    return new Election(
      {
        timing: {...voting, initial: initialVoting, offsetSeconds: votingOffsetSeconds, intervalsValid},
        authorities,
        platform: this.#platform(),
        knowsReachabilityAt: nowSeconds + authority.timeToLearnReachability
      },
      {
        keys: () => this.#keys,
        opinion: now => this.#formOpinion(now),
        sharedRandom: authority.sharedRandomness ? this.#sharedRandom(remembered, authorities) : undefined,
        peers: authorityPeers(peers, {
          openDirStream: this.#openDirStream,
          isDormant: () => this.#host?.isDormant() === true,
          signal: this.#stopped.signal,
          logger: this.#logger
        }),
        liveConsensus: now => this.#liveConsensus(now),
        publish: documents => {
          const microdescriptors = this.#opinion?.microdescriptors.map(({octets}) => octets) ?? []
          for (const flavour of ['ns', 'microdesc'] as const) {
            const taken = network.take(flavour, documents[flavour], microdescriptors)
            if (!taken.ok) this.#logger.warn(`Our consensus (${flavour}) is of no use: ${taken.fault.code}.`)
          }
        },
        gotCert: cert => {
          network.documents.offerCerts(cert.octets)
        },
        isHeldBack: () => this.#early.isWaiting,
        log: event => logElection(event, this.#logger),
        nowMs: Date.now
      }
    )
  }

  #platform() {
    const {authority, config} = this.#options
    const params = new Map(authority.consensusParams)
    if (params.size > 0) params.set('AuthDirMaxServersPerAddr', authority.maxServersPerAddress)
    const port = (ports: RelayConfig['orPorts']) => ports.find(({noAdvertise}) => !noAdvertise)?.port ?? 0
    const {address = '127.0.0.1'} = config
    return {
      clientVersions: undefined,
      serverVersions: undefined,
      protocols: RECOMMENDED_PROTOCOLS,
      params,
      voter: {
        nickname: config.nickname,
        identity: this.#keys.cert.identity,
        hostname: address,
        ipv4: ipFromText(address) ?? Uint8Array.of(127, 0, 0, 1),
        dirPort: port(config.dirPorts),
        orPort: port(config.orPorts),
        contact: toLatin1(fromText(config.contactInfo ?? '(none)'))
      }
    }
  }

  #sharedRandom(remembered: string | undefined, authorities: readonly Uint8Array[]): SharedRandomState {
    const {authority, config} = this.#options
    const memory = remembered === undefined ? undefined : parseSharedRandomMemory(remembered)
    return new SharedRandomState(Math.floor(Date.now() / 1000), memory, {
      identity: this.#keys.cert.identity,
      authorities,
      intervalSeconds: () => {
        const live = this.#liveConsensus(new Date())
        if (live === undefined) return authority.voting.intervalSeconds
        return (Number(live.freshUntil) - Number(live.validAfter)) / 1000
      },
      random: () => randomOctets(32),
      changed: changed => {
        const text = printSharedRandomMemory(changed, versionText(), new Date())
        this.#saved(writeSharedRandom(config.dataDirectory, text))
      }
    })
  }

  #formOpinion(now: Date): RelayOpinion {
    const {bandwidthFile} = this.#options.authority
    if (bandwidthFile !== undefined) {
      const octets = readWhole(bandwidthFile, BANDWIDTH_FILE_MAX)
      if (!octets.ok) this.#logger.warn(printDataDirFault(octets.fault))
      const text = octets.ok && octets.value !== undefined ? toLatin1(octets.value) : ''
      this.#measured = MeasuredBandwidth.parse(text, now)
    }
    this.#opinion = this.#view.opinion(now)
    return this.#opinion
  }

  #liveConsensus(now: Date) {
    const consensus = this.#options.network.documents.consensus('ns')
    return consensus !== undefined && consensus.validAfter <= now && now <= consensus.validUntil
      ? consensus
      : undefined
  }

  #isOurselves({orPort}: DirSource): boolean {
    return orPort !== undefined && equal(orPort.rsaIdentity, this.#options.identity)
  }

  readonly #openDirStream: OpenDirStream = hop => this.#host?.openDirStream(hop) ?? Promise.resolve(undefined)

  #saved(saved: Result<unknown, DataDirFault>): void {
    if (!saved.ok) this.#logger.limited('authority-file', 3600_000).warn(printDataDirFault(saved.fault))
  }
}

function testingFlags({testingFlags: given}: AuthorityConfig): TestingFlags | undefined {
  if (given === undefined) return undefined
  const flag = ({relays, isStrict}: {readonly relays: string; readonly isStrict: boolean}) => ({
    relays: new RelaySet(relays),
    isStrict
  })
  return {exit: flag(given.exit), guard: flag(given.guard), hsDir: flag(given.hsDir)}
}
