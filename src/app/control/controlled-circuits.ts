// Circuits of our own as a controller sees and makes them. A controller may name any relays for a path, in any order, as
// with C tor; it may not have more than so many circuits.

import {toBase16Upper} from '../../bytes/base16.ts'
import {extendCircuit, type PathHop} from '../../circuit/open-circuit.ts'
import type {OwnCircuitEntry} from '../../circuit/own-circuits.ts'
import {pathHop} from '../../circuit/path-hop.ts'
import type {
  CircuitFault,
  ControlledCircuit,
  ControlledCircuits,
  ControllerPurpose
} from '../../control/node.ts'
import {findRelay, longName} from '../../control/relay-names.ts'
import {localFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'
import type {Controllable} from './controllable.ts'
import {circuitReason, remoteReason} from './reasons.ts'

const BUILD_TIMEOUT_MS = 60_000
/** Circuits that controllers made and that are still there. */
export const CONTROLLER_CIRCUITS_MAX = 256

export class CircuitsOfNode implements ControlledCircuits {
  readonly #node: Controllable
  readonly #made = new Set<number>()

  constructor(node: Controllable) {
    this.#node = node
    node.core.own.onChange(({id, status}) => {
      if (status === 'CLOSED' || status === 'FAILED') this.#made.delete(id)
    })
  }

  /** Those that controllers made. */
  get madeCount(): number {
    return this.#made.size
  }

  list(): readonly ControlledCircuit[] {
    return this.#node.core.own.list().map(entry => this.describe(entry))
  }

  has(id: number): boolean {
    return this.#node.core.own.get(id) !== undefined
  }

  launch(relays: readonly string[], purpose: ControllerPurpose): Result<number, CircuitFault> {
    if (this.#made.size >= CONTROLLER_CIRCUITS_MAX) return fault('too-many', "Couldn't start circuit")
    const path = relays.length === 0 ? this.#pathByTheRules() : this.#hops(relays)
    if (!path.ok) return path
    const {core} = this.#node
    let id = 0
    const forget = core.own.onChange(entry => {
      if (id === 0 && entry.path === path.value) id = entry.id
    })
    void core.build(path.value, BUILD_TIMEOUT_MS, purpose)
    forget()
    this.#made.add(id)
    return ok(id)
  }

  extend(id: number, relays: readonly string[]): Result<number, CircuitFault> {
    const hops = this.#hops(relays)
    if (!hops.ok) return hops
    const {own} = this.#node.core
    if (own.get(id)?.status !== 'BUILT') return fault('cannot-extend', "Couldn't send onion skin")
    void own.lengthen(id, hops.value, (circuit, watch) => extendCircuit(circuit, hops.value, watch))
    return ok(id)
  }

  close(id: number): void {
    this.#node.core.own.get(id)?.circuit?.close()
  }

  setPurpose(id: number, purpose: ControllerPurpose): void {
    this.#node.core.own.setPurpose(id, purpose)
  }

  describe({
    id,
    status,
    path,
    hopsBuilt,
    purpose,
    createdAt,
    fault: ended
  }: OwnCircuitEntry): ControlledCircuit {
    const netDir = this.#node.netDir()
    return {
      id,
      status,
      path: path.slice(0, hopsBuilt).map(({rsaIdentity}) => longName(toBase16Upper(rsaIdentity), netDir)),
      purpose,
      isOneHop: path.length === 1,
      createdAt,
      reason: ended && circuitReason(ended),
      remoteReason: ended && remoteReason(ended)
    }
  }

  #pathByTheRules(): Result<readonly PathHop[], CircuitFault> {
    const {paths} = this.#node.side
    const netDir = this.#node.netDir()
    const last = netDir && paths.rendezvousPoint(netDir)
    const before = netDir && last && paths.pathTo(netDir, {...pathHop(last), relay: last}, 'us')
    if (last === undefined || before === undefined) return fault('cannot-start', "Couldn't start circuit")
    return ok([...before.relays, last].map(pathHop))
  }

  #hops(names: readonly string[]): Result<readonly PathHop[], CircuitFault> {
    const hops: PathHop[] = []
    for (const name of names) {
      const relay = findRelay(this.#node.netDir(), name)
      if (relay === undefined) return fault('no-such-relay', `No such router "${name}"`)
      if (relay.keys === undefined) return fault('no-descriptor', `No descriptor for "${name}"`)
      hops.push(pathHop(relay))
    }
    return ok(hops)
  }
}

function fault(code: CircuitFault['code'], message: string): Result<never, CircuitFault> {
  return err(localFault(code, {message}))
}
