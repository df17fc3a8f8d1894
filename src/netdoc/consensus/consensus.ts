// A consensus as a value (dir-spec 3.4): what the authorities agreed on about the network for some hours.

import type {AddressPort} from '../address.ts'
import type {PortPolicy} from '../port-policy.ts'
import type {Protocols} from '../protocols.ts'

/** `ns` names router descriptors by SHA-1, `microdesc` microdescriptors by SHA-256. */
export type ConsensusFlavour = 'ns' | 'microdesc'

/** What one consensus says about one relay. */
export interface RelayStatus {
  readonly nickname: string
  /** SHA-1 of the RSA identity key, 20 octets. */
  readonly identity: Uint8Array
  /** Of the router descriptor (20 octets, ns) or of the microdescriptor (32 octets, microdesc). */
  readonly descriptorDigest: Uint8Array | undefined
  readonly published: Date
  readonly ipv4: AddressPort
  readonly dirPort: number
  readonly ipv6: AddressPort | undefined
  /** Relays with the same flags share one set. */
  readonly flags: ReadonlySet<string>
  readonly version: string | undefined
  readonly protocols: Protocols
  /** Kilobytes a second, as the authorities weigh the relay. */
  readonly bandwidth: number | undefined
  readonly isUnmeasured: boolean
  readonly policy: PortPolicy | undefined
}

/** An authority that took part. */
export interface Voter {
  readonly nickname: string
  /** SHA-1 of the authority's v3 identity key, 20 octets. */
  readonly identity: Uint8Array
  readonly hostname: string
  readonly ipv4: Uint8Array
  readonly dirPort: number
  readonly orPort: number
  readonly contact: string
  readonly voteDigest: Uint8Array
}

export type ConsensusDigestName = 'sha1' | 'sha256'

export interface ConsensusSignature {
  readonly algorithm: ConsensusDigestName
  readonly identity: Uint8Array
  readonly signingKeyDigest: Uint8Array
  readonly signature: Uint8Array
}

export interface SharedRandomValue {
  /** How many authorities revealed a value that went into it. */
  readonly reveals: number
  /** 32 octets. */
  readonly value: Uint8Array
}

export interface ProtocolSets {
  readonly recommendedClient: Protocols | undefined
  readonly recommendedRelay: Protocols | undefined
  readonly requiredClient: Protocols | undefined
  readonly requiredRelay: Protocols | undefined
}

export interface Consensus {
  readonly flavour: ConsensusFlavour
  readonly method: number
  readonly validAfter: Date
  readonly freshUntil: Date
  readonly validUntil: Date
  /** Seconds that authorities allow for votes and for signatures to arrive. */
  readonly votingDelay: {readonly voteSeconds: number; readonly distSeconds: number}
  readonly clientVersions: readonly string[]
  readonly serverVersions: readonly string[]
  readonly knownFlags: readonly string[]
  readonly protocols: ProtocolSets
  readonly params: ReadonlyMap<string, number>
  readonly sharedRandom: {
    readonly previous: SharedRandomValue | undefined
    readonly current: SharedRandomValue | undefined
  }
  readonly voters: readonly Voter[]
  /** Ascending by identity. */
  readonly relays: readonly RelayStatus[]
  readonly bandwidthWeights: ReadonlyMap<string, number>
  readonly signatures: readonly ConsensusSignature[]
  /** The document as it came, for caching, serving and as the base of diffs. */
  readonly octets: Uint8Array
  /** Offset behind the space of the first `directory-signature `: what signatures and diff names cover. */
  readonly signedLength: number
}

declare const verified: unique symbol

/** A consensus that more than half of the authorities we know have signed. Only `verifyConsensus` makes one. */
export type VerifiedConsensus = Consensus & {readonly [verified]: true}

/** A consensus as a text, whatever it says. */
export type ConsensusText = Pick<Consensus, 'octets' | 'signedLength'>

/** The part of the document that signatures cover. */
export function signedPart(consensus: ConsensusText): Uint8Array {
  return consensus.octets.subarray(0, consensus.signedLength)
}
