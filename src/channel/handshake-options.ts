// What a link handshake is given: who we are, whom we talk to, and the few things that only the owner of the socket can
// tell. Nothing here opens, waits or logs.

import type {PeerAddress} from './channel.ts'
import type {TlsLinkCert} from './link-cert.ts'
import type {LinkIdentity} from './link-identity.ts'

/** Link protocol versions we speak (tor-spec 4.1); 3 only where a peer knows nothing newer. */
export const LINK_VERSIONS: readonly number[] = Object.freeze([3, 4, 5])

/** What both ends of a handshake need. */
export interface HandshakeOptions {
  /** Where the TCP connection came from or went to. */
  readonly address: PeerAddress
  /** Our addresses as we publish them, 4 or 16 octets each; a client gives none. */
  readonly ownAddresses: readonly Uint8Array[]
  /** Seconds since 1970. */
  readonly nowSeconds: () => number
  /** As many random octets as asked for, fit for keys. */
  readonly random: (length: number) => Uint8Array
  /** Keying material of the TLS session (RFC 5705, RFC 8446 7.5); undefined where TLS cannot give any. */
  readonly exportKeyingMaterial: (
    label: string,
    context: Uint8Array,
    length: number
  ) => Uint8Array | undefined
  /** Other than LINK_VERSIONS only to pin one version. */
  readonly linkVersions?: readonly number[]
}

export interface ResponderOptions extends HandshakeOptions {
  readonly identity: LinkIdentity
  /** The certificate that TLS showed on this connection, and what binds it to our identity. */
  readonly tlsLinkCert: TlsLinkCert
}

/** Whom the initiator meant to reach; what is left out may be anybody. */
export interface ExpectedIdentities {
  /** 20 octets. */
  readonly rsaIdentity?: Uint8Array | undefined
  /** 32 octets. */
  readonly ed25519Identity?: Uint8Array | undefined
}

export interface InitiatorOptions extends HandshakeOptions {
  /** Undefined: we are a client, prove nothing and tell neither time nor address. */
  readonly identity: LinkIdentity | undefined
  readonly expected: ExpectedIdentities
  /** The certificate that the peer showed in TLS, DER. */
  readonly peerTlsCertDer: Uint8Array
}
