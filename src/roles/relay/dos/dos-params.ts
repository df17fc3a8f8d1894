// How a relay defends itself against clients that ask for too much: the values of the moment, from torrc where it sets
// them and else from the consensus, with param-spec's defaults and bounds. Without either, every defence is off.

import type {TokenLimit} from '../../../circuit/token-bucket.ts'

/** A consensus parameter by name; undefined when the consensus does not have it. */
export type ConsensusParam = (name: string) => number | undefined

/** What torrc says: 0 and 'auto' leave a value to the consensus. Defence types are C tor's: 1 none, 2 refuse. */
export interface DosSettings {
  readonly circuitCreation: {
    readonly enabled: boolean | 'auto'
    readonly minConnections: number
    readonly ratePerSecond: number
    readonly burst: number
    readonly defenseType: number
    readonly defenseTimePeriodMs: number
  }
  readonly connection: {
    readonly enabled: boolean | 'auto'
    readonly maxConcurrentCount: number
    readonly defenseType: number
    readonly connectRatePerSecond: number
    readonly connectBurst: number
    readonly connectDefenseTimePeriodMs: number
  }
}

/** 'none' counts what it would refuse and refuses nothing. */
export type Defence = 'none' | 'refuse'

export interface DosParams {
  readonly circuitCreation: {
    readonly isEnabled: boolean
    /** Connections from which on an address's circuits are looked at. */
    readonly minConnections: number
    readonly limit: TokenLimit
    readonly defence: Defence
    /** An address is refused for this long, and for up to half of it more. */
    readonly periodMs: number
    /** Circuits that may overflow towards their next hop before the address is marked; 0: it never is. */
    readonly outboundQueueFullMax: number
  }
  readonly connection: {
    readonly isEnabled: boolean
    readonly concurrentMax: number
    readonly limit: TokenLimit
    readonly defence: Defence
    readonly periodMs: number
  }
}

const INT32_MAX = 2 ** 31 - 1
const REFUSE = 2

export function dosParams(param: ConsensusParam, settings: DosSettings): DosParams {
  const clamped = (name: string, otherwise: number, min: number, max: number) =>
    Math.min(max, Math.max(min, param(name) ?? otherwise))
  const number = (given: number, name: string, otherwise: number, min = 1) =>
    given > 0 ? given : clamped(name, otherwise, min, INT32_MAX)
  const isEnabled = (given: boolean | 'auto', name: string) =>
    given === 'auto' ? clamped(name, 0, 0, 1) === 1 : given
  const defence = (given: number, name: string): Defence => {
    const type = given > 0 ? given : clamped(name, REFUSE, 1, REFUSE)
    return type === REFUSE ? 'refuse' : 'none'
  }
  const {circuitCreation: circuits, connection} = settings
  return {
    circuitCreation: {
      isEnabled: isEnabled(circuits.enabled, 'DoSCircuitCreationEnabled'),
      minConnections: number(circuits.minConnections, 'DoSCircuitCreationMinConnections', 3),
      limit: {
        rate: number(circuits.ratePerSecond, 'DoSCircuitCreationRate', 3),
        burst: number(circuits.burst, 'DoSCircuitCreationBurst', 90)
      },
      defence: defence(circuits.defenseType, 'DoSCircuitCreationDefenseType'),
      periodMs:
        1000 * number(circuits.defenseTimePeriodMs / 1000, 'DoSCircuitCreationDefenseTimePeriod', 3600, 0),
      outboundQueueFullMax: clamped('dos_num_circ_max_outq', 3, 0, INT32_MAX)
    },
    connection: {
      isEnabled: isEnabled(connection.enabled, 'DoSConnectionEnabled'),
      concurrentMax: number(connection.maxConcurrentCount, 'DoSConnectionMaxConcurrentCount', 100),
      limit: {
        rate: number(connection.connectRatePerSecond, 'DoSConnectionConnectRate', 20),
        burst: number(connection.connectBurst, 'DoSConnectionConnectBurst', 40)
      },
      defence: defence(connection.defenseType, 'DoSConnectionDefenseType'),
      periodMs:
        1000 *
        number(
          connection.connectDefenseTimePeriodMs / 1000,
          'DoSConnectionConnectDefenseTimePeriod',
          24 * 3600,
          10
        )
    }
  }
}
