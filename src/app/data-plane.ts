// Which data plane runs: native shards on every core where the addon loads and the node is a relay of its own, else the plain
// one in the main thread. A shard is a thread, so that nodes of which many live in one process, and clients, have none.
//
// RAMSON_DATAPLANE=plain leaves all native code alone. RAMSON_SHARDS=n makes it n shards, also where there would be none.
// RAMSON_LINKS=node leaves the links of shards with node:tls.

import {loadAddon} from '../crypto/binding.ts'
import {dataPlaneInfo} from '../crypto/relay-crypto/relay-crypto.ts'
import type {DataPlane} from '../dataplane/contract.ts'
import {PlainPlane, type PlainPlaneDeps} from '../dataplane/plain/plain-plane.ts'
import type {DataPlaneOptions} from '../dataplane/plane-options.ts'
import {linksAreNative} from '../dataplane/shard/link-choice.ts'
import {ShardedPlane} from '../dataplane/shard/sharded-plane.ts'
import {ShardPool} from '../pool/shard-pool.ts'

/** More than this many threads have never paid, and channel handles have room for no more than 256. */
const SHARDS_MAX = 128
/** Links of a relay that may be in their handshake at once. */
export const HANDSHAKES_MAX = 8192

export type PlaneChoice =
  | {readonly kind: 'shards'; readonly shards: number}
  | {readonly kind: 'plain'; readonly reason: string}

export interface DataPlaneDeps extends PlainPlaneDeps {
  /** A shard died: a bug of ours. Its links are closed; another shard takes its place. */
  readonly shardDied?: ((error: unknown) => void) | undefined
}

/**
 * What is to run. Throws where the environment asks for what cannot be had.
 * @param shards as many as the node would have; 0: it is one of those that have none
 */
export function choosePlane(shards: number, environment: NodeJS.ProcessEnv = process.env): PlaneChoice {
  const {addon, reason} = loadAddon()
  const forced = forcedShards(environment['RAMSON_SHARDS'] ?? '')
  if (addon === undefined) return {kind: 'plain', reason}
  const wanted = Math.min(SHARDS_MAX, forced ?? shards)
  return wanted === 0 ? {kind: 'plain', reason: 'no shards are wanted'} : {kind: 'shards', shards: wanted}
}

export function openDataPlane(
  choice: PlaneChoice,
  options: DataPlaneOptions,
  deps: DataPlaneDeps
): DataPlane {
  const {events, endpoint, gate, socketOctets, shardDied} = deps
  const shared = {events, endpoint, gate, socketOctets}
  if (choice.kind === 'plain') return new PlainPlane(options, shared)
  const {shards} = choice
  const threads = new ShardPool(shards)
  return new ShardedPlane({...options, shards}, {...shared, threads, shardDied: shardDied ?? rethrow})
}

/** For the start-up log and `--version`: what moves cells, and on which cryptography. */
export function planeText(choice: PlaneChoice): string {
  const {implementation, kernel} = dataPlaneInfo()
  const plane =
    choice.kind === 'plain'
      ? `plain, over node:tls (${choice.reason})`
      : `native, ${choice.shards} ${choice.shards === 1 ? 'shard' : 'shards'} over ${linksAreNative() ? 'native links' : 'node:tls'}`
  return `${plane}; cell cryptography: ${implementation} (${kernel})`
}

/** What a node says at its start that runs without the addon; undefined where the addon loads. */
export function fallbackNotice(): string | undefined {
  const {implementation, reason} = dataPlaneInfo()
  return implementation === 'addon'
    ? undefined
    : `The native addon is not in use (${reason}): cells go through the fallback over node:crypto, which is several times slower.`
}

function forcedShards(text: string): number | undefined {
  if (text === '') return undefined
  const shards = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (shards < 1 || shards > SHARDS_MAX) {
    throw new Error(`RAMSON_SHARDS=${text}: it is a number from 1 to ${SHARDS_MAX}`)
  }
  return shards
}

function rethrow(error: unknown): never {
  throw error
}
