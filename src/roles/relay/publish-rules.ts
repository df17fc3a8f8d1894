// When a relay publishes its descriptor anew (dir-spec 2.1). Pure: what was published, what is the case now, and the time
// give a reason, or none. The reason goes along with the upload, as C tor sends it.

import type {RelayProfile} from './own-documents.ts'

/** The closed set of reasons; in the header X-Desc-Gen-Reason and in the log. */
export type PublishReason =
  | 'started'
  | 'too old'
  | 'configuration changed'
  | 'address changed'
  | 'keys changed'
  | 'bandwidth changed'
  | 'hibernation changed'
  | 'not listed in the consensus'
  | 'listed as stale'

export interface Published {
  readonly atMs: number
  readonly profile: RelayProfile
  /** Whatever names the keys: two publications with the same keys have the same value. */
  readonly keys: string
  readonly observed: number
  readonly isHibernating: boolean
}

export interface PublishSituation extends Omit<Published, 'atMs'> {
  /** How the newest consensus lists us; 'unknown' without one that is newer than the publication. */
  readonly listing: 'listed' | 'stale' | 'missing' | 'unknown'
}

const HOUR_MS = 3600_000
const TOO_OLD_MS = 18 * HOUR_MS
const RETRY_UNLISTED_MS = 90 * 60_000
/** A bandwidth that doubled or halved is news, but not more often than this and not for a relay that just started. */
const BANDWIDTH_NEWS_MS = 3 * HOUR_MS

export function reasonToPublish(
  last: Published | undefined,
  now: PublishSituation,
  nowMs: number
): PublishReason | undefined {
  if (last === undefined) return 'started'
  const ageMs = nowMs - last.atMs
  if (addressOf(last.profile) !== addressOf(now.profile)) return 'address changed'
  if (JSON.stringify(last.profile, octetsAsText) !== JSON.stringify(now.profile, octetsAsText)) {
    return 'configuration changed'
  }
  if (last.keys !== now.keys) return 'keys changed'
  if (last.isHibernating !== now.isHibernating) return 'hibernation changed'
  if (ageMs >= TOO_OLD_MS) return 'too old'
  if (ageMs >= RETRY_UNLISTED_MS && now.listing === 'missing') return 'not listed in the consensus'
  if (ageMs >= RETRY_UNLISTED_MS && now.listing === 'stale') return 'listed as stale'
  if (ageMs >= BANDWIDTH_NEWS_MS && isNews(last.observed, now.observed)) return 'bandwidth changed'
  return undefined
}

function isNews(before: number, now: number): boolean {
  return now > 2 * before || now * 2 < before
}

function addressOf({ipv4, ipv6}: RelayProfile): string {
  return JSON.stringify([ipv4, ipv6], octetsAsText)
}

function octetsAsText(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? [...value].join('.') : value
}
