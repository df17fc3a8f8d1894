// What may be chosen about the private network, and the limits of it. Everything else follows.

/** Fewer than this leave no path of four hops beside three introduction points and a guard. */
export const RELAYS_MIN = 7
/** They all share one process. */
export const RELAYS_MAX = 60

export interface PrivateNetworkOptions {
  readonly relays: number
  /** All ports follow this one; chosen when left out. */
  readonly basePort?: number | undefined
  /** Where keys and addresses stay for the next start; a temporary directory when left out. */
  readonly keep?: string | undefined
  /** What the onion service leads to; a small page of our own when left out. */
  readonly target?: {readonly host: string; readonly port: number} | undefined
  readonly socksPort?: number | undefined
  readonly statusPort?: number | undefined
  /** `relays`: there is no onion service, no client and no page. Default: all. */
  readonly parts?: 'all' | 'relays' | undefined
  /** What becomes of a temporary directory when the process ends before the network is stopped. Default: it is removed. */
  readonly atExit?: 'remove' | 'leave' | undefined
  /** Seconds between consensuses; 24 of these are one time period of the onion service. */
  readonly intervalSeconds?: number | undefined
}
