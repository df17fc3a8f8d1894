// The documents of the network that a relay or client knows: authority certificates, the consensus of each flavour, and
// the microdescriptors that it lists. What comes in, from the network or from the cache, is verified here and nowhere
// else; what is current is read from here by everyone.
//
// A document that does not verify changes nothing. Certificates that are missing to judge a consensus are named, so that
// the keeper can fetch them and offer the consensus again.

import {toBase64} from '../bytes/base64.ts'
import type {Fault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {type AuthorityCert, parseAuthorityCerts} from '../netdoc/authority-cert.ts'
import type {ConsensusFlavour, VerifiedConsensus} from '../netdoc/consensus/consensus.ts'
import {parseConsensus} from '../netdoc/consensus/parse.ts'
import {verifyConsensus} from '../netdoc/consensus/verify.ts'
import type {ConsensusFault} from '../netdoc/fault.ts'
import {type Microdescriptor, parseMicrodescriptors} from '../netdoc/microdescriptor.ts'

export type OfferFault = ConsensusFault | Fault<'consensus-not-newer' | 'consensus-from-the-future', never>

/** Clocks differ; a consensus may begin this far ahead of ours. */
const AHEAD_MAX_MS = 12 * 3600_000
/** Certificates kept per authority: the current one and those that older consensuses were signed with. */
const CERTS_PER_AUTHORITY = 8
/** Microdescriptors that no consensus has listed for this long are forgotten. */
const MICRODESCRIPTOR_LIFETIME_MS = 7 * 24 * 3600_000

interface Held {
  readonly microdescriptor: Microdescriptor
  lastListedMs: number
}

export class NetworkDocuments {
  readonly #authorities: readonly Uint8Array[]
  readonly #consensuses = new Map<ConsensusFlavour, VerifiedConsensus>()
  readonly #microdescriptors = new Map<string, Held>()
  /** Digests of microdescriptors that could not be parsed: fetching them again would not help. */
  readonly #refused = new Set<string>()
  #certs: AuthorityCert[] = []

  /** `authorities`: the v3 identities (20 octets) that the configuration trusts. */
  constructor(authorities: readonly Uint8Array[]) {
    this.#authorities = authorities
  }

  get certs(): readonly AuthorityCert[] {
    return this.#certs
  }

  consensus(flavour: ConsensusFlavour): VerifiedConsensus | undefined {
    return this.#consensuses.get(flavour)
  }

  microdescriptor(digest: Uint8Array): Microdescriptor | undefined {
    return this.#microdescriptors.get(toBase64(digest))?.microdescriptor
  }

  *microdescriptors(): Iterable<Microdescriptor> {
    for (const {microdescriptor} of this.#microdescriptors.values()) yield microdescriptor
  }

  /** Takes the certificates of known authorities. True: at least one is new. */
  offerCerts(octets: Uint8Array): boolean {
    const parsed = parseAuthorityCerts(octets)
    if (!parsed.ok) return false
    const known = new Set(this.#certs.map(certKey))
    const trusted = new Set(this.#authorities.map(toBase64))
    const fresh = parsed.value.accepted.filter(
      cert => trusted.has(toBase64(cert.identity)) && !known.has(certKey(cert))
    )
    if (fresh.length === 0) return false
    const newestFirst = [...fresh, ...this.#certs].sort((a, b) => Number(b.published) - Number(a.published))
    const count = new Map<string, number>()
    this.#certs = newestFirst.filter(cert => {
      const authority = toBase64(cert.identity)
      const seen = count.get(authority) ?? 0
      count.set(authority, seen + 1)
      return seen < CERTS_PER_AUTHORITY
    })
    return true
  }

  /** Verifies a consensus and makes it the current one of its flavour, unless it is no newer than that. */
  offerConsensus(
    flavour: ConsensusFlavour,
    octets: Uint8Array,
    now: Date
  ): Result<VerifiedConsensus, OfferFault> {
    const parsed = parseConsensus(octets, flavour)
    if (!parsed.ok) return parsed
    const current = this.#consensuses.get(flavour)
    if (current !== undefined && parsed.value.validAfter <= current.validAfter) {
      return err({code: 'consensus-not-newer', blame: 'peer'})
    }
    if (Number(parsed.value.validAfter) > Number(now) + AHEAD_MAX_MS) {
      return err({code: 'consensus-from-the-future', blame: 'peer'})
    }
    const trust = {authorities: this.#authorities, certs: this.#certs, now}
    const verified = verifyConsensus(parsed.value, trust)
    if (!verified.ok) return verified
    this.#consensuses.set(flavour, verified.value)
    if (flavour === 'microdesc') this.#noteListed(verified.value, now)
    return ok(verified.value)
  }

  /** Takes the microdescriptors that the current consensus lists and gives those that are new. */
  offerMicrodescriptors(octets: Uint8Array, now: Date): Microdescriptor[] {
    const parsed = parseMicrodescriptors(octets)
    if (!parsed.ok) return []
    for (const {digest} of parsed.value.refused) this.#refused.add(toBase64(digest))
    const listed = this.#listedDigests()
    const fresh: Microdescriptor[] = []
    for (const microdescriptor of parsed.value.accepted) {
      const key = toBase64(microdescriptor.digest)
      if (this.#microdescriptors.has(key)) continue
      const {lastListed} = microdescriptor
      // From the cache come some that a later consensus may list again.
      if (!listed.has(key) && lastListed === undefined) continue
      this.#microdescriptors.set(key, {microdescriptor, lastListedMs: Number(lastListed ?? now)})
      fresh.push(microdescriptor)
    }
    return fresh
  }

  /** Digests (32 octets) of the microdescriptors that the current consensus lists and that are not here. */
  missingMicrodescriptors(): Uint8Array[] {
    const missing: Uint8Array[] = []
    for (const {descriptorDigest} of this.consensus('microdesc')?.relays ?? []) {
      if (descriptorDigest === undefined) continue
      const key = toBase64(descriptorDigest)
      if (!this.#microdescriptors.has(key) && !this.#refused.has(key)) missing.push(descriptorDigest)
    }
    return missing
  }

  lastListed(microdescriptor: Microdescriptor): Date | undefined {
    const held = this.#microdescriptors.get(toBase64(microdescriptor.digest))
    return held === undefined ? undefined : new Date(held.lastListedMs)
  }

  #listedDigests(): Set<string> {
    const relays = this.consensus('microdesc')?.relays ?? []
    return new Set(
      relays.flatMap(({descriptorDigest: digest}) => (digest === undefined ? [] : toBase64(digest)))
    )
  }

  #noteListed(consensus: VerifiedConsensus, now: Date): void {
    const nowMs = Number(now)
    for (const {descriptorDigest} of consensus.relays) {
      const held = descriptorDigest && this.#microdescriptors.get(toBase64(descriptorDigest))
      if (held) held.lastListedMs = nowMs
    }
    for (const [key, held] of this.#microdescriptors) {
      if (nowMs - held.lastListedMs > MICRODESCRIPTOR_LIFETIME_MS) this.#microdescriptors.delete(key)
    }
    this.#refused.clear()
  }
}

function certKey(cert: AuthorityCert): string {
  return `${toBase64(cert.identity)} ${toBase64(cert.signingKeyDigest)}`
}
