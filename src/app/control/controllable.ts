// What of a node the control port is put on: the same for a relay and for a node without an ORPort.

import type {BuildFault, PathHop} from '../../circuit/open-circuit.ts'
import type {OwnCircuitPurpose, OwnCircuits} from '../../circuit/own-circuits.ts'
import type {ListenerKind, RelayFacts} from '../../control/node.ts'
import type {ChannelMap} from '../../dataplane/channel-map.ts'
import type {DataPlane} from '../../dataplane/contract.ts'
import type {NetworkDocuments} from '../../directory/network-documents.ts'
import type {Result} from '../../fault/result.ts'
import type {NetDir} from '../../netdir/net-dir.ts'
import type {OwnCircuit} from '../../stream/origin-streams.ts'
import type {OwnSide} from '../own-side.ts'

export interface ControllableCore {
  readonly plane: DataPlane
  readonly channels: ChannelMap
  readonly own: OwnCircuits
  build(
    path: readonly PathHop[],
    timeoutMs: number,
    purpose?: OwnCircuitPurpose
  ): Promise<Result<OwnCircuit, BuildFault>>
}

export interface Controllable {
  readonly core: ControllableCore
  readonly documents: NetworkDocuments
  readonly side: OwnSide
  readonly startedAtMs: number
  /** Undefined for whoever is no relay. */
  readonly relay: RelayFacts | undefined
  netDir(): NetDir | undefined
  /** DisableNetwork: no circuit can be built. */
  isNetworkDisabled(): boolean
  address(family: 'ipv4' | 'ipv6'): string | undefined
  listeners(kind: ListenerKind): readonly string[]
  /** By what stands behind `accounting/` in GETINFO. */
  accounting(what: string): string | undefined
  heartbeat(): void
}
