// The circuits of clients that wait for their service, by rendezvous cookie. Circuits bound the table; an entry goes when
// its circuit is joined with a service's or closes.

import {CircuitTokens, type TokenEntry} from '../../circuit/circuit-tokens.ts'

/** By cookie, 20 octets. */
export type RendCookies = CircuitTokens<TokenEntry>

export function newRendCookies(): RendCookies {
  return new CircuitTokens()
}
