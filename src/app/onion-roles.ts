// What a relay does for onion services, put together: introduction point, rendezvous point, HSDir and padding machines, with
// what each needs to know of torrc and the consensus.
//
//   relay commands ─▶ `roles`, for RelayCore        /tor/hs/ ─▶ `directoryRoutes`, for the directory server
//
// Roles know nothing of each other; that one relay has all of them is said here alone.

import {mayPadCircuits} from '../circuit/padding/padding-share.ts'
import type {RoleHandler} from '../circuit/relay-circuit.ts'
import type {RoleLog} from '../circuit/role-outcomes.ts'
import type {TokenLimit} from '../circuit/token-bucket.ts'
import {randomWithin} from '../crypto/random.ts'
import type {Logger} from '../log/logger.ts'
import {type CircuitPadding, openCircuitPadding} from '../roles/circuit-padding/circuit-padding.ts'
import {type HsDir, openHsDir} from '../roles/hsdir/hsdir.ts'
import type {HsDirRoute} from '../roles/hsdir/routes.ts'
import type {SavedDescriptorsFile} from '../roles/hsdir/saved-descriptors.ts'
import {type IntroPoint, openIntroPoint} from '../roles/intro-point/intro-point.ts'
import {openRendPoint, type RendPoint} from '../roles/rend-point/rend-point.ts'
import {after} from './after.ts'

export interface OnionRolesOptions {
  /** A consensus parameter, or undefined where the consensus does not set it. */
  readonly param: (name: string) => number | undefined
  /** DoSRefuseSingleHopClientRendezvous of torrc; 'auto' leaves it to the consensus. */
  readonly refuseSingleHopRendezvous: () => boolean | 'auto'
  /** Octets that the HSDir cache may hold. */
  readonly hsDirOctetsMax: () => number
  readonly savedDescriptors: SavedDescriptorsFile
  /** Hears of every descriptor that the HSDir kept; only to be counted. */
  readonly descriptorStored?: ((blindedKey: Uint8Array) => void) | undefined
  /** Gets the name of a relay command and how it ended, for info and debug. */
  readonly log: RoleLog
}

export interface OnionRoles {
  readonly roles: ReadonlyMap<number, RoleHandler>
  readonly directoryRoutes: readonly HsDirRoute[]
  readonly counters: {
    readonly introPoint: IntroPoint['counters']
    readonly rendPoint: RendPoint['counters']
    readonly circuitPadding: CircuitPadding['counters']
    readonly hsDir: HsDir['counters']
  }
  /** What there is now: entries of the tables, and octets of the HSDir cache. */
  readonly sizes: () => {
    readonly introCircuits: number
    readonly rendCookies: number
    readonly paddingMachines: number
    readonly hsDirDescriptors: number
    readonly hsDirOctets: number
  }
  /** Resolves when the HSDir cache of before the restart is back. */
  readonly restored: Promise<void>
  /** Gives memory back, from what can be had again most easily. Tells how many octets. */
  trim(octets: number): number
  /** `count`: how many relay cells were sent so far, of which padding is to be no more than a share. */
  countRelayCells(count: () => number): void
  close(): Promise<void>
}

const EXPIRE_MS = 60_000
const LOG_INTERVAL_MS = 60_000
const INT32_MAX = 2 ** 31 - 1

export function openOnionRoles(options: OnionRolesOptions): OnionRoles {
  const {log} = options
  const param = (name: string, fallback: number, most: number) =>
    Math.min(most, Math.max(0, options.param(name) ?? fallback))
  const introPoint = openIntroPoint({
    defaultLimit: () => introductionLimit(param),
    nowMs: () => performance.now(),
    log
  })
  const rendPoint = openRendPoint({
    refusesSingleHop: () => {
      const asked = options.refuseSingleHopRendezvous()
      return asked === 'auto' ? param('DoSRefuseSingleHopClientRendezvous', 0, 1) === 1 : asked
    },
    log
  })
  let relayCells = () => 0
  const circuitPadding = openCircuitPadding({
    after,
    pick: randomWithin,
    queuedCellsMax: () => param('circpad_max_circ_queued_cells', 1000, 50_000),
    isAllowed: drops => mayPadCircuits(options.param, drops, relayCells()),
    log
  })
  const hsDir = openHsDir({
    octetsMax: options.hsDirOctetsMax,
    maxDescriptorLength: () => param('HSV3MaxDescriptorSize', 50_000, INT32_MAX),
    nowMs: Date.now,
    stored: options.descriptorStored,
    saved: options.savedDescriptors
  })
  const expiring = setInterval(() => hsDir.expire(), EXPIRE_MS)
  expiring.unref()
  return {
    roles: new Map([...introPoint.roles, ...rendPoint.roles, ...circuitPadding.roles]),
    directoryRoutes: hsDir.routes,
    counters: {
      introPoint: introPoint.counters,
      rendPoint: rendPoint.counters,
      circuitPadding: circuitPadding.counters,
      hsDir: hsDir.counters
    },
    sizes: () => ({
      introCircuits: introPoint.size(),
      rendCookies: rendPoint.size(),
      paddingMachines: circuitPadding.size(),
      hsDirDescriptors: hsDir.size(),
      hsDirOctets: hsDir.octets()
    }),
    restored: hsDir.restored,
    countRelayCells: count => {
      relayCells = count
    },
    trim: octets => hsDir.trim(octets),
    close: () => {
      clearInterval(expiring)
      return hsDir.close()
    }
  }
}

/**
 * The relay's log for its roles. What peers do over and over is told once a minute, with how often it was: how a message
 * ended is one of a few dozen texts.
 */
export function roleLog(logger: Logger): RoleLog {
  const about = logger.about('rend')
  return (severity, text) => {
    if (about.takes(severity)) about.limited(text, LOG_INTERVAL_MS).log(severity, text)
  }
}

type Param = (name: string, fallback: number, most: number) => number

/** param-spec: the limit for services that ask for none. A rate that would let nobody in is none that anyone meant. */
function introductionLimit(param: Param): TokenLimit | undefined {
  if (param('HiddenServiceEnableIntroDoSDefense', 0, 1) === 0) return undefined
  const rate = param('HiddenServiceEnableIntroDoSRatePerSec', 25, INT32_MAX)
  const burst = param('HiddenServiceEnableIntroDoSBurstPerSec', 200, INT32_MAX)
  return rate > 0 && burst > 0 ? {rate, burst: Math.max(rate, burst)} : undefined
}
