// The extensions that an ntor-v3 handshake carries, encrypted, in both directions: what the circuit is to be able to do.

import {type Decoded, format, ignored, list, listToEnd, struct, tagged, u8, variant} from '../codec/codec.ts'

/** tor-spec 5.1.4.1, prop 324 10.1, prop 346. */
export const CircuitExtensionType = {CC_REQUEST: 1, CC_RESPONSE: 2, SUBPROTO_REQUEST: 3} as const

/** Protocols by the number that a subprotocol request calls them by. */
export const SubprotocolId = {
  LINK: 0,
  LINK_AUTH: 1,
  RELAY: 2,
  DIR_CACHE: 3,
  HS_DIR: 4,
  HS_INTRO: 5,
  HS_REND: 6,
  DESC: 7,
  MICRODESC: 8,
  CONS: 9,
  PADDING: 10,
  FLOW_CTRL: 11,
  CONFLUX: 12
} as const

/** Unknown types must not make the handshake fail; an unknown subprotocol must, and that is for the handshake to say. */
export const circuitExtensions = format(
  'circuit extensions',
  {spec: 'tor-spec 5.1.4.1', trailing: 'ignore', noncanonical: true},
  {
    extensions: list(
      u8,
      tagged(
        {tag: u8, length: u8},
        {
          ccRequest: variant(CircuitExtensionType.CC_REQUEST, {body: ignored()}),
          /** Cells between two SENDMEs. */
          ccResponse: variant(CircuitExtensionType.CC_RESPONSE, {sendmeInc: u8}),
          subprotoRequest: variant(CircuitExtensionType.SUBPROTO_REQUEST, {
            requests: listToEnd(struct({protocol: u8, version: u8}))
          })
        }
      )
    )
  }
)
export type CircuitExtensions = Decoded<typeof circuitExtensions>
