// The cache over a restart: descriptors as they came, with when they came and how often they were fetched. It holds nothing
// but what any HSDir holds and hands out to whoever asks, and no key to any of it.
//
// What was saved is taken once, and is then no longer there: were it read again after a crash, services would be answered
// for with descriptors older than the ones they uploaded since.

import {
  bytes,
  constant,
  type Decoded,
  decode,
  encode,
  format,
  listToEnd,
  struct,
  u32,
  u64
} from '../../codec/codec.ts'
import {parseOuterHsDescriptor} from '../../netdoc/hs-descriptor/outer.ts'
import type {CachedDescriptor, DescriptorCache} from './descriptor-cache.ts'

/** Where saved descriptors lie; app puts a file of the CacheDirectory behind it, for its owner alone. */
export interface SavedDescriptorsFile {
  /** The octets that were put last, which are gone from there afterwards; undefined when there are none. */
  take(): Uint8Array | undefined
  put(octets: Uint8Array): void
}

/** Octets that are saved at most; of more, what is fetched most is kept. */
export const SAVED_OCTETS_MAX = 64 * 1024 * 1024
/** Descriptors that are verified in one go when they are read back. */
const BATCH = 16

const U32_MAX = 0xffff_ffff

export const savedDescriptors = format(
  'saved descriptors',
  {spec: 'ramson'},
  {
    layout: constant(u32, 1),
    descriptors: listToEnd(
      struct({
        receivedAtMs: u64,
        downloads: u32,
        octets: bytes(u32)
      })
    )
  }
)
type SavedDescriptor = Decoded<typeof savedDescriptors>['descriptors'][number]

export function saveDescriptors(cache: DescriptorCache, nowMs: number): Uint8Array {
  let octets = 0
  const descriptors = cache
    .byWorth()
    .filter(entry => entry.expiresAtMs > nowMs)
    .filter(entry => {
      octets += entry.octets.length
      return octets <= SAVED_OCTETS_MAX
    })
    .map(toSaved)
  return encode(savedDescriptors, {descriptors})
}

/**
 * Puts saved descriptors into the cache, each verified like one that is uploaded. Those whose lifetime is over, and those
 * that came later than now, by a clock that was wrong then or is now, are left out. Pauses between batches, since each
 * descriptor costs two signature checks.
 */
export async function restoreDescriptors(
  saved: Uint8Array,
  cache: DescriptorCache,
  options: {readonly maxLength: number; readonly nowMs: () => number}
): Promise<void> {
  const decoded = decode(savedDescriptors, saved)
  if (!decoded.ok) return
  for (const [i, descriptor] of decoded.value.descriptors.entries()) {
    if (i % BATCH === BATCH - 1) await new Promise<void>(done => setImmediate(done))
    restore(descriptor, cache, options.maxLength, options.nowMs())
  }
}

function restore(saved: SavedDescriptor, cache: DescriptorCache, maxLength: number, nowMs: number): void {
  const receivedAtMs = Number(saved.receivedAtMs)
  if (receivedAtMs > nowMs) return
  const parsed = parseOuterHsDescriptor(saved.octets, {now: new Date(nowMs), maxLength})
  if (!parsed.ok || receivedAtMs + parsed.value.lifetimeMinutes * 60_000 <= nowMs) return
  cache.store(parsed.value, nowMs, {receivedAtMs, downloads: saved.downloads})
}

function toSaved({receivedAtMs, downloads, octets}: CachedDescriptor): SavedDescriptor {
  return {receivedAtMs: BigInt(Math.floor(receivedAtMs)), downloads: Math.min(downloads, U32_MAX), octets}
}
