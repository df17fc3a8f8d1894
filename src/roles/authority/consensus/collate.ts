// Which entries of the votes are about the same relay (dir-spec 3.8): those with the same pair of RSA and Ed25519 identity,
// where more than half of the authorities agree on the pair; else those with the same RSA identity.

import {toLatin1} from '../../../bytes/octets.ts'
import type {Vote, VotedRelay} from '../../../netdoc/vote/vote.ts'

/** The entries about one relay: one for each vote, undefined where the vote has none. */
export interface CollatedRelay {
  readonly identity: Uint8Array
  readonly entries: readonly (VotedRelay | undefined)[]
  /** How many entries have the Ed25519 identity that the authorities agree on. */
  readonly agreeOnEd25519: number
}

interface Slot {
  readonly identity: Uint8Array
  readonly entries: (VotedRelay | undefined)[]
}

/** Ascending by RSA identity. @param authorityCount how many authorities there are, voting or not */
export function collate(votes: readonly Vote[], authorityCount: number): readonly CollatedRelay[] {
  const byRsa = new Map<string, Slot>()
  const byBoth = new Map<string, Slot>()
  for (const [i, vote] of votes.entries()) {
    for (const relay of vote.relays) {
      const rsa = toLatin1(relay.identity)
      place(byRsa, rsa, relay, i, votes.length)
      if (relay.ed25519 !== undefined) place(byBoth, rsa + keyOf(relay), relay, i, votes.length)
    }
  }
  const isEnough = (entries: Slot['entries']) => countOf(entries) > Math.floor(authorityCount / 2)
  const out = new Map<string, CollatedRelay>()
  for (const {identity, entries} of byBoth.values()) {
    if (!isEnough(entries)) continue
    const rsa = toLatin1(identity)
    const others = byRsa.get(rsa)?.entries ?? []
    const agreeOnEd25519 = countOf(entries)
    // Votes that say nothing of Ed25519 are about this relay as well.
    const filled = entries.map((entry, i) => {
      const other = others[i]
      return entry ?? (other?.ed25519 === undefined ? other : undefined)
    })
    out.set(rsa, {identity, entries: filled, agreeOnEd25519})
  }
  for (const [rsa, {identity, entries}] of byRsa) {
    if (!out.has(rsa) && isEnough(entries)) out.set(rsa, {identity, entries, agreeOnEd25519: 0})
  }
  return [...out.values()].sort((a, b) => Buffer.compare(a.identity, b.identity))
}

function place(slots: Map<string, Slot>, key: string, relay: VotedRelay, vote: number, votes: number): void {
  const slot = slots.get(key) ?? {
    identity: relay.identity,
    entries: new Array<VotedRelay | undefined>(votes).fill(undefined)
  }
  slots.set(key, slot)
  slot.entries[vote] = relay
}

function keyOf({ed25519}: VotedRelay): string {
  return ed25519 instanceof Uint8Array ? toLatin1(ed25519) : ''
}

function countOf(entries: readonly (VotedRelay | undefined)[]): number {
  return entries.filter(entry => entry !== undefined).length
}
