// A private network in somebody else's process: a directory authority and relays on 127.0.0.1. Services and clients are made
// in it with the other functions of the library.

import {ipToText} from '../../bytes/ip-address.ts'
import {localFault} from '../../fault/fault.ts'
import {NetworkNodes} from '../network/network-nodes.ts'
import {RELAYS_MAX, RELAYS_MIN} from '../network/network-options.ts'
import {type Preparation, prepare} from '../network/prepare.ts'
import {Steps} from '../network/steps.ts'
import {orAborted} from './abort.ts'
import {networkError, RamsonError} from './errors.ts'
import type {TorNetwork} from './tor-network.ts'

export interface NetworkOptions {
  /** Beside the authority, which is a relay as well: 7, the default, to 60. */
  readonly relays?: number | undefined
  /** Where keys and ports stay for the next start; a temporary directory otherwise, which goes with the network. */
  readonly directory?: string | undefined
  /** The first of the ports, all on 127.0.0.1, that the others follow; else some that are free. */
  readonly basePort?: number | undefined
  /** Hears what the network is about: `making keys`, `waiting for the first consensus`. */
  readonly progress?: ((what: string) => void) | undefined
  /** Gives up the start. What has started is ended by `close`. */
  readonly signal?: AbortSignal | undefined
}

/** A private network that runs. */
export interface Network extends TorNetwork, AsyncDisposable {
  /** The torrc lines that its nodes have in common: what C tor, or another process, needs to join it. */
  readonly torrc: string
  /** The authority first. */
  readonly relays: readonly NetworkRelay[]
  /** A page, for a browser on this machine, that shows what goes on. */
  readonly statusUrl: string
  /** Of each node a folder, with its keys and its log. */
  readonly directory: string
  /** Ends it all, and resolves when nothing is open any more. Idempotent. */
  close(): Promise<void>
}

export interface NetworkRelay {
  readonly name: string
  /** 40 hexadecimal digits in upper case. */
  readonly fingerprint: string
  readonly host: string
  readonly port: number
}

const CONSENSUS_TIMEOUT_MS = 60_000
const POLL_MS = 25

/**
 * Starts a private network. Resolves when its first consensus lists all relays as running.
 *
 * @throws {RamsonError} `settings` or `network-failed`; or the signal's reason, when everything is closed again
 */
export async function createNetwork(options: NetworkOptions = {}): Promise<Network> {
  const {relays = RELAYS_MIN, signal, progress} = options
  signal?.throwIfAborted()
  if (!Number.isInteger(relays) || relays < RELAYS_MIN || relays > RELAYS_MAX) {
    throw new RamsonError(
      'settings',
      `relays is a whole number from ${RELAYS_MIN} to ${RELAYS_MAX}, not ${relays}.`
    )
  }
  const steps = new Steps(({detail}) => progress?.(detail))
  steps.begin(0, 'making keys')
  const prepared = await prepare(
    {relays, keep: options.directory, basePort: options.basePort, parts: 'relays', atExit: 'leave'},
    steps
  )
  if (!prepared.ok) throw networkError(prepared.fault)
  const preparation = prepared.value
  const nodes = new NetworkNodes(preparation, steps)
  const close = async () => {
    await nodes.close()
    await preparation.close()
  }
  try {
    signal?.throwIfAborted()
    steps.detail(0, `starting the authority and ${relays} relays`)
    const started = await nodes.startRelays()
    if (!started.ok) throw networkError(started.fault)
    steps.detail(0, 'waiting for the first consensus')
    await allListed(nodes, preparation, signal)
    steps.done(0, `1 authority, ${relays} relays`)
  } catch (error) {
    await close()
    throw error
  }
  return networkOf(nodes, preparation, close)
}

async function allListed(
  nodes: NetworkNodes,
  preparation: Preparation,
  signal: AbortSignal | undefined
): Promise<void> {
  const deadlineMs = performance.now() + CONSENSUS_TIMEOUT_MS
  let timer: NodeJS.Timeout | undefined
  const listed = new Promise<boolean>(resolve => {
    timer = setInterval(() => {
      if (nodes.listed.length >= nodes.relayCount) resolve(true)
      else if (performance.now() >= deadlineMs) resolve(false)
    }, POLL_MS)
  })
  try {
    if (await orAborted(listed, signal)) return
  } finally {
    clearInterval(timer)
  }
  const missing = nodes.unlisted.join(', ')
  const message = 'the consensus of the authority does not list it as running'
  const data = {step: 0, node: missing, message, wayOut: preparation.wayOut(missing)} as const
  throw networkError(localFault('network-failed', data))
}

function networkOf(
  nodes: NetworkNodes,
  {common, directory, nodes: plans}: Preparation,
  end: () => Promise<void>
): Network {
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= end()
    return closing
  }
  return {
    torrc: `${common.join('\n')}\n`,
    relays: plans.flatMap(({name}) => {
      const node = nodes.relays.get(name)
      if (node === undefined) return []
      const {fingerprint, listeners} = node
      const [{octets, port} = {octets: Uint8Array.of(127, 0, 0, 1), port: 0}] = listeners
      return [{name, fingerprint, host: ipToText(octets), port}]
    }),
    statusUrl: nodes.addresses.statusUrl,
    directory,
    close,
    [Symbol.asyncDispose]: close
  }
}
