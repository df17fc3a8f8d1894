// The authorities that a consensus says took part: each `dir-source` with the `contact` and `vote-digest` behind it.

import {ok, type Result} from '../../fault/result.ts'
import {parseIpv4} from '../address.ts'
import {parseFingerprint, parsePort} from '../argument.ts'
import {meaningFault, type NetdocFault} from '../fault.ts'
import type {Item} from '../item.ts'
import type {Voter} from './consensus.ts'

export interface VoterItems {
  readonly sources: readonly Item[]
  readonly contacts: readonly Item[]
  readonly digests: readonly Item[]
}

/** An entry for a legacy identity key has no contact and no vote digest: empty there. */
export function parseVoters({sources, contacts, digests}: VoterItems): Result<readonly Voter[], NetdocFault> {
  const contactOf = groupBySource(sources, contacts)
  if (contactOf === undefined) return meaningFault('bad-argument', 'contact')
  const digestOf = groupBySource(sources, digests)
  if (digestOf === undefined) return meaningFault('bad-argument', 'vote-digest')
  const voters: Voter[] = []
  for (const source of sources) {
    const identity = parseFingerprint(source.arg(1))
    const ipv4 = parseIpv4(source.arg(3))
    const dirPort = parsePort(source.arg(4))
    const orPort = parsePort(source.arg(5))
    if (identity === undefined || ipv4 === undefined || dirPort === undefined || orPort === undefined) {
      return meaningFault('bad-argument', 'dir-source')
    }
    const digestItem = digestOf.get(source)
    const voteDigest = digestItem === undefined ? new Uint8Array(0) : parseFingerprint(digestItem.arg(0))
    if (voteDigest === undefined) return meaningFault('bad-argument', 'vote-digest')
    const contact = contactOf.get(source)?.line ?? ''
    const [nickname, hostname] = [source.arg(0), source.arg(2)]
    voters.push({nickname, identity, hostname, ipv4, dirPort, orPort, contact, voteDigest})
  }
  return ok(voters)
}

/** Undefined when an item stands before every source, or a source has two of them. */
function groupBySource(
  sources: readonly Item[],
  items: readonly Item[]
): ReadonlyMap<Item, Item> | undefined {
  const out = new Map<Item, Item>()
  let at = -1
  for (const item of items) {
    while ((sources[at + 1]?.span.start ?? Number.POSITIVE_INFINITY) < item.span.start) at++
    const source = sources[at]
    if (source === undefined || out.has(source)) return undefined
    out.set(source, item)
  }
  return out
}
