// Ed25519 certificates (cert-spec 2.1): made with a key of ours, or checked against what the reader expects of one. A
// check ends in a value that says who signed what until when; there is no half-checked certificate to pass around.
// A relay's chain is identity → signing (type 4, identity embedded) → TLS certificate (5) or link authentication key (6).

import {equal} from '../bytes/octets.ts'
import {decode, encode} from '../codec/codec.ts'
import {type Fault, peerFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {
  type CertExtension,
  CertExtensionFlag,
  CertExtensionType,
  CertifiedKeyType,
  type Ed25519Cert,
  ed25519Cert
} from '../wire/ed25519-cert.ts'
import {
  ED25519_PUBLIC_LENGTH,
  ED25519_SIGNATURE_LENGTH,
  type Ed25519KeyPair,
  signEd25519,
  verifyEd25519
} from './ed25519.ts'

const HOUR_MS = 60 * 60 * 1000

export interface Ed25519CertOptions {
  /** A `CertType`. */
  readonly type: number
  /** Rounded up to the hour. */
  readonly expiresAt: Date
  /** A `CertifiedKeyType`; ED25519 when left out. */
  readonly certifiedKeyType?: number
  /** 32 octets: a public key or a digest. */
  readonly certifiedKey: Uint8Array
  readonly signer: Ed25519KeyPair
  /** Whether the signer's public key is embedded, as it must be where no other certificate names it. */
  readonly includeSigner: boolean
}

/** What the reader of a certificate demands of it. */
export interface Ed25519CertDemands {
  readonly type: number
  /** ED25519 when left out. */
  readonly certifiedKeyType?: number
  /** The key that must have signed; left out, the certificate must embed it and the caller judges it. */
  readonly signer?: Uint8Array
  /** An embedded signer is demanded even where `signer` says which it is. */
  readonly embedded?: 'required'
  readonly now: Date
}

/** A certificate whose signature, type, time and extensions were found good. Its octets are its own. */
export interface CheckedEd25519Cert {
  readonly type: number
  readonly certifiedKeyType: number
  readonly certifiedKey: Uint8Array
  readonly signer: Uint8Array
  readonly expiresAt: Date
}

export type Ed25519CertFault = Fault<
  | 'ed25519-cert-malformed'
  | 'ed25519-cert-extension'
  | 'ed25519-cert-type'
  | 'ed25519-cert-signer'
  | 'ed25519-cert-expired'
  | 'ed25519-cert-signature',
  never
>

export function makeEd25519Cert(options: Ed25519CertOptions): Uint8Array {
  const {certifiedKeyType = CertifiedKeyType.ED25519, signer} = options
  const extensions: CertExtension[] = options.includeSigner
    ? [{type: CertExtensionType.SIGNING_KEY, flags: 0, data: signer.public}]
    : []
  const cert = encode(ed25519Cert, {
    type: options.type,
    expirationHours: Math.ceil(options.expiresAt.getTime() / HOUR_MS),
    keyType: certifiedKeyType,
    certifiedKey: options.certifiedKey,
    extensions,
    signature: new Uint8Array(ED25519_SIGNATURE_LENGTH)
  })
  const signedLength = cert.length - ED25519_SIGNATURE_LENGTH
  cert.set(signEd25519(signer, cert.subarray(0, signedLength)), signedLength)
  return cert
}

/** The cheap checks come first, so that what cannot be good costs no signature check. */
export function checkEd25519Cert(
  octets: Uint8Array,
  demands: Ed25519CertDemands
): Result<CheckedEd25519Cert, Ed25519CertFault> {
  const decoded = decode(ed25519Cert, octets)
  if (!decoded.ok) return err(peerFault('ed25519-cert-malformed'))
  const cert = decoded.value
  const {certifiedKeyType = CertifiedKeyType.ED25519} = demands
  if (cert.type !== demands.type || cert.keyType !== certifiedKeyType) {
    return err(peerFault('ed25519-cert-type'))
  }
  if (!extensionsAreUnderstood(cert)) return err(peerFault('ed25519-cert-extension'))
  const signer = chooseSigner(cert, demands)
  if (signer === undefined) return err(peerFault('ed25519-cert-signer'))
  const expiresAt = new Date(cert.expirationHours * HOUR_MS)
  if (demands.now > expiresAt) return err(peerFault('ed25519-cert-expired'))
  if (!verifyEd25519(signer, cert.signature, cert.signed)) return err(peerFault('ed25519-cert-signature'))
  return ok({
    type: cert.type,
    certifiedKeyType: cert.keyType,
    certifiedKey: new Uint8Array(cert.certifiedKey),
    signer: new Uint8Array(signer),
    expiresAt
  })
}

/** A critical extension that we do not know makes a certificate worthless; so does a second or odd-sized signer. */
function extensionsAreUnderstood({extensions}: Ed25519Cert): boolean {
  const signers = extensions.filter(({type}) => type === CertExtensionType.SIGNING_KEY)
  const others = extensions.filter(({type}) => type !== CertExtensionType.SIGNING_KEY)
  return (
    signers.length <= 1 &&
    signers.every(({data}) => data.length === ED25519_PUBLIC_LENGTH) &&
    others.every(({flags}) => (flags & CertExtensionFlag.AFFECTS_VALIDATION) === 0)
  )
}

function chooseSigner(cert: Ed25519Cert, {signer, embedded}: Ed25519CertDemands): Uint8Array | undefined {
  const own = cert.extensions.find(({type}) => type === CertExtensionType.SIGNING_KEY)?.data
  if (signer === undefined) return own
  if (own === undefined) return embedded === 'required' ? undefined : signer
  return equal(own, signer) ? signer : undefined
}
