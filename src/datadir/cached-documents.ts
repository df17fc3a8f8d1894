// Directory documents that survive a restart, in C tor's cache files: authority certificates one behind the other, the
// consensus of each flavour, and microdescriptors with the time each was last listed. Microdescriptors that come in are
// appended to `cached-microdescs.new`; once in a while all are written to `cached-microdescs` and the journal starts anew.
// What is read here has not been checked: it goes through the same parsing and verification as what comes from the network.

import {appendFileSync} from 'node:fs'
import {join} from 'node:path'
import {concat, fromText} from '../bytes/octets.ts'
import {ok, type Result} from '../fault/result.ts'
import {formatTime} from '../netdoc/time.ts'
import {type DataDirFault, dataDirFault} from './fault.ts'
import {errorCode, readWhole, writeWhole} from './file.ts'

/** Far above the public network's consensus (3 MB) and all of its microdescriptors (10 MB). */
const MAX_CACHED_FILE = 64 << 20

export type ConsensusFlavour = 'microdesc' | 'ns'

const CONSENSUS_FILE = {microdesc: 'cached-microdesc-consensus', ns: 'cached-consensus'} as const
const CERTIFICATES = 'cached-certs'
const DESCRIPTORS = 'cached-descriptors'
const MICRODESCRIPTORS = 'cached-microdescs'
const JOURNAL = 'cached-microdescs.new'

export interface CachedMicrodescriptor {
  /** without annotations */
  readonly octets: Uint8Array
  readonly lastListed: Date | undefined
}

export class CachedDocuments {
  readonly #directory: string

  constructor(cacheDirectory: string) {
    this.#directory = cacheDirectory
  }

  readConsensus(flavour: ConsensusFlavour): Result<Uint8Array | undefined, DataDirFault> {
    return this.#read(CONSENSUS_FILE[flavour])
  }

  writeConsensus(flavour: ConsensusFlavour, octets: Uint8Array): Result<undefined, DataDirFault> {
    return this.#write(CONSENSUS_FILE[flavour], octets)
  }

  readCertificates(): Result<Uint8Array | undefined, DataDirFault> {
    return this.#read(CERTIFICATES)
  }

  writeCertificates(certificates: readonly Uint8Array[]): Result<undefined, DataDirFault> {
    return this.#write(CERTIFICATES, concat(...certificates))
  }

  /** Router descriptors one behind the other. Only authorities keep any: nobody else has them a second time. */
  readDescriptors(): Result<Uint8Array | undefined, DataDirFault> {
    return this.#read(DESCRIPTORS)
  }

  writeDescriptors(descriptors: readonly Uint8Array[]): Result<undefined, DataDirFault> {
    return this.#write(DESCRIPTORS, concat(...descriptors))
  }

  /** The cache and then its journal: annotated microdescriptors, for the microdescriptor parser. */
  readMicrodescriptors(): Result<Uint8Array | undefined, DataDirFault> {
    const cache = this.#read(MICRODESCRIPTORS)
    if (!cache.ok) return cache
    const journal = this.#read(JOURNAL)
    if (!journal.ok) return journal
    const parts = [cache.value, journal.value].filter(part => part !== undefined)
    return ok(parts.length === 0 ? undefined : concat(...parts))
  }

  appendMicrodescriptors(added: readonly CachedMicrodescriptor[]): Result<undefined, DataDirFault> {
    const path = join(this.#directory, JOURNAL)
    try {
      appendFileSync(path, annotated(added), {mode: 0o600})
      return ok(undefined)
    } catch (error) {
      return dataDirFault('unwritable', path, `cannot be appended to (${errorCode(error)}).`)
    }
  }

  /** Exactly these are cached afterwards. */
  replaceMicrodescriptors(all: readonly CachedMicrodescriptor[]): Result<undefined, DataDirFault> {
    const written = this.#write(MICRODESCRIPTORS, annotated(all))
    return written.ok ? this.#write(JOURNAL, new Uint8Array(0)) : written
  }

  #read(name: string): Result<Uint8Array | undefined, DataDirFault> {
    return readWhole(join(this.#directory, name), MAX_CACHED_FILE)
  }

  #write(name: string, octets: Uint8Array): Result<undefined, DataDirFault> {
    return writeWhole(join(this.#directory, name), octets)
  }
}

function annotated(all: readonly CachedMicrodescriptor[]): Uint8Array {
  const parts: Uint8Array[] = []
  for (const {octets, lastListed} of all) {
    if (lastListed !== undefined) parts.push(fromText(`@last-listed ${formatTime(lastListed)}\n`))
    parts.push(octets)
  }
  return concat(...parts)
}
