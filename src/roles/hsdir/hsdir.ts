// The HSDir: keeps the descriptors of services for their clients. It owns the cache; HTTP and circuits are the directory
// server's, and where the cache lies while the relay is stopped is app's.
//
// Nothing here is logged and nothing but totals is counted: which blinded keys are here, and who asks for them, is told to
// no one.

import {DescriptorCache, type DescriptorCacheCounters} from './descriptor-cache.ts'
import {type HsDirCounters, type HsDirRoute, hsDirRoutes, newHsDirCounters} from './routes.ts'
import {restoreDescriptors, type SavedDescriptorsFile, saveDescriptors} from './saved-descriptors.ts'

export interface HsDirDeps {
  /** Octets that the cache may hold: MaxHSDirCacheBytes, or a fifth of MaxMemInQueues where that is 0. */
  readonly octetsMax: () => number
  /** Consensus parameter HSV3MaxDescriptorSize. */
  readonly maxDescriptorLength: () => number
  /** Milliseconds since 1970. */
  readonly nowMs: () => number
  /** Hears of every descriptor that was kept; only to be counted. */
  readonly stored?: ((blindedKey: Uint8Array) => void) | undefined
  readonly saved: SavedDescriptorsFile
}

export interface HsDir {
  /** For the relay's directory server. */
  readonly routes: readonly HsDirRoute[]
  readonly counters: HsDirCounters & {readonly cache: Readonly<DescriptorCacheCounters>}
  readonly size: () => number
  readonly octets: () => number
  /** Resolves when what was saved is back. Publishing and fetching work before, too. */
  readonly restored: Promise<void>
  /** Drops what is past its lifetime; due once a minute or so. */
  expire(): void
  /** Gives up to so many octets back when memory runs low; tells how many those were. */
  trim(octets: number): number
  /** Saves the cache, with what was still being brought back. */
  close(): Promise<void>
}

export function openHsDir(deps: HsDirDeps): HsDir {
  const cache = new DescriptorCache(deps.octetsMax)
  const counters = newHsDirCounters()
  const saved = deps.saved.take()
  const {nowMs} = deps
  const restored =
    saved === undefined
      ? Promise.resolve()
      : restoreDescriptors(saved, cache, {maxLength: deps.maxDescriptorLength() - 1, nowMs})
  return {
    routes: hsDirRoutes({...deps, cache, counters}),
    counters: {...counters, cache: cache.counters},
    size: () => cache.size,
    octets: () => cache.octets,
    restored,
    expire: () => cache.expire(nowMs()),
    trim: octets => cache.trim(octets),
    close: async () => {
      await restored
      deps.saved.put(saveDescriptors(cache, nowMs()))
    }
  }
}
