// What every data plane is given at its start.

export interface DataPlaneOptions {
  /** Cells that may wait on one circuit in one direction, until `setLimits` says otherwise. */
  readonly circuitCellsMax: number
  /** RelayBandwidthRate and RelayBandwidthBurst in octets, for each direction, until `setRates` says otherwise; rate 0: no
   * limit. */
  readonly rate: number
  readonly burst: number
  /** Links that may be in TLS or in the link handshake at once; the oldest one gives way to a new one. */
  readonly unverifiedMax: number
}
