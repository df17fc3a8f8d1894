// A directory store with the documents that a private network of C tor made, as if the first relay of them were ours.

import {ed25519Ready} from '../../src/crypto/ed25519.ts'
import {BugError, type Fault} from '../../src/fault/fault.ts'
import type {Result} from '../../src/fault/result.ts'
import {type AuthorityCert, parseAuthorityCerts} from '../../src/netdoc/authority-cert.ts'
import type {ConsensusFlavour, VerifiedConsensus} from '../../src/netdoc/consensus/consensus.ts'
import {parseConsensus} from '../../src/netdoc/consensus/parse.ts'
import {verifyConsensus} from '../../src/netdoc/consensus/verify.ts'
import {type ExtraInfo, parseExtraInfo} from '../../src/netdoc/extra-info/extra-info.ts'
import {type Microdescriptor, parseMicrodescriptors} from '../../src/netdoc/microdescriptor.ts'
import {parseRouterDescriptors} from '../../src/netdoc/router-descriptor/parse-many.ts'
import type {RouterDescriptor} from '../../src/netdoc/router-descriptor/router-descriptor.ts'
import {splitDocuments} from '../../src/netdoc/split.ts'
import {
  MemoryDirectoryStore,
  type MemoryDirectoryStoreDeps
} from '../../src/roles/relay/directory/memory-directory-store.ts'
import {readLiveDirectory} from './live-directory.ts'

export interface LiveStore {
  readonly store: MemoryDirectoryStore
  readonly consensuses: Readonly<Record<ConsensusFlavour, VerifiedConsensus>>
  /** From older consensuses of the same network, which are no longer served. */
  readonly older: Readonly<Record<ConsensusFlavour, readonly VerifiedConsensus[]>>
  readonly certificates: readonly AuthorityCert[]
  readonly microdescriptors: readonly Microdescriptor[]
  /** Ours first. */
  readonly descriptors: readonly RouterDescriptor[]
  readonly extraInfos: readonly ExtraInfo[]
  /** While the consensuses are fresh. */
  readonly now: Date
}

export async function liveStore(deps: MemoryDirectoryStoreDeps = {}): Promise<LiveStore> {
  await ed25519Ready
  const live = readLiveDirectory()
  const certificates = must(parseAuthorityCerts(live.authority_certs)).accepted
  const microdescriptors = must(parseMicrodescriptors(live.microdescriptors)).accepted
  const descriptors = must(parseRouterDescriptors(live.server_descriptors)).accepted
  const extraInfos = descriptors.flatMap(descriptor => extraInfoOf(descriptor, live.extra_infos))
  const verified = (flavour: ConsensusFlavour, age: 'first' | 'second' | 'newest') => {
    const consensus = must(parseConsensus(live.consensuses[flavour][age], flavour))
    const authorities = certificates.map(({identity}) => identity)
    return must(verifyConsensus(consensus, {authorities, certs: certificates, now: consensus.validAfter}))
  }
  const consensuses = {ns: verified('ns', 'newest'), microdesc: verified('microdesc', 'newest')}
  const olderOf = (flavour: ConsensusFlavour) => [verified(flavour, 'first'), verified(flavour, 'second')]
  const older = {ns: olderOf('ns'), microdesc: olderOf('microdesc')}
  const store = new MemoryDirectoryStore(deps)
  for (const consensus of [...older.ns, ...older.microdesc, consensuses.ns, consensuses.microdesc]) {
    store.setConsensus(consensus)
  }
  store.setCertificates(certificates)
  store.addMicrodescriptors(microdescriptors)
  const [own] = descriptors
  const [ownExtraInfo] = extraInfos
  if (own === undefined || ownExtraInfo === undefined) throw new BugError('no-descriptors')
  store.setOwnDescriptor(textOf(own.octets), textOf(ownExtraInfo.octets))
  store.descriptors.add(descriptors)
  store.extraInfos.add(extraInfos)
  const now = new Date(consensuses.ns.validAfter.getTime() + 5000)
  return {store, consensuses, older, certificates, microdescriptors, descriptors, extraInfos, now}
}

export function textOf(octets: Uint8Array): string {
  return Buffer.from(octets).toString('utf8')
}

function extraInfoOf(descriptor: RouterDescriptor, texts: string): readonly ExtraInfo[] {
  return splitDocuments(texts, ['extra-info'])
    .map(({start, end}) =>
      parseExtraInfo(texts.slice(start, end), descriptor.identityKey, 'annotations-first')
    )
    .filter(parsed => parsed.ok)
    .map(({value}) => value)
}

function must<T>(result: Result<T, Fault>): T {
  if (!result.ok) throw new BugError('vector-unreadable', result.fault.code)
  return result.value
}
