// A vote as a value (dir-spec 3.4.1): what one authority thinks of the network before the authorities agree on a consensus.
// Texts that a consensus repeats as they are (versions, protocols, policies, contact) stay texts, with one character an
// octet, since whoever computes the consensus must come to the same octets.

import type {AddressPort} from '../address.ts'
import type {AuthorityCert} from '../authority-cert.ts'
import type {SharedRandomValue, Voter} from '../consensus/consensus.ts'
import type {SharedRandomCommit} from './shared-random-commit.ts'

/** The digest that one or more consensus methods give a relay's microdescriptor. */
export interface VotedMicrodescriptor {
  readonly methods: readonly number[]
  /** SHA-256, 32 octets. */
  readonly digest: Uint8Array
}

/** What a vote says about one relay. */
export interface VotedRelay {
  readonly nickname: string
  /** SHA-1 of the RSA identity key, 20 octets. */
  readonly identity: Uint8Array
  /** SHA-1, of the router descriptor. */
  readonly descriptorDigest: Uint8Array
  readonly published: Date
  readonly ipv4: AddressPort
  readonly dirPort: number
  readonly ipv6: AddressPort | undefined
  readonly flags: ReadonlySet<string>
  readonly version: string | undefined
  readonly protocols: string
  /** Kilobytes a second, as the relay advertises. */
  readonly bandwidth: number | undefined
  /** Kilobytes a second, as somebody measured for the authority. */
  readonly measured: number | undefined
  readonly policy: string | undefined
  /** 'none': the relay has no such key. Undefined: the vote does not say. */
  readonly ed25519: Uint8Array | 'none' | undefined
  readonly microdescriptors: readonly VotedMicrodescriptor[]
}

/** Lists of subprotocols as they stand in the vote. */
export interface VotedProtocols {
  readonly recommendedClient: string | undefined
  readonly recommendedRelay: string | undefined
  readonly requiredClient: string | undefined
  readonly requiredRelay: string | undefined
}

export interface VotedSharedRandom {
  readonly commits: readonly SharedRandomCommit[]
  readonly previous: SharedRandomValue | undefined
  readonly current: SharedRandomValue | undefined
}

export interface VoteContent {
  readonly methods: readonly number[]
  readonly published: Date
  readonly validAfter: Date
  readonly freshUntil: Date
  readonly validUntil: Date
  readonly votingDelay: {readonly voteSeconds: number; readonly distSeconds: number}
  /** Undefined where the authority recommends none at all. */
  readonly clientVersions: readonly string[] | undefined
  readonly serverVersions: readonly string[] | undefined
  readonly protocols: VotedProtocols
  /** Sorted. */
  readonly knownFlags: readonly string[]
  readonly params: ReadonlyMap<string, number>
  readonly voter: Omit<Voter, 'voteDigest'>
  /** Undefined where the authority takes no part in the shared random protocol. */
  readonly sharedRandom: VotedSharedRandom | undefined
  /** Ascending by identity. */
  readonly relays: readonly VotedRelay[]
}

/** A vote whose signature and certificate hold. Only `parseVote` makes one. */
export interface Vote extends VoteContent {
  readonly cert: AuthorityCert
  /** SHA-1 of what the signature covers. */
  readonly digest: Uint8Array
  readonly octets: Uint8Array
}
