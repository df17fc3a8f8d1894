// Building a circuit along a path of relays.

import type {ChannelMap, RelayTarget} from '../dataplane/channel-map.ts'
import {type Fault, localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import type {LinkSpecifier} from '../wire/link-specifier.ts'
import {OriginCircuit, type OriginCircuitDeps, type OriginCircuitFault} from './origin-circuit.ts'
import {createFastHandshake, ntorHandshake} from './origin-handshake.ts'

/** A relay as a hop of a path. A first hop whose ntor onion key is not known is reached with CREATE_FAST. */
export interface PathHop extends RelayTarget {
  readonly ntorOnionKey: Uint8Array | undefined
  /** How somebody else named the relay: goes into EXTEND2 as it is, unknown kinds too (rend-spec-v3 3.3). */
  readonly linkSpecifiers?: readonly LinkSpecifier[]
}

export type BuildFault = (
  | OriginCircuitFault
  | Fault<'first-hop-unreachable' | 'hop-without-onion-key' | 'build-timeout' | 'empty-path', never>
) & {
  /** Hops that were there when it failed: the relay behind them, or the way to it, is what failed. */
  readonly hopsBuilt?: number
}

/** Hears how far a circuit has come. */
export interface BuildWatch {
  opened(circuit: OriginCircuit): void
  /** It has one hop more. */
  extended(): void
}

/** Builds a circuit along `path`, first hop first; closes it and answers with a fault when that takes too long. */
export async function openCircuit(
  path: readonly PathHop[],
  timeoutMs: number,
  channels: ChannelMap,
  deps: OriginCircuitDeps,
  watch?: BuildWatch
): Promise<Result<OriginCircuit, BuildFault>> {
  const [first, ...others] = path
  if (first === undefined) return err(localFault('empty-path'))
  const channel = await new Promise<Parameters<Parameters<ChannelMap['reach']>[1]>[0]>(done => {
    channels.reach(first, done)
  })
  if (!('info' in channel)) return err(localFault('first-hop-unreachable'))
  const opened = OriginCircuit.open(channel, deps)
  if (!opened.ok) return opened
  const circuit = opened.value
  watch?.opened(circuit)
  let timedOut = false
  const timer = setTimeout(() => {
    timedOut = true
    circuit.close()
  }, timeoutMs)
  const built = await addHops(circuit, first, others, watch)
  clearTimeout(timer)
  if (built.ok) return ok(circuit)
  const hopsBuilt = circuit.length
  circuit.close()
  const fault: BuildFault = timedOut ? localFault('build-timeout') : built.fault
  return err({...fault, hopsBuilt})
}

async function addHops(
  circuit: OriginCircuit,
  first: PathHop,
  others: readonly PathHop[],
  watch: BuildWatch | undefined
): Promise<Result<void, BuildFault>> {
  const {rsaIdentity, ntorOnionKey} = first
  const handshake =
    ntorOnionKey === undefined ? createFastHandshake() : ntorHandshake({rsaIdentity, ntorOnionKey})
  const created = await circuit.create(handshake)
  if (!created.ok) return created
  watch?.extended()
  return extendCircuit(circuit, others, watch)
}

/** Adds hops behind the last one, one after the other. */
export async function extendCircuit(
  circuit: OriginCircuit,
  hops: readonly PathHop[],
  watch?: BuildWatch
): Promise<Result<void, BuildFault>> {
  for (const hop of hops) {
    if (hop.ntorOnionKey === undefined) return err(localFault('hop-without-onion-key'))
    const {ntorOnionKey: onionKey} = hop
    const extended = await circuit.extend(
      hop.linkSpecifiers ?? linkSpecifiers(hop),
      ntorHandshake({rsaIdentity: hop.rsaIdentity, ntorOnionKey: onionKey})
    )
    if (!extended.ok) return extended
    watch?.extended()
  }
  return ok(undefined)
}

/** How an EXTEND2 names a relay: addresses, then identities (tor-spec 5.1.2). */
export function linkSpecifiers(relay: RelayTarget): LinkSpecifier[] {
  const specifiers: LinkSpecifier[] = relay.addresses.map(({octets, port}) => ({
    kind: octets.length === 4 ? 'ipv4' : 'ipv6',
    address: octets,
    port
  }))
  specifiers.push({kind: 'rsaIdentity', identity: relay.rsaIdentity})
  if (relay.ed25519Identity !== undefined) {
    specifiers.push({kind: 'ed25519Identity', identity: relay.ed25519Identity})
  }
  return specifiers
}
