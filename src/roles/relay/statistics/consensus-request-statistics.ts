// `dirreq-stats` of the extra-info (dir-spec 2.1.2): who asked this directory for a consensus in a day, by country; how the
// requests were answered; and how fast the answers were taken. It stands behind DirReqStatistics and needs a GeoIPFile.
//
// A request over several hops is counted among the answers alone: nobody here knows who asked. C tor counts it for the
// country of the relay that it came through.

import type {ConsensusRequests} from '../directory/consensus-requests.ts'
import {ClientCountries, count, printCountries, roundUp} from './client-countries.ts'
import type {DailyCounts} from './daily-statistics.ts'
import {type Download, DownloadSpeeds, type DownloadSpeedsDeps} from './download-speeds.ts'

export interface ConsensusRequestStatisticsDeps extends DownloadSpeedsDeps {
  readonly country: (address: Uint8Array) => string
  readonly formatTime: (time: Date) => string
}

const GRANULARITY = 8
const REFUSALS = ['not-enough-signatures', 'not-found', 'not-modified', 'busy'] as const

export type ConsensusRefusal = (typeof REFUSALS)[number]

export class ConsensusRequestStatistics implements DailyCounts, ConsensusRequests {
  readonly #deps: ConsensusRequestStatisticsDeps
  readonly #clients: ClientCountries
  readonly #direct: DownloadSpeeds
  readonly #tunneled: DownloadSpeeds
  #requests = new Map<string, number>()
  #refused = noRefusals()
  #served = 0
  #finished = 0
  /** Switched off, nothing is counted. */
  isOn = false

  constructor(deps: ConsensusRequestStatisticsDeps) {
    this.#deps = deps
    this.#clients = new ClientCountries(deps.country)
    this.#direct = new DownloadSpeeds(deps)
    this.#tunneled = new DownloadSpeeds(deps)
  }

  /** Different clients that are remembered, as hashes. */
  get clients(): number {
    return this.#clients.size
  }

  refused(outcome: string): void {
    const refusal = REFUSALS.find(known => known === outcome)
    if (this.isOn && refusal !== undefined) this.#refused[refusal]++
  }

  served(
    octets: number,
    {isDirect}: {readonly isDirect: boolean}
  ): (address: Uint8Array | undefined) => void {
    if (!this.isOn) return () => {}
    this.#served++
    const download: Download = (isDirect ? this.#direct : this.#tunneled).begun(octets)
    return address => {
      if (!this.isOn) return
      download.finished()
      this.#finished++
      if (address === undefined) return
      this.#clients.note(address)
      count(this.#requests, this.#deps.country(address))
    }
  }

  lines(nowSeconds: number, seconds: number): string[] {
    const refused = (name: ConsensusRefusal) => roundUp(this.#refused[name], GRANULARITY)
    const responses = [
      `served=${roundUp(this.#served, GRANULARITY)}`,
      `ok=${roundUp(this.#finished, GRANULARITY)}`,
      `not-enough-sigs=${refused('not-enough-signatures')}`,
      'unavailable=0',
      `not-found=${refused('not-found')}`,
      `not-modified=${refused('not-modified')}`,
      `busy=${refused('busy')}`
    ]
    return [
      `dirreq-stats-end ${this.#deps.formatTime(new Date(nowSeconds * 1000))} (${seconds} s)`,
      `dirreq-v3-ips ${this.#clients.text()}`,
      `dirreq-v3-reqs ${printCountries(this.#requests)}`,
      `dirreq-v3-resp ${responses.join(',')}`,
      `dirreq-v3-direct-dl ${this.#direct.text()}`,
      `dirreq-v3-tunneled-dl ${this.#tunneled.text()}`
    ]
  }

  clear(): void {
    this.#clients.clear()
    this.#direct.clear()
    this.#tunneled.clear()
    this.#requests = new Map()
    this.#refused = noRefusals()
    this.#served = 0
    this.#finished = 0
  }
}

function noRefusals(): Record<ConsensusRefusal, number> {
  return {'not-enough-signatures': 0, 'not-found': 0, 'not-modified': 0, busy: 0}
}
