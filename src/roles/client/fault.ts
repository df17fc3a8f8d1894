// Why a connection to an onion service did not come about. Each has an answer of its own in SOCKS5, see socks/reply.ts.

import type {Fault} from '../../fault/fault.ts'

export type OnionClientFault =
  | Fault<
      /** Not an address of version 3, or its checksum does not hold. */
      | 'onion-address-bad'
      /** No HSDir has a descriptor of the service. */
      | 'onion-descriptor-not-found'
      | 'onion-descriptor-invalid'
      /** The service lets only some clients in, and we have no key for it, or not one that it knows. */
      | 'onion-client-auth-missing'
      | 'onion-client-auth-wrong'
      /** No introduction point took our message to the service. */
      | 'onion-introduction-failed'
      | 'onion-introduction-timeout'
      | 'onion-rendezvous-failed'
      /** The service took the connection and the stream got no answer, or the circuit ended before it. */
      | 'onion-stream-timeout'
      | 'onion-stream-lost'
      /** We know too little of the network, or its relays are too few. */
      | 'onion-no-network'
      | 'onion-too-many-services'
      | 'onion-client-closed',
      never
    >
  | Fault<'onion-stream-refused', {readonly reason: number}>
