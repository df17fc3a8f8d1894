// Connections to onion services: one, or, over a client that stays, many.

import type {Duplex} from 'node:stream'
import {toBase16} from '../../bytes/base16.ts'
import {parseOnionAddress} from '../../crypto/hs/onion-address.ts'
import {X25519_LENGTH} from '../../crypto/x25519.ts'
import {orAborted} from './abort.ts'
import {onionError, RamsonError} from './errors.ts'
import {type LogOptions, openLog} from './log.ts'
import {type Origin, openOrigin} from './origin.ts'
import type {TorNetwork} from './tor-network.ts'

export interface OnionClientOptions extends LogOptions {
  readonly network: TorNetwork
  /** Where entry guards are kept over restarts. Needed wherever the client is to stay unknown for long. */
  readonly dataDirectory?: string | undefined
  /** X25519 secrets, 32 octets each, for services that let only some clients in, by their addresses. */
  readonly keys?: Readonly<Record<string, Uint8Array>> | undefined
  /** Gives up the start. */
  readonly signal?: AbortSignal | undefined
}

export interface OnionTarget {
  /** 56 characters, with or without `.onion` behind and names in front. */
  readonly address: string
  /** 1 to 65535. */
  readonly port: number
  /** Connections of different isolation never share a circuit. Default: all share one per service. */
  readonly isolation?: string | undefined
  /** Gives up this connection; the stream, once there, is ended by `destroy`. */
  readonly signal?: AbortSignal | undefined
}

/** Circuits to onion services, and what one must know of the network for them. */
export interface OnionClient extends AsyncDisposable {
  /**
   * A stream to a service. It has no half-open state: ending it ends both directions once what was written is through.
   *
   * @throws {RamsonError} `onion-…`, `settings` or `closed`; or the signal's reason
   */
  connect(target: OnionTarget): Promise<Duplex>
  /** Destroys all streams, ends all circuits, and resolves when nothing is open any more. Idempotent. */
  close(): Promise<void>
}

const POLL_MS = 50

/**
 * Starts an onion client. Resolves when enough of the network is known to build circuits.
 *
 * @throws {RamsonError} `settings` or `directory`; or the signal's reason, when everything is closed again
 */
export async function createOnionClient(options: OnionClientOptions): Promise<OnionClient> {
  const {network, dataDirectory, signal} = options
  signal?.throwIfAborted()
  const keys = clientKeys(options.keys ?? {})
  const logger = openLog(options)
  const clientKey = (identity: Uint8Array) => keys.get(toBase16(identity))
  const origin = await openOrigin({network, dataDirectory, clientKey, logger})
  try {
    await networkKnown(origin, signal)
    return clientOf(origin)
  } catch (error) {
    await origin.close()
    throw error
  }
}

export interface ConnectOnionOptions extends OnionClientOptions, OnionTarget {}

/**
 * Connects to an onion service with a client of its own, which is closed when the stream is. For more than one connection
 * {@link createOnionClient} is quicker, since each client learns of the network first.
 *
 * @throws {RamsonError} as {@link createOnionClient} and {@link OnionClient.connect}; or the signal's reason, when
 * everything is closed again
 */
export async function connectOnion(options: ConnectOnionOptions): Promise<Duplex> {
  checkTarget(options)
  const client = await createOnionClient(options)
  try {
    const stream = await client.connect(options)
    stream.once('close', () => void client.close())
    return stream
  } catch (error) {
    await client.close()
    throw error
  }
}

function clientOf(origin: Origin): OnionClient {
  const streams = new Set<Duplex>()
  let closing: Promise<void> | undefined
  const close = () => {
    if (closing === undefined) {
      for (const stream of streams) stream.destroy()
      closing = origin.close()
    }
    return closing
  }
  const connect = async (target: OnionTarget) => {
    const {address, port, isolation = '', signal} = target
    signal?.throwIfAborted()
    checkTarget(target)
    if (closing !== undefined) throw new RamsonError('closed', 'The client has been closed.')
    const connecting = origin.client.connect({address, port, isolation})
    try {
      const connected = await orAborted(connecting, signal)
      if (!connected.ok) throw onionError(connected.fault)
      const stream = connected.value
      stream.allowHalfOpen = false
      if (closing !== undefined) {
        stream.destroy()
        throw new RamsonError('closed', 'The client has been closed.')
      }
      streams.add(stream)
      stream.once('close', () => streams.delete(stream))
      return stream
    } catch (error) {
      // Of one that was given up; it may still come.
      void connecting.then(connected => connected.ok && connected.value.destroy())
      throw error
    }
  }
  return {connect, close, [Symbol.asyncDispose]: close}
}

function checkTarget({address, port}: OnionTarget): void {
  if (parseOnionAddress(address) === undefined) throw onionError({code: 'onion-address-bad', blame: 'local'})
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new RamsonError('settings', `A port is a whole number from 1 to 65535, not ${port}.`)
  }
}

function clientKeys(keys: NonNullable<OnionClientOptions['keys']>): Map<string, Uint8Array> {
  return new Map(
    Object.entries(keys).map(([address, key]) => {
      const identity = parseOnionAddress(address)
      if (identity === undefined)
        throw new RamsonError('settings', 'A key is for no onion address of version 3.')
      if (key.length !== X25519_LENGTH)
        throw new RamsonError('settings', 'The key of a client has 32 octets.')
      return [toBase16(identity), key]
    })
  )
}

async function networkKnown({client}: Origin, signal: AbortSignal | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const known = new Promise<void>(resolve => {
    timer = setInterval(() => {
      if (client.knownNetDir !== undefined) resolve()
    }, POLL_MS)
  })
  try {
    await orAborted(known, signal)
  } finally {
    clearInterval(timer)
  }
}
