// The documents that a relay serves, held in memory. Whoever fetches and verifies them puts them in; what is put in is
// served as it is, so nothing unverified may come here. Bounds are the keeper's: it drops what no consensus lists.

import {toBase16} from '../../../bytes/base16.ts'
import {BugError} from '../../../fault/fault.ts'
import type {AuthorityCert} from '../../../netdoc/authority-cert.ts'
import type {Consensus, ConsensusFlavour, VerifiedConsensus} from '../../../netdoc/consensus/consensus.ts'
import {parseExtraInfo} from '../../../netdoc/extra-info/extra-info.ts'
import type {Microdescriptor} from '../../../netdoc/microdescriptor.ts'
import {parseRouterDescriptor} from '../../../netdoc/router-descriptor/parse.ts'
import {ConsensusDiffs, type DiffAge, type MakeConsensusDiff} from './consensus-diffs.ts'
import type {DirectoryStore} from './directory-store.ts'
import {RelayDocumentTable} from './relay-document-table.ts'

/** What of a microdescriptor is kept. */
export type ServedMicrodescriptor = Pick<Microdescriptor, 'digest' | 'octets'>

export interface MemoryDirectoryStoreDeps {
  /** Whether an answer of so many octets is more than the relay has bandwidth for now. */
  readonly isBusy?: (octets: number) => boolean
  /** Away from the main thread; without it no diffs are served. */
  readonly makeDiff?: MakeConsensusDiff
  readonly diffAge?: DiffAge
}

export class MemoryDirectoryStore implements DirectoryStore {
  readonly descriptors = new RelayDocumentTable()
  readonly extraInfos = new RelayDocumentTable()
  readonly #consensuses = new Map<ConsensusFlavour, Consensus>()
  readonly #microdescriptors = new Map<string, ServedMicrodescriptor>()
  readonly #isBusy: (octets: number) => boolean
  readonly #diffs: Readonly<Record<ConsensusFlavour, ConsensusDiffs>>
  #certificates: readonly AuthorityCert[] = []

  constructor({isBusy = () => false, makeDiff, diffAge}: MemoryDirectoryStoreDeps = {}) {
    this.#isBusy = isBusy
    this.#diffs = {
      ns: new ConsensusDiffs(makeDiff, diffAge),
      microdesc: new ConsensusDiffs(makeDiff, diffAge)
    }
  }

  get microdescriptorCount(): number {
    return this.#microdescriptors.size
  }

  /** The one before of the same flavour stays a while as what diffs start from. */
  setConsensus(consensus: VerifiedConsensus): void {
    this.#diffs[consensus.flavour].setTarget(consensus)
    this.#consensuses.set(consensus.flavour, consensus)
  }

  /** All of them, in place of those before. */
  setCertificates(certificates: readonly AuthorityCert[]): void {
    this.#certificates = certificates
  }

  addMicrodescriptors(microdescriptors: Iterable<ServedMicrodescriptor>): void {
    for (const {digest, octets} of microdescriptors) {
      this.#microdescriptors.set(toBase16(digest), {digest, octets})
    }
  }

  /** Drops what `keeps` denies. */
  retainMicrodescriptors(keeps: (microdescriptor: ServedMicrodescriptor) => boolean): void {
    for (const [key, microdescriptor] of this.#microdescriptors) {
      if (!keeps(microdescriptor)) this.#microdescriptors.delete(key)
    }
  }

  /** Our own documents as printed and signed; what cannot be parsed is a bug. */
  setOwnDescriptor(text: string, extraInfoText: string | undefined): void {
    const descriptor = parseRouterDescriptor(text)
    if (!descriptor.ok) throw new BugError('own-descriptor-unreadable', descriptor.fault.code)
    this.descriptors.setOwn(descriptor.value)
    if (extraInfoText === undefined) {
      this.extraInfos.setOwn(undefined)
      return
    }
    const extraInfo = parseExtraInfo(extraInfoText, descriptor.value.identityKey)
    if (!extraInfo.ok) throw new BugError('own-extra-info-unreadable', extraInfo.fault.code)
    this.extraInfos.setOwn(extraInfo.value)
  }

  consensus(flavour: ConsensusFlavour): Consensus | undefined {
    return this.#consensuses.get(flavour)
  }

  async consensusDiff(flavour: ConsensusFlavour, base: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#diffs[flavour].find(base)
  }

  certificates(): readonly AuthorityCert[] {
    return this.#certificates
  }

  microdescriptor(digest: Uint8Array): Uint8Array | undefined {
    return this.#microdescriptors.get(toBase16(digest))?.octets
  }

  isBusy(octets: number): boolean {
    return this.#isBusy(octets)
  }
}
