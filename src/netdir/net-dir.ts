// A verified consensus as something to ask. A NetDir never changes: microdescriptors that arrive make a new one
// (`withMicrodescriptors`), as a new consensus does, so whoever holds one sees one network from beginning to end.

import {toBase16, toBase16Upper} from '../bytes/base16.ts'
import type {Consensus, VerifiedConsensus} from '../netdoc/consensus/consensus.ts'
import type {Microdescriptor} from '../netdoc/microdescriptor.ts'
import type {RouterDescriptor} from '../netdoc/router-descriptor/router-descriptor.ts'
import {chooseWeighted, type RandomFraction} from './choose.ts'
import {keysOf, type Relay, type RelayKeys} from './relay.ts'
import {type Position, type Weigh, weighFor} from './weighting.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const DEFAULT_WEIGHT_SCALE = 10_000
const MAX_INT32 = 0x7fffffff

export class NetDir {
  readonly consensus: VerifiedConsensus
  readonly relays: readonly Relay[]
  readonly #keysByDigest: ReadonlyMap<string, RelayKeys>
  readonly #byIdentity: ReadonlyMap<string, Relay>
  readonly #byEd25519: ReadonlyMap<string, Relay>

  private constructor(consensus: VerifiedConsensus, keysByDigest: ReadonlyMap<string, RelayKeys>) {
    this.consensus = consensus
    this.#keysByDigest = keysByDigest
    this.relays = joinRelays(consensus, keysByDigest)
    this.#byIdentity = new Map(this.relays.map(relay => [relay.fingerprint, relay]))
    this.#byEd25519 = new Map(
      this.relays.flatMap(relay => (relay.ed25519 === undefined ? [] : [[toBase16(relay.ed25519), relay]]))
    )
  }

  /** Of the flavour `microdesc`; microdescriptors that the consensus does not name are left out. */
  static fromMicrodescriptors(consensus: VerifiedConsensus, known: Iterable<Microdescriptor>): NetDir {
    return new NetDir(consensus, collectKeys(consensus, known))
  }

  /** Of the flavour `ns`. */
  static fromDescriptors(consensus: VerifiedConsensus, known: Iterable<RouterDescriptor>): NetDir {
    return new NetDir(consensus, collectKeys(consensus, known))
  }

  /** The same consensus with more microdescriptors. */
  withMicrodescriptors(more: Iterable<Microdescriptor>): NetDir {
    return new NetDir(this.consensus, new Map([...this.#keysByDigest, ...collectKeys(this.consensus, more)]))
  }

  get validAfter(): Date {
    return this.consensus.validAfter
  }

  get freshUntil(): Date {
    return this.consensus.freshUntil
  }

  get validUntil(): Date {
    return this.consensus.validUntil
  }

  get sharedRandom(): Consensus['sharedRandom'] {
    return this.consensus.sharedRandom
  }

  /** Within its own times. */
  isLive(now: Date): boolean {
    return this.validAfter <= now && now < this.validUntil
  }

  /** Good enough to make circuits with: not more than a day too old or too new. */
  isReasonablyLive(now: Date): boolean {
    const time = now.getTime()
    return this.validAfter.getTime() - DAY_MS <= time && time < this.validUntil.getTime() + DAY_MS
  }

  /** A consensus parameter, or its default, moved into the range that its definition gives (param-spec). */
  param(name: string, fallback: number, min: number, max: number): number {
    return Math.min(max, Math.max(min, this.consensus.params.get(name) ?? fallback))
  }

  /** @param identity SHA-1 of the RSA identity key, 20 octets */
  relayByIdentity(identity: Uint8Array): Relay | undefined {
    return this.#byIdentity.get(toBase16Upper(identity))
  }

  relayByEd25519(ed25519: Uint8Array): Relay | undefined {
    return this.#byEd25519.get(toBase16(ed25519))
  }

  /** Digests of microdescriptors or descriptors that the consensus names and that are not here, each once. */
  missingDescriptors(): readonly Uint8Array[] {
    const missing = new Map<string, Uint8Array>()
    for (const {status, keys} of this.relays) {
      const {descriptorDigest} = status
      if (keys === undefined && descriptorDigest !== undefined)
        missing.set(toBase16(descriptorDigest), descriptorDigest)
    }
    return [...missing.values()]
  }

  /** A relay for one position, among those whose keys are here and that `allows`, by bandwidth and the weights of the position. */
  choose(
    position: Position,
    random: RandomFraction,
    allows: (relay: Relay) => boolean = () => true
  ): Relay | undefined {
    const weigh = this.weigher(position)
    const candidates = this.relays.filter(relay => relay.keys !== undefined && allows(relay))
    return chooseWeighted(candidates, relay => weigh(relay.status), random)
  }

  /** How much each relay counts in a position. */
  weigher(position: Position): Weigh {
    const scale = this.param('bwweightscale', DEFAULT_WEIGHT_SCALE, 1, MAX_INT32)
    return weighFor(position, this.consensus.bandwidthWeights, scale)
  }
}

function collectKeys(
  consensus: Consensus,
  known: Iterable<Microdescriptor | RouterDescriptor>
): ReadonlyMap<string, RelayKeys> {
  const wanted = new Set(
    consensus.relays.flatMap(({descriptorDigest}) =>
      descriptorDigest === undefined ? [] : [toBase16(descriptorDigest)]
    )
  )
  const found = new Map<string, RelayKeys>()
  for (const descriptor of known) {
    const digest = toBase16(descriptor.digest)
    if (wanted.has(digest)) found.set(digest, keysOf(descriptor))
  }
  return found
}

function joinRelays(consensus: Consensus, keysByDigest: ReadonlyMap<string, RelayKeys>): readonly Relay[] {
  const entries = consensus.relays.map(status => {
    const {descriptorDigest} = status
    const keys = descriptorDigest === undefined ? undefined : keysByDigest.get(toBase16(descriptorDigest))
    const claimed = status.flags.has('NoEdConsensus') ? undefined : keys?.ed25519
    return {status, keys, claimed, name: claimed === undefined ? '' : toBase16(claimed)}
  })
  const claims = new Map<string, number>()
  for (const {name} of entries) claims.set(name, (claims.get(name) ?? 0) + 1)
  return entries.map(({status, keys, claimed, name}) => ({
    status,
    keys,
    fingerprint: toBase16Upper(status.identity),
    ed25519: claims.get(name) === 1 ? claimed : undefined
  }))
}
