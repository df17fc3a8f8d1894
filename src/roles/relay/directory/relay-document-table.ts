// Descriptors, or extra-info documents, by relay and by digest. One relay has one document of a kind: a newer one takes
// the place of an older one.

import {toBase16} from '../../../bytes/base16.ts'
import type {RelayDocuments, ServedDocument} from './directory-store.ts'

/** What of a parsed descriptor or extra-info document the table needs. */
export interface RelayDocument extends ServedDocument {
  /** SHA-1 of the relay's RSA identity key, 20 octets. */
  readonly identity: Uint8Array
  /** SHA-1 of what the RSA signature covers, 20 octets. */
  readonly digest: Uint8Array
}

export class RelayDocumentTable implements RelayDocuments {
  readonly #byIdentity = new Map<string, RelayDocument>()
  readonly #byDigest = new Map<string, RelayDocument>()
  #own: RelayDocument | undefined

  get own(): ServedDocument | undefined {
    return this.#own
  }

  get size(): number {
    return this.#byIdentity.size
  }

  /** Ours stays whatever else is dropped; undefined when there is none (yet). */
  setOwn(document: RelayDocument | undefined): void {
    if (this.#own !== undefined) this.#remove(this.#own)
    this.#own = document
    if (document !== undefined) this.#put(document)
  }

  /** Documents that are older than what is there, and any but `setOwn`'s about ourselves, are passed over. */
  add(documents: Iterable<RelayDocument>): void {
    for (const document of documents) {
      const present = this.#byIdentity.get(toBase16(document.identity))
      if (present === undefined) this.#put(document)
      else if (present !== this.#own && present.published < document.published) {
        this.#remove(present)
        this.#put(document)
      }
    }
  }

  /** Drops what `keeps` denies. */
  retain(keeps: (document: RelayDocument) => boolean): void {
    for (const document of [...this.#byIdentity.values()]) {
      if (document !== this.#own && !keeps(document)) this.#remove(document)
    }
  }

  byIdentity(identity: Uint8Array): ServedDocument | undefined {
    return this.#byIdentity.get(toBase16(identity))
  }

  byDigest(digest: Uint8Array): ServedDocument | undefined {
    return this.#byDigest.get(toBase16(digest))
  }

  all(): readonly ServedDocument[] {
    return [...this.#byIdentity.values()]
  }

  #put(document: RelayDocument): void {
    const former = this.#byIdentity.get(toBase16(document.identity))
    if (former !== undefined) this.#remove(former)
    this.#byIdentity.set(toBase16(document.identity), document)
    this.#byDigest.set(toBase16(document.digest), document)
  }

  #remove(document: RelayDocument): void {
    this.#byIdentity.delete(toBase16(document.identity))
    this.#byDigest.delete(toBase16(document.digest))
  }
}
