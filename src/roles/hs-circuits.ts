// Circuits of onion services and their clients: a path by the rules, built, and built again on another path when that
// fails. What is learnt about the relays on it goes back to where they came from.

import type {BuildFault, PathHop} from '../circuit/open-circuit.ts'
import type {OwnCircuitPurpose} from '../circuit/own-circuits.ts'
import type {MachineType} from '../circuit/padding/machine.ts'
import {type OriginPadding, PADDING_HOP, PADDING_VERSION} from '../circuit/padding/origin-padding.ts'
import {pathHop} from '../circuit/path-hop.ts'
import {type Fault, localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import type {NetDir} from '../netdir/net-dir.ts'
import type {ChosenBy, PathSelection} from '../netdir/path-selection.ts'
import type {OwnCircuit} from '../stream/origin-streams.ts'

/** `last-relay-failed`: all relays before the one that was asked for were there. */
export type HsCircuitFault = Fault<'no-consensus' | 'no-path' | 'circuit-failed' | 'last-relay-failed', never>

/** A circuit of which the last relay is the one that was asked for. */
export interface HsCircuit extends OwnCircuit {
  /** The number of the last relay's hop. */
  readonly last: number
  /** Starts a padding machine at the second hop, where that one knows it. */
  readonly pad: (type: MachineType) => void
  /** What it was for is over: it is closed, at once or when that tells less. */
  readonly finish: () => void
}

export type BuildOwnCircuit = (
  path: readonly PathHop[],
  timeoutMs: number,
  purpose?: OwnCircuitPurpose
) => Promise<Result<OwnCircuit, BuildFault>>

export interface HsCircuitsDeps {
  readonly netDir: () => NetDir | undefined
  readonly paths: PathSelection
  readonly build: BuildOwnCircuit
  /** Nothing is padded when left out. */
  readonly padding?: OriginPadding | undefined
  readonly now: () => Date
}

export interface HsCircuitsOptions {
  readonly buildTimeoutMs: number
  /** Paths that are tried for one circuit. */
  readonly attempts: number
}

export const DEFAULT_HS_CIRCUITS_OPTIONS: HsCircuitsOptions = {buildTimeoutMs: 20_000, attempts: 3}

export class HsCircuits {
  readonly #deps: HsCircuitsDeps
  readonly #options: HsCircuitsOptions

  constructor(deps: HsCircuitsDeps, options: HsCircuitsOptions = DEFAULT_HS_CIRCUITS_OPTIONS) {
    this.#deps = deps
    this.#options = options
  }

  /**
   * @param chosenBy who chose `last`; what others choose is kept one hop further away
   * @param purpose for whoever looks at our circuits
   * @param attempts paths that are tried
   */
  async open(
    last: PathHop,
    chosenBy: ChosenBy,
    purpose: OwnCircuitPurpose = 'GENERAL',
    attempts = this.#options.attempts
  ): Promise<Result<HsCircuit, HsCircuitFault>> {
    const {netDir, paths, build, padding, now} = this.#deps
    let code: HsCircuitFault['code'] = 'circuit-failed'
    for (let attempt = 0; attempt < attempts; attempt++) {
      const directory = netDir()
      if (directory?.isReasonablyLive(now()) !== true) return err(localFault('no-consensus'))
      const relay = directory.relayByIdentity(last.rsaIdentity)
      const path = paths.pathTo(directory, {...last, relay}, chosenBy)
      if (path === undefined) return err(localFault('no-path'))
      const hops = [...path.relays.map(pathHop), last]
      const built = await build(hops, this.#options.buildTimeoutMs, purpose)
      if (built.ok) {
        path.guard.reached()
        const {circuit} = built.value
        const canPad =
          path.relays[PADDING_HOP]?.status.protocols.supports('Padding', PADDING_VERSION) === true
        return ok({
          ...built.value,
          last: hops.length - 1,
          pad: type => {
            if (canPad) padding?.start(circuit, type)
          },
          finish: () => {
            if (padding === undefined) circuit.close()
            else padding.finish(circuit)
          }
        })
      }
      const {hopsBuilt = 0} = built.fault
      if (built.fault.code === 'first-hop-unreachable') path.guard.unreachable()
      code = hopsBuilt === path.relays.length ? 'last-relay-failed' : 'circuit-failed'
      const behind = hopsBuilt === 0 ? undefined : (path.relays[hopsBuilt] ?? relay)
      if (behind !== undefined) paths.failed(behind)
    }
    return err(localFault(code))
  }
}
