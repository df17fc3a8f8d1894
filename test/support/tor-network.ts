// A private Tor network of C tor on 127.0.0.1: authorities that vote every few seconds, relays, exits, clients and onion
// services, and the relay under test among them. Order of a start: keys → authorities → (once their DirPorts answer) relays,
// exits and the subject → a consensus that lists them all as Running → clients. Flags are given by the authorities' own rules
// with lowered limits (no TestingDirAuthVote*): what the subject gets, it gets for what it does.
//
// RAMSON_KEEP_NETWORK=1 keeps the folder with every log; RAMSON_NETWORK_LOG=info raises C tor's log level.

import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {authorityKeys, installAuthorityKeys} from './authority-keys.ts'
import {authorityTorrc, type VotingOptions} from './authority-torrc.ts'
import {type ConsensusEntry, parseConsensusEntries} from './consensus-entries.ts'
import {freePort} from './free-ports.ts'
import {Subject, type SubjectImplementation} from './subject.ts'
import {TorNode, type TorRole} from './tor-node.ts'
import {waitUntil} from './wait-until.ts'

export interface NetworkOptions extends VotingOptions {
  readonly authorities?: number
  readonly relays?: number
  readonly exits?: number
  /** Lines for every C tor of the network. */
  readonly extraTorrc?: readonly string[]
  /** Starts the relay under test along with the others, with these lines in its torrc. */
  readonly subject?: {readonly torrc?: readonly string[]}
  /** Measured bandwidth (kilobytes/s in the bandwidth file) of the subject; every other relay measures 1,000. */
  readonly subjectBandwidth?: number
}

const CONSENSUS_TIMEOUT_MS = 120_000
const ORDINARY_BANDWIDTH = 1_000
export class TorNetwork {
  readonly directory: string
  readonly authorities: TorNode[] = []
  readonly relays: TorNode[] = []
  readonly exits: TorNode[] = []
  readonly others: TorNode[] = []
  readonly subjects: Subject[] = []
  readonly #options: NetworkOptions
  readonly #bandwidthFile: string
  readonly #bandwidths = new Map<string, number>()
  #dirAuthorityLines: readonly string[] = []

  constructor(options: NetworkOptions) {
    this.#options = options
    this.directory = mkdtempSync(join(tmpdir(), 'ramson-net-'))
    this.#bandwidthFile = join(this.directory, 'bandwidths')
  }

  /** The relay under test that the network was started with. */
  get subject(): Subject {
    const subject = this.subjects[0]
    if (subject === undefined) throw new Error('the network has no subject')
    return subject
  }

  /** Authorities, relays and exits: all C tors that carry circuits. */
  get torRelays(): readonly TorNode[] {
    return [...this.authorities, ...this.relays, ...this.exits]
  }

  /** Lines that make any Tor, ramson included, part of this network. */
  get commonTorrc(): readonly string[] {
    return [...this.#dirAuthorityLines, 'TestingTorNetwork 1', 'AssumeReachable 1', 'Address 127.0.0.1']
  }

  async start(): Promise<void> {
    const {authorities = 3, relays = 3, exits = 1} = this.#options
    const keys = await Promise.all(Array.from({length: authorities}, (_, i) => authorityKeys(i)))
    const ports: {readonly orPort: number; readonly dirPort: number}[] = []
    for (const _ of keys) ports.push({orPort: await freePort(), dirPort: await freePort()})
    this.#dirAuthorityLines = keys.map(
      ({fingerprint, v3Identity}, i) =>
        `DirAuthority auth${i} orport=${ports[i]?.orPort} v3ident=${v3Identity} 127.0.0.1:${ports[i]?.dirPort} ${fingerprint}`
    )
    for (const {fingerprint} of keys) this.#bandwidths.set(fingerprint, ORDINARY_BANDWIDTH)
    this.#writeBandwidthFile()
    const voting = authorityTorrc(this.#bandwidthFile, this.#options)
    for (const [i, key] of keys.entries()) {
      const node = this.#node(`auth${i}`, 'authority', voting, ports[i])
      installAuthorityKeys(key, node.dataDirectory)
      node.start()
      this.authorities.push(node)
    }
    for (const node of this.authorities) {
      await waitUntil(`DirPort of ${node.name}`, {timeoutMs: 90_000, everyMs: 50}, () =>
        accepts(node.dirPort)
      )
    }
    for (let i = 0; i < relays; i++) this.relays.push(await this.#relay(`relay${i}`, 'relay'))
    for (let i = 0; i < exits; i++) this.exits.push(await this.#relay(`exit${i}`, 'exit'))
    if (this.#options.subject !== undefined) {
      const subject = await this.addSubject('subject', this.#options.subject)
      await subject.start()
      this.measure(subject.fingerprint, this.#options.subjectBandwidth ?? ORDINARY_BANDWIDTH)
    }
    for (const node of this.torRelays) this.measure(await node.fingerprint(), ORDINARY_BANDWIDTH)
    const everyone = await Promise.all(this.torRelays.map(node => node.fingerprint()))
    everyone.push(...this.subjects.map(subject => subject.fingerprint))
    await this.runningInConsensus(everyone)
    await this.#orExplain(() =>
      Promise.all([...this.relays, ...this.exits].map(node => node.knows(everyone)))
    )
  }

  /** Sets what the authorities' bandwidth file says of a relay from the next vote on. */
  measure(fingerprint: string, kilobytesPerSecond: number): void {
    this.#bandwidths.set(fingerprint, kilobytesPerSecond)
    this.#writeBandwidthFile()
  }

  /** Makes (and does not start) a relay under test. */
  async addSubject(
    nickname: string,
    options: {
      readonly torrc?: readonly string[]
      readonly implementation?: SubjectImplementation
      readonly dataDirectory?: string
      readonly orPort?: number
      readonly env?: Readonly<Record<string, string>>
    } = {}
  ): Promise<Subject> {
    const {torrc = [], orPort = await freePort(), ...rest} = options
    const subject = new Subject({
      nickname,
      directory: this.directory,
      orPort,
      torrc: [...this.commonTorrc, 'ExitRelay 0', 'SocksPort 0', `ContactInfo ${nickname}`, ...torrc],
      ...rest
    })
    this.subjects.push(subject)
    return subject
  }

  /** Starts a client and waits until it has bootstrapped. */
  async startClient(name: string, torrc: readonly string[] = []): Promise<TorNode> {
    const node = await this.addClient(name, torrc)
    node.start()
    await this.#orExplain(() => node.bootstrapped())
    return node
  }

  /** Makes a client without starting it. */
  async addClient(name: string, torrc: readonly string[] = [], socksFlags = ''): Promise<TorNode> {
    const socksPort = await freePort()
    const own = [
      `SocksPort 127.0.0.1:${socksPort} ${socksFlags}`,
      'PathsNeededToBuildCircuits 0.67',
      ...torrc
    ]
    const node = this.#node(name, 'client', own, {socksPort})
    this.others.push(node)
    return node
  }

  /** Makes (and does not start) a C tor with these onion service lines. */
  addService(name: string, torrc: readonly string[]): TorNode {
    const node = this.#node(name, 'service', ['SocksPort 0', 'PathsNeededToBuildCircuits 0.67', ...torrc])
    this.others.push(node)
    return node
  }

  /** Makes a C tor relay that runs on someone else's DataDirectory; it is stopped with the network. */
  addRelayOn(
    name: string,
    dataDirectory: string,
    orPort: number,
    nickname: string,
    torrc: readonly string[] = []
  ): TorNode {
    const own = [`Nickname ${nickname}`, 'ExitRelay 0', `ContactInfo ${name}`, ...torrc]
    const node = this.#node(name, 'relay', own, {orPort}, dataDirectory)
    this.others.push(node)
    return node
  }

  /** The entries of the consensus that one authority (the first, when none is named) holds now, by fingerprint. */
  async consensus(authority = this.authorities[0]): Promise<ReadonlyMap<string, ConsensusEntry>> {
    if (authority === undefined) throw new Error('a network without authorities')
    return parseConsensusEntries(await (await authority.control()).getInfo('ns/all'))
  }

  /** Waits until every authority's consensus lists all of these as Running. */
  async runningInConsensus(fingerprints: readonly string[], timeoutMs = CONSENSUS_TIMEOUT_MS): Promise<void> {
    await this.inConsensus('Running', fingerprints, entry => entry.flags.has('Running'), timeoutMs)
  }

  /** Waits until every authority's consensus has an entry for each of these that `holds`. */
  async inConsensus(
    what: string,
    fingerprints: readonly string[],
    holds: (entry: ConsensusEntry) => boolean,
    timeoutMs = CONSENSUS_TIMEOUT_MS
  ): Promise<void> {
    let missing: string[] = []
    const probe = async (): Promise<boolean> => {
      missing = []
      for (const authority of this.authorities) {
        const entries = await this.consensus(authority)
        for (const fingerprint of fingerprints) {
          const entry = entries.get(fingerprint)
          if (entry === undefined || !holds(entry))
            missing.push(`${fingerprint.slice(0, 8)} at ${authority.name}`)
        }
      }
      return missing.length === 0
    }
    await this.#orExplain(() =>
      waitUntil(`${what} in the consensus`, {timeoutMs, everyMs: 500}, probe)
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\nwithout: ${missing.join(', ')}`)
    })
  }

  /** Ends every process and removes the folder. */
  async stop(): Promise<void> {
    await Promise.all([
      ...this.subjects.map(subject => subject.stop()),
      ...[...this.others, ...this.torRelays].map(node => node.stop())
    ])
    if (process.env['RAMSON_KEEP_NETWORK'] === '1') console.error(`kept ${this.directory}`)
    else rmSync(this.directory, {recursive: true, force: true})
  }

  /** What a person would want to read when something in this network did not come about. */
  explain(): string {
    const daemons = [
      ...this.subjects.filter(subject => subject.isRunning).map(subject => subject.daemon),
      ...[...this.others, ...this.torRelays].map(node => node.daemon)
    ]
    return daemons.map(daemon => `--- ${daemon.name}\n${daemon.interestingLines(8)}`).join('\n')
  }

  async #orExplain<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await attempt()
    } catch (error) {
      throw new Error(`${String(error)}\n${this.explain()}`)
    }
  }

  #writeBandwidthFile(): void {
    const header = [`${Math.floor(Date.now() / 1000)}`, 'version=1.4.0', 'software=ramson-tests', '=====']
    const lines = [...this.#bandwidths].map(([fingerprint, bw]) => `node_id=$${fingerprint} bw=${bw}`)
    writeFileSync(this.#bandwidthFile, `${[...header, ...lines].join('\n')}\n`)
  }

  async #relay(name: string, role: 'relay' | 'exit'): Promise<TorNode> {
    const exit = [
      'ExitRelay 1',
      'ExitPolicyRejectPrivate 0',
      'ExitPolicy accept *:*',
      'ServerDNSDetectHijacking 0'
    ]
    const lines = role === 'exit' ? exit : ['ExitRelay 0']
    const node = this.#node(name, role, ['ContactInfo nobody', ...lines], {orPort: await freePort()})
    node.start()
    return node
  }

  #node(
    name: string,
    role: TorRole,
    torrc: readonly string[],
    ports: {readonly orPort?: number; readonly dirPort?: number; readonly socksPort?: number} = {},
    dataDirectory?: string
  ): TorNode {
    const isRelay = ports.orPort !== undefined
    const lines = [
      ...this.commonTorrc,
      ...(isRelay ? [`ORPort 127.0.0.1:${ports.orPort}`] : []),
      ...(isRelay && !torrc.some(line => line.startsWith('Nickname ')) ? [`Nickname ${name}`] : []),
      ...(ports.dirPort === undefined ? [] : [`DirPort 127.0.0.1:${ports.dirPort}`]),
      ...(isRelay ? ['SocksPort 0', 'PathsNeededToBuildCircuits 0.67'] : []),
      ...torrc,
      ...(this.#options.extraTorrc ?? [])
    ]
    return new TorNode({
      name,
      role,
      directory: this.directory,
      torrc: lines,
      ...ports,
      ...(dataDirectory === undefined ? {} : {dataDirectory})
    })
  }
}

/** Starts a network and gives it once all its relays are Running in the consensus; ends everything when that fails. */
export async function startTorNetwork(options: NetworkOptions = {}): Promise<TorNetwork> {
  const network = new TorNetwork(options)
  try {
    await network.start()
    return network
  } catch (error) {
    await network.stop()
    throw error
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({host: '127.0.0.1', port})
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
