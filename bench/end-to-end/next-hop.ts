// A relay that the generator plays: an identity and a listening socket of its own, so that the relay under test opens one
// link to each. It answers CREATE2 with octets of its own: the client end is in this process and needs no keys of it.

import {createServer, type Server} from 'node:net'
import {paddingParams} from '../../src/channel/padding.ts'
import {ed25519Ready, generateEd25519} from '../../src/crypto/ed25519.ts'
import {makeEd25519Cert} from '../../src/crypto/ed25519-cert.ts'
import {generateRsa, rsaIdentity} from '../../src/crypto/rsa.ts'
import {LinkEndpoint} from '../../src/dataplane/link-endpoint.ts'
import {CertType} from '../../src/wire/certs.ts'
import {CellLink, type Peer} from './cell-link.ts'

const DAY_MS = 86_400_000

export class NextHop implements Peer {
  readonly port: number
  readonly rsaIdentity: Uint8Array
  readonly ed25519Identity: Uint8Array
  /** Called with every link that a relay opens. */
  onLink: (link: CellLink) => void = () => {}
  readonly #server: Server

  private constructor(server: Server, peer: Peer) {
    this.#server = server
    this.port = peer.port
    this.rsaIdentity = peer.rsaIdentity
    this.ed25519Identity = peer.ed25519Identity
  }

  static async open(): Promise<NextHop> {
    await ed25519Ready
    const rsaKey = generateRsa(1024)
    const master = generateEd25519()
    const signingKey = generateEd25519()
    const expiresAt = new Date(Date.now() + 2 * DAY_MS)
    const signingCert = makeEd25519Cert({
      type: CertType.IDENTITY_V_SIGNING,
      expiresAt,
      certifiedKey: signingKey.public,
      signer: master,
      includeSigner: true
    })
    const endpoint = await LinkEndpoint.open({
      keys: () => ({
        rsaKey,
        ed25519Identity: master.public,
        signingKey,
        signingCert,
        signingCertExpiresSeconds: Math.floor(expiresAt.getTime() / 1000)
      }),
      ownAddresses: () => [Uint8Array.of(127, 0, 0, 1)],
      paddingParams: () => paddingParams(() => undefined),
      nowSeconds,
      certificateDays: undefined
    })
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', 512, resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const identity = {port, rsaIdentity: rsaIdentity(rsaKey.public), ed25519Identity: master.public}
    const hop = new NextHop(server, identity)
    server.on('connection', socket => {
      // In time for the first CREATE2, which can come in the chunk that ends the handshake.
      hop.onLink(CellLink.answer(endpoint, socket))
    })
    return hop
  }

  close(): void {
    this.#server.close()
  }
}

export function clientEndpoint(): LinkEndpoint {
  return LinkEndpoint.openClient({paddingParams: () => paddingParams(() => undefined), nowSeconds})
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
