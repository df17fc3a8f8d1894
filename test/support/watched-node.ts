// An onion service and a client in the process of the test, of ramson's own code, that tell what others must not come to
// know: every key of every hop they open, cookies, introduction keys, blinded keys. They are where a search for secrets
// gets what it looks for.

import {mkdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {ClientNode} from '../../src/app/client-node.ts'
import {allSources} from '../../src/app/dir-sources.ts'
import {OnionServices} from '../../src/app/onion-services.ts'
import type {OriginCircuit} from '../../src/circuit/origin-circuit.ts'
import {loadConfig} from '../../src/config/relay-config.ts'
import {parseTorrcText} from '../../src/config/torrc-text.ts'
import {ed25519Ready} from '../../src/crypto/ed25519.ts'
import {blindingParameter, blindPublic} from '../../src/crypto/hs/blinding.ts'
import {parseOnionAddress} from '../../src/crypto/hs/onion-address.ts'
import {relayCrypto} from '../../src/crypto/relay-crypto/relay-crypto.ts'
import type {RelayCrypto} from '../../src/crypto/relay-crypto/relay-direction.ts'
import {openDirectory} from '../../src/datadir/file.ts'
import {DEFAULT_LOG_OPTIONS, Log} from '../../src/log/log.ts'
import {openSink} from '../../src/log/sink.ts'
import {RelayCommand} from '../../src/wire/relay-cell.ts'
import type {Needles} from './needles.ts'

export interface WatchedNodeOptions {
  /** Lines that make a node part of the network. */
  readonly torrc: readonly string[]
  /** For the keys of its service: nothing that may be searched. */
  readonly directory: string
  /** Its own log, which is searched like everybody's. */
  readonly logFile: string
  readonly target: {readonly port: number; readonly virtualPort: number}
}

const COOKIE = 20
const KEY = 32
/** Where the authentication key begins in ESTABLISH_INTRO and in INTRODUCE1. */
const ESTABLISH_KEY_AT = 3
const INTRODUCE_KEY_AT = 23

export class WatchedNode {
  readonly client: ClientNode
  readonly address: string
  readonly #services: OnionServices
  readonly #log: Log
  readonly #needles: Needles

  private constructor(parts: {client: ClientNode; services: OnionServices; log: Log}, needles: Needles) {
    this.client = parts.client
    this.#services = parts.services
    this.#log = parts.log
    this.#needles = needles
    this.address = parts.services.running[0]?.address ?? ''
  }

  static async start(options: WatchedNodeOptions, needles: Needles): Promise<WatchedNode> {
    await ed25519Ready
    const {torrc, directory, logFile, target} = options
    const onion = join(directory, 'onion')
    mkdirSync(directory, {recursive: true, mode: 0o700})
    const lines = [
      ...torrc,
      `DataDirectory ${directory}`,
      `HiddenServiceDir ${onion}`,
      `HiddenServicePort ${target.virtualPort} 127.0.0.1:${target.port}`
    ]
    const parsed = parseTorrcText(lines.join('\n'), 'torrc')
    const config = parsed.ok ? loadConfig({torrc: parsed.value}) : parsed
    if (!config.ok) throw new Error(JSON.stringify(config.fault))
    const ranges = [{min: 'debug', max: 'err', domains: undefined} as const]
    const log = Log.open(
      {...DEFAULT_LOG_OPTIONS, routes: [{ranges, target: {kind: 'file', path: logFile}}]},
      {now: () => new Date(), openSink}
    )
    if (!log.ok || !openDirectory(config.value.dataDirectory).ok) throw new Error('no log or no directory')
    watchKeys(needles)
    const {logger} = log.value
    const identities = config.value.dirAuthorities.map(authority => authority.v3ident)
    const guards: string[] = []
    const client = new ClientNode(
      {
        authorities: identities.filter(identity => identity !== undefined),
        sources: allSources(config.value),
        isTesting: true
      },
      {
        guards: {load: () => guards, save: saved => void guards.splice(0, guards.length, ...saved)},
        clientKey: () => undefined,
        trouble: what => logger.about('dir').info(what),
        version: 'watched'
      }
    )
    const build = client.core.build.bind(client.core)
    client.core.build = async (path, timeoutMs) => {
      const built = await build(path, timeoutMs)
      if (built.ok) watchMessages(built.value.circuit, needles)
      return built
    }
    const services = OnionServices.open(config.value.onionServices, {
      build: (path, timeoutMs) => client.core.build(path, timeoutMs),
      netDir: () => client.knownNetDir,
      paths: client.paths,
      isTesting: true,
      allowPrivateAddresses: true,
      logger
    })
    if (!services.ok) throw new Error(JSON.stringify(services.fault))
    const node = new WatchedNode({client, services: services.value, log: log.value}, needles)
    addAddress(needles, node.address)
    client.start()
    services.value.start()
    return node
  }

  /** Whether all HSDirs have the service's descriptors. */
  get isPublished(): boolean {
    const descriptors = this.#services.running.flatMap(({service}) => service.descriptors)
    return (
      descriptors.length > 0 &&
      descriptors.every(({published: {hsdirs, accepted}}) => hsdirs > 0 && accepted >= hsdirs)
    )
  }

  /** Clients that it was told of. */
  get introductions(): number {
    return this.#services.running.reduce((sum, {service}) => sum + service.counters.introductions, 0)
  }

  /** Looks for the blinded keys of the present: its own service's, and those of another whose address is known. */
  noteBlindedKeys(otherAddress: string): void {
    const identities = [this.address, otherAddress].map(parseOnionAddress)
    for (const {period, subcredential} of this.#services.running.flatMap(
      ({service}) => service.descriptors
    )) {
      this.#needles.addOctets('blinded key', subcredential)
      for (const identity of identities) {
        const blinded = identity && blindPublic(identity, blindingParameter(identity, period))
        if (blinded !== undefined) this.#needles.addOctets('blinded key', blinded)
      }
    }
  }

  async close(): Promise<void> {
    this.#services.close()
    await this.client.close()
    this.#log.close()
  }
}

/** An onion address, and the identity that is in it. */
export function addAddress(needles: Needles, address: string): void {
  needles.addText('onion address', address.slice(0, 24))
  const identity = parseOnionAddress(address)
  if (identity !== undefined) needles.addOctets('onion address', identity)
}

export function readAddress(onionDirectory: string): string {
  return readFileSync(join(onionDirectory, 'hostname'), 'latin1').trim()
}

let isWatchingKeys = false

/** From now on every key that this process opens a hop with is looked for. */
function watchKeys(needles: Needles): void {
  if (isWatchingKeys) return
  isWatchingKeys = true
  const crypto = relayCrypto()
  const open = crypto.open.bind(crypto)
  const watched: Pick<RelayCrypto, 'open'> = {
    open: (algorithm, digestSeed, key) => {
      needles.addOctets('circuit key', digestSeed)
      needles.addOctets('circuit key', key)
      return open(algorithm, digestSeed, key)
    }
  }
  Object.assign(crypto, watched)
}

function watchMessages(circuit: OriginCircuit, needles: Needles): void {
  const send = circuit.send.bind(circuit)
  circuit.send = (hop, command, streamId, data) => {
    if (command === RelayCommand.ESTABLISH_RENDEZVOUS || command === RelayCommand.RENDEZVOUS1) {
      needles.addOctets('rendezvous cookie', data.slice(0, COOKIE))
    } else if (command === RelayCommand.ESTABLISH_INTRO) {
      needles.addOctets('introduction key', data.slice(ESTABLISH_KEY_AT, ESTABLISH_KEY_AT + KEY))
    } else if (command === RelayCommand.INTRODUCE1) {
      needles.addOctets('introduction key', data.slice(INTRODUCE_KEY_AT, INTRODUCE_KEY_AT + KEY))
    }
    send(hop, command, streamId, data)
  }
}
