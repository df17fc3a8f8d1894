// Our end of every link: the TLS context of the moment with the certificates that tie it to our identity, and the link
// handshakes that use them. The TLS key is drawn anew every two hours at most; a connection keeps the one it began with.
// A client has no identity: it opens links, proves nothing on them and accepts none.
//
// What an endpoint is made of is plain data, so that links in other threads can be opened by copies of it.

import {createSecureContext, type SecureContext} from 'node:tls'
import {MAX_TLS_CONTEXT_AGE_SECONDS, makeTlsLinkCert, type TlsLinkCert} from '../channel/link-cert.ts'
import {LinkHandshake} from '../channel/link-handshake.ts'
import {type LinkIdentity, type LinkIdentityKeys, makeLinkIdentity} from '../channel/link-identity.ts'
import type {PaddingParams} from '../channel/padding.ts'
import {randomOctets} from '../crypto/random.ts'
import {makeTlsCertificates} from '../crypto/x509.ts'
import {BugError} from '../fault/fault.ts'
import type {ChannelTarget, SocketAddress} from './contract.ts'
import {TLS_OPTIONS} from './tls-options.ts'

/** A TCP connection with TLS up. */
export interface LinkConnection {
  readonly peerAddress: SocketAddress
  readonly exportKeyingMaterial: (
    label: string,
    context: Uint8Array,
    length: number
  ) => Uint8Array | undefined
}

/** What we show on links, as plain data. */
export interface LinkMaterial {
  readonly identity: LinkIdentity
  readonly linkKeyPem: string
  readonly linkCertPem: string
  readonly tlsLinkCert: TlsLinkCert
  readonly madeAtSeconds: number
}

/** A TLS context for accepting links, with what CERTS says of it. */
export interface LinkCredentials {
  readonly context: SecureContext
  readonly material: LinkMaterial
}

export interface LinkEndpointDeps {
  /** Read at every rotation, so that a renewed signing key comes into use. */
  readonly keys: () => Omit<LinkIdentityKeys, 'rsaIdentityCertDer'>
  /** Our addresses as we publish them. */
  readonly ownAddresses: () => readonly Uint8Array[]
  readonly paddingParams: () => PaddingParams
  readonly nowSeconds: () => number
  /** SSLKeyLifetime in days; at random when undefined. */
  readonly certificateDays: number | undefined
}

export type ClientLinkEndpointDeps = Pick<LinkEndpointDeps, 'paddingParams' | 'nowSeconds'>

export class LinkEndpoint {
  readonly #deps: ClientLinkEndpointDeps & Partial<LinkEndpointDeps>
  readonly #renew: (() => Promise<LinkCredentials>) | undefined
  #current: LinkCredentials | undefined

  private constructor(
    deps: ClientLinkEndpointDeps & Partial<LinkEndpointDeps>,
    first?: LinkCredentials,
    renew?: () => Promise<LinkCredentials>
  ) {
    this.#deps = deps
    this.#current = first
    this.#renew = renew
  }

  static async open(deps: LinkEndpointDeps): Promise<LinkEndpoint> {
    return new LinkEndpoint(deps, await makeCredentials(deps), () => makeCredentials(deps))
  }

  /** Of a client. */
  static openClient(deps: ClientLinkEndpointDeps): LinkEndpoint {
    return new LinkEndpoint(deps)
  }

  /** A copy in another thread, of a relay or (without material) of a client; it is replaced, not rotated. */
  static copy(
    material: LinkMaterial | undefined,
    deps: Pick<LinkEndpointDeps, 'ownAddresses' | 'paddingParams' | 'nowSeconds'>
  ): LinkEndpoint {
    return new LinkEndpoint(deps, material && withContext(material))
  }

  /** What copies are made of, the same object until it changes; undefined for a client. */
  get material(): LinkMaterial | undefined {
    return this.#current?.material
  }

  get ownAddresses(): readonly Uint8Array[] {
    return this.#deps.ownAddresses?.() ?? []
  }

  get paddingParams(): () => PaddingParams {
    return this.#deps.paddingParams
  }

  /** For accepting links, which a client does not. */
  credentials(): LinkCredentials {
    if (this.#current === undefined) throw new BugError('client-accepts-no-links')
    return this.#current
  }

  /** Draws a new TLS key if the present one is due, or at once with `force` (a renewed signing key). */
  async rotate(options?: {readonly force?: boolean}): Promise<void> {
    if (this.#current === undefined || this.#renew === undefined) return
    const age = this.#deps.nowSeconds() - this.#current.material.madeAtSeconds
    if (options?.force === true || age >= MAX_TLS_CONTEXT_AGE_SECONDS) this.#current = await this.#renew()
  }

  respond(connection: LinkConnection, credentials: LinkCredentials): LinkHandshake {
    const {identity, tlsLinkCert} = credentials.material
    return LinkHandshake.responder({...this.#common(connection), identity, tlsLinkCert})
  }

  initiate(connection: LinkConnection, peerTlsCertDer: Uint8Array, target: ChannelTarget): LinkHandshake {
    const {rsaIdentity, ed25519Identity} = target
    return LinkHandshake.initiator({
      ...this.#common(connection),
      identity: this.#current?.material.identity,
      expected: {rsaIdentity, ed25519Identity},
      peerTlsCertDer
    })
  }

  #common(connection: LinkConnection) {
    return {
      address: connection.peerAddress,
      ownAddresses: this.ownAddresses,
      nowSeconds: this.#deps.nowSeconds,
      random: randomOctets,
      exportKeyingMaterial: connection.exportKeyingMaterial
    }
  }
}

async function makeCredentials(deps: LinkEndpointDeps): Promise<LinkCredentials> {
  const madeAtSeconds = deps.nowSeconds()
  const keys = deps.keys()
  const certificates = await makeTlsCertificates({
    identity: keys.rsaKey,
    now: new Date(madeAtSeconds * 1000),
    ...(deps.certificateDays === undefined ? {} : {lifetimeDays: deps.certificateDays})
  })
  const identity = makeLinkIdentity(
    {...keys, rsaIdentityCertDer: certificates.identityCertDer},
    madeAtSeconds
  )
  return withContext({
    identity,
    linkKeyPem: certificates.linkKeyPem,
    linkCertPem: certificates.linkCertPem,
    tlsLinkCert: makeTlsLinkCert(identity, certificates.linkCertDer, madeAtSeconds),
    madeAtSeconds
  })
}

function withContext(material: LinkMaterial): LinkCredentials {
  const {linkKeyPem: key, linkCertPem: cert} = material
  return {material, context: createSecureContext({...TLS_OPTIONS, key, cert})}
}
