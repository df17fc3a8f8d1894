// The keys of one hop as a circuit handshake derives them, by the algorithm that the handshake agreed on.

/** tor1: Df 20, Db 20, Kf 16, Kb 16 octets (tor-spec 5.2.2). cgo: 80 octets forward, 80 back (prop 359). */
export interface RelayKeys {
  readonly algorithm: 'tor1' | 'cgo'
  readonly material: Uint8Array
}

export const KEY_MATERIAL_LENGTH = {tor1: 72, cgo: 160} as const

/** KH (tor-spec 5.2.2), taken from the key stream right after the hop's keys: ties ESTABLISH_INTRO to the circuit. */
export const KH_LENGTH = 20
