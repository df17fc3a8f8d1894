// The denial-of-service defences as a torrc sets them: 0 and auto mean that the consensus decides.

import type {OptionValuesByName} from './options.ts'

export interface DosConfig {
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
  readonly streamCreation: {
    readonly enabled: boolean | 'auto'
    readonly ratePerSecond: number
    readonly burst: number
    readonly defenseType: number
  }
  readonly refuseSingleHopClientRendezvous: boolean | 'auto'
}

export function dosConfig(values: OptionValuesByName): DosConfig {
  return {
    circuitCreation: {
      enabled: values.DoSCircuitCreationEnabled,
      minConnections: values.DoSCircuitCreationMinConnections,
      ratePerSecond: values.DoSCircuitCreationRate,
      burst: values.DoSCircuitCreationBurst,
      defenseType: values.DoSCircuitCreationDefenseType,
      defenseTimePeriodMs: values.DoSCircuitCreationDefenseTimePeriod
    },
    connection: {
      enabled: values.DoSConnectionEnabled,
      maxConcurrentCount: values.DoSConnectionMaxConcurrentCount,
      defenseType: values.DoSConnectionDefenseType,
      connectRatePerSecond: values.DoSConnectionConnectRate,
      connectBurst: values.DoSConnectionConnectBurst,
      connectDefenseTimePeriodMs: values.DoSConnectionConnectDefenseTimePeriod
    },
    streamCreation: {
      enabled: values.DoSStreamCreationEnabled,
      ratePerSecond: values.DoSStreamCreationRate,
      burst: values.DoSStreamCreationBurst,
      defenseType: values.DoSStreamCreationDefenseType
    },
    refuseSingleHopClientRendezvous: values.DoSRefuseSingleHopClientRendezvous
  }
}
