// An onion service in somebody else's process: its streams go to a local address, a Unix socket or a function.

import type {Duplex} from 'node:stream'
import {generateEd25519} from '../../crypto/ed25519.ts'
import {printOnionAddress} from '../../crypto/hs/onion-address.ts'
import {X25519_LENGTH} from '../../crypto/x25519.ts'
import {loadOnionService} from '../../datadir/onion-service-files.ts'
import {HsCircuits} from '../../roles/hs-circuits.ts'
import {OnionService as OnionServiceRole} from '../../roles/service/onion-service.ts'
import type {PortTarget as RolePortTarget, ServicePort} from '../../roles/service/port-streams.ts'
import {orAborted} from './abort.ts'
import {directoryError, RamsonError} from './errors.ts'
import {type LogOptions, openLog} from './log.ts'
import {type Origin, openOrigin} from './origin.ts'
import type {TorNetwork} from './tor-network.ts'

/**
 * Where the streams to one port go: to a TCP port (of this machine where no host is given), to a Unix socket, or to a
 * function, which gets each stream as `net.Server`'s `connection` gets sockets. A stream knows nothing of its client, and
 * has no half-open state: ending it, or its end, ends both directions once what was written is through.
 */
export type OnionPortTarget =
  | {readonly host?: string; readonly port: number}
  | {readonly path: string}
  | ((stream: Duplex) => void)

export interface OnionServiceOptions extends LogOptions {
  readonly network: TorNetwork
  /** By the port that clients ask for, 1 to 65535. */
  readonly ports: Readonly<Record<number, OnionPortTarget>>
  /**
   * Where the service's identity is: a HiddenServiceDir, with C tor's files in it, made if need be. Its
   * `authorized_clients` count too. Without it the service has a new address at each start.
   */
  readonly directory?: string | undefined
  /** Where entry guards are kept over restarts. Needed wherever the service is to stay hidden for long. */
  readonly dataDirectory?: string | undefined
  /** X25519 public keys, 32 octets each, of the clients that alone may find the service. Default: everybody may. */
  readonly authorizedClients?: readonly Uint8Array[] | undefined
  /** 3 to 20. Default: 3. */
  readonly introductionPoints?: number | undefined
  /** Streams that one client's circuit may have open at once, 0 to 65535; 0, the default: as many as it likes. */
  readonly maxStreams?: number | undefined
  /** Gives up the start. What has started is ended by `close`. */
  readonly signal?: AbortSignal | undefined
}

/** An onion service that clients can find. */
export interface OnionService extends AsyncDisposable {
  /** 56 characters and `.onion`. */
  readonly address: string
  /** Circuits with clients at the moment. */
  readonly clients: number
  /** Ends all circuits and streams, and resolves when nothing is open any more. Idempotent. */
  close(): Promise<void>
}

const INTRODUCTION_POINTS = 3

/**
 * Starts an onion service. Resolves when its descriptors are published, so that clients find it from then on; as long as
 * the network has no consensus that takes, which is what `signal` is for: `AbortSignal.timeout(60_000)`.
 *
 * @throws {RamsonError} `settings` or `directory`; or the signal's reason, when everything is closed again
 */
export async function createOnionService(options: OnionServiceOptions): Promise<OnionService> {
  const {network, dataDirectory, signal} = options
  signal?.throwIfAborted()
  const ports = servicePorts(options.ports)
  checkNumber('introductionPoints', options.introductionPoints, 3, 20)
  checkNumber('maxStreams', options.maxStreams, 0, 65_535)
  for (const key of options.authorizedClients ?? []) {
    if (key.length !== X25519_LENGTH)
      throw new RamsonError('settings', 'An authorized client is a key of 32 octets.')
  }
  const logger = openLog(options)
  const origin = await openOrigin({network, dataDirectory, clientKey: () => undefined, logger})
  try {
    const service = await openService(options, ports, origin, text => logger.about('rend').info(text))
    try {
      await orAborted(service.published, signal)
      return serviceOf(service, origin)
    } catch (error) {
      service.end()
      throw error
    }
  } catch (error) {
    await origin.close()
    throw error
  }
}

interface Opened {
  readonly address: string
  readonly role: OnionServiceRole
  /** Resolves when clients can find the service. */
  readonly published: Promise<void>
  end(): void
}

async function openService(
  options: OnionServiceOptions,
  ports: readonly ServicePort[],
  {client, config}: Origin,
  log: (text: string) => void
): Promise<Opened> {
  const {directory, introductionPoints = INTRODUCTION_POINTS, maxStreams = 0} = options
  const loaded = directory === undefined ? undefined : loadOnionService(directory)
  if (loaded?.ok === false) throw directoryError(loaded.fault)
  const identity = loaded?.value.identity ?? generateEd25519()
  const netDir = () => client.knownNetDir
  const now = () => new Date()
  const {paths} = client
  let tellPublished = () => {}
  const published = new Promise<void>(resolve => {
    tellPublished = resolve
  })
  let isClosed = false
  const role: OnionServiceRole = new OnionServiceRole(
    {
      ports,
      maxStreams,
      whenMaxStreams: 'refuse-stream',
      identity,
      authorizedClients: [...(loaded?.value.authorizedClients ?? []), ...(options.authorizedClients ?? [])],
      introductionPoints,
      introductionLimit: undefined
    },
    {
      netDir,
      circuits: new HsCircuits({netDir, paths, build: (path, ms) => client.core.build(path, ms), now}),
      paths,
      time: {isTesting: config.testingTorNetwork},
      allowPrivateAddresses: () => config.extendAllowPrivateAddresses,
      now,
      log,
      changed: () => {
        if (isPublished(role)) tellPublished()
        // What became possible need not wait for the next second.
        setImmediate(() => {
          if (!isClosed) role.maintain()
        })
      }
    }
  )
  role.start()
  const end = () => {
    isClosed = true
    role.close()
  }
  return {address: printOnionAddress(identity.public), role, published, end}
}

/** Whether the descriptors of both periods lie at most of their HSDirs; clients ask more than one. */
function isPublished({descriptors}: OnionServiceRole): boolean {
  return (
    descriptors.length > 0 && descriptors.every(({published: {hsdirs, accepted}}) => 2 * accepted > hsdirs)
  )
}

function serviceOf({address, role, end}: Opened, origin: Origin): OnionService {
  let closing: Promise<void> | undefined
  const close = () => {
    if (closing === undefined) {
      end()
      closing = origin.close()
    }
    return closing
  }
  return {
    address,
    get clients() {
      return role.counters.rendezvousEstablished
    },
    close,
    [Symbol.asyncDispose]: close
  }
}

function servicePorts(ports: OnionServiceOptions['ports']): ServicePort[] {
  const made = Object.entries(ports).map(([text, target]) => {
    const virtualPort = Number(text)
    checkNumber('A port', virtualPort, 1, 65_535)
    return {virtualPort, target: roleTarget(target)}
  })
  if (made.length === 0) throw new RamsonError('settings', 'An onion service needs a port.')
  return made
}

function roleTarget(target: OnionPortTarget): RolePortTarget {
  if (typeof target === 'function') {
    return {
      kind: 'function',
      connected: stream => {
        stream.allowHalfOpen = false
        target(stream)
      }
    }
  }
  if ('path' in target) return {kind: 'unix', path: target.path}
  checkNumber('The port of a target', target.port, 1, 65_535)
  return {kind: 'tcp', host: target.host ?? '127.0.0.1', port: target.port}
}

function checkNumber(what: string, value: number | undefined, least: number, most: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least && value <= most)) return
  throw new RamsonError('settings', `${what} is a whole number from ${least} to ${most}, not ${value}.`)
}
