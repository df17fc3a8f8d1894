// What a private network tells as it goes: for people it is printed, for scripts it is one JSON object a line.

import {type Fault, localFault} from '../../fault/fault.ts'
import {err, type Result} from '../../fault/result.ts'
import type {StepEvent, StepNumber} from './steps.ts'

/** Everything that one needs to use the network. */
export interface NetworkAddresses {
  /** With `.onion`. */
  readonly onion: string
  readonly socksPort: number
  /** A shell command that fetches the service's page. */
  readonly command: string
  readonly statusUrl: string
  readonly directory: string
  readonly joinRelay: string
  readonly joinClient: string
}

/** Where it failed and what can be done about it. */
export interface NetworkFailure {
  readonly step: StepNumber
  /** A node's name, or undefined when it was none in particular. */
  readonly node: string | undefined
  readonly message: string
  readonly wayOut: string
}

export type NetworkFault = Fault<'network-failed', NetworkFailure>

export interface NetworkEvents {
  step(event: StepEvent): void
  /** The page was fetched. `ms`: since the start. */
  ready(addresses: NetworkAddresses, ms: number): void
}

export function failure(
  step: StepNumber,
  node: string | undefined,
  message: string,
  wayOut: string
): Result<never, NetworkFault> {
  return err(localFault('network-failed', {step, node, message, wayOut}))
}
