// What main and a shard's worker send each other, once per loop turn each: a buffer of records (records.ts) for all that
// happens often, and plain objects for links that come and go.

import type {PaddingParams} from '../../channel/padding.ts'
import type {
  ChannelHandle,
  ChannelInfo,
  ChannelTarget,
  ConnectFault,
  ConnectHandle,
  DataPlaneMeasures,
  SocketAddress
} from '../contract.ts'
import type {LinkMaterial} from '../link-endpoint.ts'

export type LinkCommand =
  /** A TCP connection that main accepted; `descriptor` is the worker's from now on. */
  | {
      readonly kind: 'accept'
      readonly channel: ChannelHandle
      readonly descriptor: number
      readonly address: SocketAddress
    }
  | {
      readonly kind: 'connect'
      readonly channel: ChannelHandle
      readonly connect: ConnectHandle
      readonly target: ChannelTarget
      readonly socketOctets: number | undefined
    }
  /** What links that begin from now on show of us, and what is known for all of them. */
  | {
      readonly kind: 'endpoint'
      readonly material: LinkMaterial | undefined
      readonly ownAddresses: readonly Uint8Array[]
      readonly paddingParams: PaddingParams
    }
  /** What is measured from now on. */
  | {readonly kind: 'measure'; readonly measures: DataPlaneMeasures}
  /** A link whose handshake is not over; an open channel is closed by a record. */
  | {readonly kind: 'close-unverified'; readonly channel: ChannelHandle}
  /** Closes all links and ends the task. */
  | {readonly kind: 'close'}

export interface ToWorker {
  /** Counts up; the worker writes it into its part of the shared memory when it has done what the message asks. */
  readonly sequence: number
  /** Carried out first. */
  readonly commands: Uint8Array | undefined
  readonly links: readonly LinkCommand[]
}

/** Main acts on `opened`, then on the events, then on `failed` and `closed`. */
export interface FromWorker {
  readonly opened: readonly ChannelInfo[]
  readonly events: Uint8Array | undefined
  readonly failed: readonly {readonly connect: ConnectHandle; readonly fault: ConnectFault}[]
  /** Every link that ended, verified or not. */
  readonly closed: readonly ChannelHandle[]
}
