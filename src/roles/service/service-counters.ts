// What an onion service counts, plain numbers for the metrics to read, and what C tor calls each of them: dashboards for
// services exist and look for these names.

/** Why an INTRODUCE2 came to nothing. */
export const INTRODUCTION_REJECTIONS = [
  'bad_auth_key',
  'invalid_introduce2',
  'subcredential',
  'replay'
] as const
export type IntroductionRejection = (typeof INTRODUCTION_REJECTIONS)[number]

/** Why a client that was introduced was not met. */
export const RENDEZVOUS_ERRORS = [
  'rp_conn_failure',
  'invalid_path',
  'rendezvous1',
  'e2e_circ',
  'retry'
] as const
export type RendezvousError = (typeof RENDEZVOUS_ERRORS)[number]

/** Upper bounds of C tor's histograms of circuit build times, in milliseconds. */
export const BUILD_TIME_BOUNDS_MS = [1000, 5000, 10_000, 30_000, 60_000] as const

/**
 * What a service does on the way to its clients: having an introduction point, from the first cell of the circuit to
 * INTRO_ESTABLISHED; one HSDir's taking the descriptor; reading an INTRODUCE2; meeting the client, from there to RENDEZVOUS1.
 */
export const SERVICE_STEPS = ['introduction_point', 'descriptor', 'introduction', 'rendezvous'] as const
export type ServiceStep = (typeof SERVICE_STEPS)[number]
/** In milliseconds: reading takes one or so, circuits take hundreds. */
export const STEP_BOUNDS_MS = [1, 5, 25, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000] as const

export class BuildTimes {
  /** How many took at most the bound of the same place; those that took longer are in `count` alone. */
  readonly atMost: number[]
  count = 0
  sumMs = 0
  readonly #boundsMs: readonly number[]

  constructor(boundsMs: readonly number[] = BUILD_TIME_BOUNDS_MS) {
    this.#boundsMs = boundsMs
    this.atMost = boundsMs.map(() => 0)
  }

  add(ms: number): void {
    this.count++
    this.sumMs += ms
    for (const [i, bound] of this.#boundsMs.entries()) {
      if (ms <= bound) this.atMost[i] = (this.atMost[i] ?? 0) + 1
    }
  }
}

export interface PortTraffic {
  /** Octets that clients sent to the application, and it to them. */
  toApplication: number
  fromApplication: number
}

export interface ServiceCounters {
  /** INTRODUCE2 messages that were good. */
  introductions: number
  readonly introductionsRejected: Record<IntroductionRejection, number>
  /** Introduction circuits there are now. */
  introductionsEstablished: number
  /** Rendezvous circuits begun, and joined ones there are now. */
  rendezvous: number
  rendezvousEstablished: number
  readonly rendezvousErrors: Record<RendezvousError, number>
  readonly introductionBuildTimes: BuildTimes
  readonly rendezvousBuildTimes: BuildTimes
  /** Of steps that succeeded. */
  readonly stepTimes: Readonly<Record<ServiceStep, BuildTimes>>
  /** By virtual port. */
  readonly traffic: Map<number, PortTraffic>
  descriptorUploads: number
  descriptorUploadsFailed: number
}

export function newServiceCounters(): ServiceCounters {
  return {
    introductions: 0,
    introductionsRejected: zeros(INTRODUCTION_REJECTIONS),
    introductionsEstablished: 0,
    rendezvous: 0,
    rendezvousEstablished: 0,
    rendezvousErrors: zeros(RENDEZVOUS_ERRORS),
    introductionBuildTimes: new BuildTimes(),
    rendezvousBuildTimes: new BuildTimes(),
    stepTimes: {
      introduction_point: new BuildTimes(STEP_BOUNDS_MS),
      descriptor: new BuildTimes(STEP_BOUNDS_MS),
      introduction: new BuildTimes(STEP_BOUNDS_MS),
      rendezvous: new BuildTimes(STEP_BOUNDS_MS)
    },
    traffic: new Map(),
    descriptorUploads: 0,
    descriptorUploadsFailed: 0
  }
}

export interface ServiceSample {
  readonly name: `tor_hs_${string}`
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** All but the histograms, under C tor's names; the label `onion` is the caller's to add. */
export function serviceSamples(counters: ServiceCounters): ServiceSample[] {
  const one = (name: ServiceSample['name'], value: number, labels: ServiceSample['labels'] = {}) => ({
    name,
    labels,
    value
  })
  const byReason = (name: ServiceSample['name'], counts: Readonly<Record<string, number>>) =>
    Object.entries(counts).map(([reason, value]) => one(name, value, {reason}))
  const traffic = [...counters.traffic].flatMap(([port, {toApplication, fromApplication}]) => [
    one('tor_hs_app_write_bytes_total', toApplication, {port: `${port}`}),
    one('tor_hs_app_read_bytes_total', fromApplication, {port: `${port}`})
  ])
  return [
    one('tor_hs_intro_num_total', counters.introductions),
    ...byReason('tor_hs_intro_rejected_intro_req_count', counters.introductionsRejected),
    one('tor_hs_intro_established_count', counters.introductionsEstablished),
    one('tor_hs_rdv_num_total', counters.rendezvous),
    one('tor_hs_rdv_established_count', counters.rendezvousEstablished),
    ...byReason('tor_hs_rdv_error_count', counters.rendezvousErrors),
    ...traffic
  ]
}

function zeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map(name => [name, 0])) as Record<Name, number>
}
