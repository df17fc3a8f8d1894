// A relay as a directory: the documents that it keeps and its own, served over BEGIN_DIR, with what its other roles answer
// there.

import type {Duplex} from 'node:stream'
import {toBase16} from '../bytes/base16.ts'
import type {Logger} from '../log/logger.ts'
import {ConsensusDiffPool} from '../pool/consensus-diff-pool.ts'
import type {ConsensusRequests} from '../roles/relay/directory/consensus-requests.ts'
import {DirectoryServer} from '../roles/relay/directory/directory-server.ts'
import {MemoryDirectoryStore} from '../roles/relay/directory/memory-directory-store.ts'
import type {DirectoryRoute} from '../roles/relay/directory/routes.ts'
import type {OwnDocuments} from '../roles/relay/own-documents.ts'
import type {DirectoryPeer} from '../stream/relay-streams.ts'
import type {NetworkKnowledge} from './network-knowledge.ts'

const HOUR_MS = 3_600_000
/** Bound and default of max-consensus-age-to-cache-for-diff, in hours. */
const DIFF_HOURS_MAX = 8192

/** How old a consensus may be for a diff to start from it. */
export function diffAgeMs(param: (name: string) => number | undefined, configuredMs: number): number {
  const hours = param('max-consensus-age-to-cache-for-diff') ?? DIFF_HOURS_MAX
  const consensusMs = Math.min(DIFF_HOURS_MAX, Math.max(0, hours)) * HOUR_MS
  return configuredMs === 0 ? consensusMs : Math.min(configuredMs, DIFF_HOURS_MAX * HOUR_MS)
}

export interface RelayDirectoryDeps {
  readonly network: NetworkKnowledge
  readonly routes: readonly DirectoryRoute[]
  readonly consensusRequests?: ConsensusRequests | undefined
  readonly logger: Logger
  /** MaxConsensusAgeForDiffs of the moment; 0: as the consensus says. */
  readonly maxConsensusAgeMs: () => number
  /** Octets of the largest upload; the server's own limit when left out. */
  readonly bodyMax?: number | undefined
}

export class RelayDirectory {
  readonly store: MemoryDirectoryStore
  readonly server: DirectoryServer
  readonly #network: NetworkKnowledge
  readonly #diffs: ConsensusDiffPool

  constructor({network, routes, consensusRequests, logger, maxConsensusAgeMs, bodyMax}: RelayDirectoryDeps) {
    this.#network = network
    this.#diffs = new ConsensusDiffPool({
      onWorkerFailure: () =>
        logger.warn('The worker for consensus diffs failed; whole consensuses are served.')
    })
    const maxAgeMs = () => diffAgeMs(network.param, maxConsensusAgeMs())
    this.store = new MemoryDirectoryStore({
      makeDiff: (base, target) => this.#diffs.make(base, target),
      diffAge: {nowMs: Date.now, maxAgeMs}
    })
    const limits = bodyMax === undefined ? {} : {bodyMax}
    this.server = new DirectoryServer({limits}, {store: this.store, routes, consensusRequests})
    this.update()
  }

  open(stream: Duplex, peer: DirectoryPeer): void {
    this.server.open(stream, peer)
  }

  /** Takes over what the network knowledge has now. */
  update(): void {
    const {documents} = this.#network
    this.store.setCertificates(documents.certs)
    for (const flavour of ['microdesc', 'ns'] as const) {
      const consensus = documents.consensus(flavour)
      if (consensus !== undefined && consensus !== this.store.consensus(flavour)) {
        this.store.setConsensus(consensus)
      }
    }
    const kept = new Set<string>()
    for (const microdescriptor of documents.microdescriptors()) kept.add(toBase16(microdescriptor.digest))
    this.store.retainMicrodescriptors(({digest}) => kept.has(toBase16(digest)))
    this.store.addMicrodescriptors(documents.microdescriptors())
  }

  setOwn({descriptor, extraInfo}: OwnDocuments): void {
    this.store.setOwnDescriptor(descriptor.text, extraInfo.text)
  }

  close(): Promise<void> {
    return this.#diffs.close()
  }
}
