// The countries of addresses, from GeoIPFile and GeoIPv6File: read in pieces while the node goes on with its work, so that
// no turn of the event loop takes longer than one piece does, and read again when a reload finds another file. Nodes of one
// process that name the same file share one table.

import {createHash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {stat} from 'node:fs/promises'
import type {RelayConfig} from '../config/relay-config.ts'
import type {Logger} from '../log/logger.ts'
import {
  type AddressFamily,
  type CountryRanges,
  CountryRangesBuilder,
  UNKNOWN_COUNTRY
} from '../netdoc/geoip/country-ranges.ts'

export interface CountryFile {
  readonly ranges: CountryRanges
  /** SHA-1 of the file, in upper-case hexadecimal. */
  readonly digest: string
  /** Lines that could not be read. */
  readonly malformed: number
}

interface InForce {
  readonly path: string
  readonly version: string
  readonly file: CountryFile
}

/** Octets that are read at once: a millisecond's work. */
const PIECE = 65_536
const FAMILIES = ['ipv4', 'ipv6'] as const
const OPTIONS = {ipv4: 'GeoIPFile', ipv6: 'GeoIPv6File'} as const

/** By path and version; gone when the last node that uses a table is. */
const shared = new Map<string, WeakRef<CountryFile>>()
/** What is being read at the moment, once for all who wait for it. */
const reading = new Map<string, Promise<CountryFile>>()

export class CountryFiles {
  readonly #logger: Logger
  readonly #inForce: {ipv4: InForce | undefined; ipv6: InForce | undefined} = {
    ipv4: undefined,
    ipv6: undefined
  }
  #reading: Promise<void> = Promise.resolve()
  #isRead = false

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Reads what is new. A file that cannot be read leaves the table that there was; the promise never rejects. */
  configure(config: RelayConfig): Promise<void> {
    this.#reading = this.#reading.then(async () => {
      for (const family of FAMILIES) await this.#load(family, config)
      this.#isRead = true
    })
    return this.#reading
  }

  /** What there is has been read once. */
  get isRead(): boolean {
    return this.#isRead
  }

  has(family: AddressFamily): boolean {
    return this.#inForce[family] !== undefined
  }

  file(family: AddressFamily): CountryFile | undefined {
    return this.#inForce[family]?.file
  }

  /** Two letters in lower case, or `??` where no range holds the address or there is no file. */
  country(address: Uint8Array): string {
    const file = this.file(address.length === 4 ? 'ipv4' : 'ipv6')
    return file?.ranges.country(address) ?? UNKNOWN_COUNTRY
  }

  /** For the extra-info. */
  digestLines(): string[] {
    const {ipv4, ipv6} = this.#inForce
    return [
      ...(ipv4 === undefined ? [] : [`geoip-db-digest ${ipv4.file.digest}`]),
      ...(ipv6 === undefined ? [] : [`geoip6-db-digest ${ipv6.file.digest}`])
    ]
  }

  async #load(family: AddressFamily, config: RelayConfig): Promise<void> {
    const path = config.geoIpFiles[family]
    const option = OPTIONS[family]
    const isNamed = config.given.has(option)
    // The addresses of a testing network are in no country.
    if (config.testingTorNetwork && !isNamed) return
    // Nobody has to have the file that is looked for where none was named.
    const severity = isNamed ? 'warn' : 'info'
    try {
      const {mtimeMs, size, ino} = await stat(path)
      const version = `${mtimeMs} ${size} ${ino}`
      const before = this.#inForce[family]
      if (before?.path === path && before.version === version) return
      const file = await sharedFile(family, path, version)
      this.#inForce[family] = {path, version, file}
      const {ranges, malformed} = file
      this.#logger.info(`${option} ${path}: ${ranges.size} ranges, ${ranges.octets} octets.`)
      if (malformed > 0) this.#logger.warn(`${option} ${path}: ${malformed} lines could not be read.`)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      this.#logger[severity](`${option} ${path} cannot be read (${code}).`)
    }
  }
}

async function sharedFile(family: AddressFamily, path: string, version: string): Promise<CountryFile> {
  const key = `${family} ${path} ${version}`
  const known = shared.get(key)?.deref()
  if (known !== undefined) return known
  for (const [old, reference] of shared) if (reference.deref() === undefined) shared.delete(old)
  const begun = reading.get(key) ?? readCountryFile(family, path).finally(() => reading.delete(key))
  reading.set(key, begun)
  const file = await begun
  shared.set(key, new WeakRef(file))
  return file
}

export async function readCountryFile(family: AddressFamily, path: string): Promise<CountryFile> {
  const builder = new CountryRangesBuilder(family)
  const hash = createHash('sha1')
  for await (const piece of createReadStream(path, {highWaterMark: PIECE})) {
    hash.update(piece)
    builder.add(piece)
  }
  const ranges = builder.finish()
  return {ranges, digest: hash.digest('hex').toUpperCase(), malformed: builder.malformed}
}
