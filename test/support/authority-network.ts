// A private network whose authorities are ramson, or ramson and C tor together, with relays, an exit and clients of C tor.
// Order of a start: keys → authorities → (once their DirPorts answer) relays and exits → clients.

import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {toBase16Upper} from '../../src/bytes/base16.ts'
import {rsaIdentity} from '../../src/crypto/rsa.ts'
import {loadOrCreateAuthorityKeys} from '../../src/datadir/authority-keys.ts'
import {loadOrCreateRelayKeys} from '../../src/datadir/relay-keys.ts'
import {type AuthorityKeys, authorityKeys, installAuthorityKeys} from './authority-keys.ts'
import {authorityTorrc} from './authority-torrc.ts'
import {freePort} from './free-ports.ts'
import {Subject} from './subject.ts'
import {TorNode} from './tor-node.ts'
import {waitUntil} from './wait-until.ts'

export interface AuthorityNetworkOptions {
  readonly ramson: number
  readonly tor: number
  readonly relays: number
  readonly exits: number
  /** Lines for the authorities of ramson alone. */
  readonly ramsonTorrc?: readonly string[]
}

interface Planned {
  readonly name: string
  readonly implementation: 'ramson' | 'tor'
  readonly dataDirectory: string
  readonly orPort: number
  readonly dirPort: number
  readonly line: string
}

export interface RunningAuthority {
  readonly name: string
  readonly dirPort: number
  readonly subject: Subject | undefined
  readonly node: TorNode | undefined
}

const MONTH_MS = 30 * 86_400_000
const EXIT = [
  'ExitRelay 1',
  'ExitPolicyRejectPrivate 0',
  'ExitPolicy accept *:*',
  'ServerDNSDetectHijacking 0'
]

export class AuthorityNetwork {
  readonly directory = mkdtempSync(join(tmpdir(), 'ramson-authorities-'))
  readonly authorities: RunningAuthority[] = []
  readonly relays: TorNode[] = []
  readonly clients: TorNode[] = []
  #lines: readonly string[] = []

  /** Lines that make any Tor, ramson included, part of this network. */
  get commonTorrc(): readonly string[] {
    return [...this.#lines, 'TestingTorNetwork 1', 'AssumeReachable 1', 'Address 127.0.0.1']
  }

  async start({ramson, tor, relays, exits, ramsonTorrc = []}: AuthorityNetworkOptions): Promise<void> {
    const planned: Planned[] = []
    for (let i = 0; i < ramson; i++) planned.push(await this.#plan(`ramson${i}`, 'ramson', i))
    for (let i = 0; i < tor; i++) planned.push(await this.#plan(`tor${i}`, 'tor', i))
    this.#lines = planned.map(({line}) => line)
    const bandwidths = join(this.directory, 'bandwidths')
    writeFileSync(bandwidths, `${Math.floor(Date.now() / 1000)}\n`)
    const voting = authorityTorrc(bandwidths, {})
    for (const plan of planned) await this.#startAuthority(plan, voting, ramsonTorrc)
    for (const {name, dirPort} of this.authorities) {
      await waitUntil(`DirPort of ${name}`, {timeoutMs: 30_000, everyMs: 50}, () => accepts(dirPort))
    }
    for (let i = 0; i < relays; i++) await this.#startRelay(`relay${i}`, ['ExitRelay 0'])
    for (let i = 0; i < exits; i++) await this.#startRelay(`exit${i}`, EXIT)
  }

  async startClient(name: string): Promise<TorNode> {
    const socksPort = await freePort()
    const torrc = [...this.commonTorrc, `SocksPort 127.0.0.1:${socksPort}`, 'PathsNeededToBuildCircuits 0.67']
    const node = new TorNode({name, role: 'client', directory: this.directory, torrc, socksPort})
    this.clients.push(node)
    node.start()
    await this.orExplain(() => node.bootstrapped())
    return node
  }

  /** What an authority answers on its DirPort, or undefined when that is not 200. */
  async get(authority: RunningAuthority, path: string): Promise<string | undefined> {
    const answer = await fetch(`http://127.0.0.1:${authority.dirPort}${path}`)
    return answer.ok ? answer.text() : undefined
  }

  async orExplain<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await attempt()
    } catch (error) {
      throw new Error(`${String(error)}\n${this.explain()}`)
    }
  }

  explain(): string {
    const daemons = [
      ...this.authorities.flatMap(({subject, node}) => subject?.daemon ?? node?.daemon ?? []),
      ...[...this.relays, ...this.clients].map(({daemon}) => daemon)
    ]
    return daemons.map(daemon => `--- ${daemon.name}\n${daemon.interestingLines(8)}`).join('\n')
  }

  async stop(): Promise<void> {
    await Promise.all([
      ...this.authorities.map(({subject, node}) => subject?.stop() ?? node?.stop()),
      ...[...this.relays, ...this.clients].map(node => node.stop())
    ])
    if (process.env['RAMSON_KEEP_NETWORK'] === '1') console.error(`kept ${this.directory}`)
    else rmSync(this.directory, {recursive: true, force: true})
  }

  async #plan(name: string, implementation: Planned['implementation'], index: number): Promise<Planned> {
    const dataDirectory = join(this.directory, name, 'data')
    mkdirSync(join(dataDirectory, 'keys'), {recursive: true, mode: 0o700})
    const {fingerprint, v3Identity} =
      implementation === 'ramson' ? await makeKeys(dataDirectory) : await installKeys(index, dataDirectory)
    const [orPort, dirPort] = [await freePort(), await freePort()]
    const line = `DirAuthority ${name} orport=${orPort} v3ident=${v3Identity} 127.0.0.1:${dirPort} ${fingerprint}`
    return {name, implementation, dataDirectory, orPort, dirPort, line}
  }

  async #startAuthority(
    {name, implementation, dataDirectory, orPort, dirPort}: Planned,
    voting: readonly string[],
    ramsonTorrc: readonly string[]
  ): Promise<void> {
    const torrc = [...this.commonTorrc, ...voting, `DirPort 127.0.0.1:${dirPort}`, 'SocksPort 0']
    if (implementation === 'ramson') {
      const lines = [...torrc, ...ramsonTorrc]
      const shared = {nickname: name, directory: this.directory, dataDirectory, orPort}
      const subject = new Subject({...shared, torrc: lines, implementation: 'ramson'})
      this.authorities.push({name, dirPort, subject, node: undefined})
      await subject.start()
      return
    }
    const own = [
      ...torrc,
      `ORPort 127.0.0.1:${orPort}`,
      `Nickname ${name}`,
      'PathsNeededToBuildCircuits 0.67'
    ]
    const {directory} = this
    const node = new TorNode({name, role: 'authority', directory, dataDirectory, torrc: own, orPort, dirPort})
    node.start()
    this.authorities.push({name, dirPort, subject: undefined, node})
  }

  async #startRelay(name: string, lines: readonly string[]): Promise<void> {
    const orPort = await freePort()
    const own = [`ORPort 127.0.0.1:${orPort}`, `Nickname ${name}`, 'ContactInfo nobody', 'SocksPort 0']
    const torrc = [...this.commonTorrc, ...own, 'PathsNeededToBuildCircuits 0.67', ...lines]
    const node = new TorNode({name, role: 'relay', directory: this.directory, torrc, orPort})
    node.start()
    this.relays.push(node)
  }
}

/** Keys as ramson makes them itself. */
async function makeKeys(dataDirectory: string): Promise<Pick<AuthorityKeys, 'fingerprint' | 'v3Identity'>> {
  const keyDirectory = join(dataDirectory, 'keys')
  const options = {signingKeyLifetimeMs: MONTH_MS, signingKeySlopMs: 0, offlineMasterKey: false}
  const relay = await loadOrCreateRelayKeys({keyDirectory, ...options}, new Date())
  const authority = loadOrCreateAuthorityKeys(keyDirectory, new Date())
  if (!relay.ok || !authority.ok) throw new Error('the keys of an authority could not be made')
  return {
    fingerprint: toBase16Upper(rsaIdentity(relay.value.keys.identity.rsa.public)),
    v3Identity: toBase16Upper(authority.value.cert.identity)
  }
}

/** Keys as tor-gencert makes them. */
async function installKeys(index: number, dataDirectory: string): Promise<AuthorityKeys> {
  const keys = await authorityKeys(index)
  installAuthorityKeys(keys, dataDirectory)
  return keys
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
