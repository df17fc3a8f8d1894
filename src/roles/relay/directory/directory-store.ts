// What the directory server serves, as it asks for it. Whoever keeps the documents (fetches, verifies, drops them) stands
// behind this interface; the server itself holds nothing but compressed copies of a consensus.
//
// Octets that are handed out must never change afterwards: many streams may be sending the same ones at once.

import type {AuthorityCert} from '../../../netdoc/authority-cert.ts'
import type {Consensus, ConsensusFlavour} from '../../../netdoc/consensus/consensus.ts'

/** A descriptor or an extra-info document. */
export interface ServedDocument {
  readonly octets: Uint8Array
  readonly published: Date
}

/** The documents of one kind, our own among them. */
export interface RelayDocuments {
  readonly own: ServedDocument | undefined
  /** @param identity SHA-1 of the relay's RSA identity key, 20 octets */
  byIdentity(identity: Uint8Array): ServedDocument | undefined
  /** @param digest SHA-1 of what the document's RSA signature covers, 20 octets */
  byDigest(digest: Uint8Array): ServedDocument | undefined
  all(): readonly ServedDocument[]
}

export interface DirectoryStore {
  readonly descriptors: RelayDocuments
  readonly extraInfos: RelayDocuments
  /** The newest, as far as it is known. */
  consensus(flavour: ConsensusFlavour): Consensus | undefined
  /**
   * What turns the consensus of that hash into the newest of its flavour; undefined when there is no such thing.
   * @param base SHA3-256 of the older one's signed part, 32 octets
   */
  consensusDiff(flavour: ConsensusFlavour, base: Uint8Array): Promise<Uint8Array | undefined>
  certificates(): readonly AuthorityCert[]
  /** @param digest SHA-256 of the text, 32 octets */
  microdescriptor(digest: Uint8Array): Uint8Array | undefined
  /** True when the relay has not the bandwidth to answer with this many octets now (503). */
  isBusy(octets: number): boolean
}
