// Messages and documents of onion services as services and clients make them.

import {concat, fromText} from '../../src/bytes/octets.ts'
import {type Encodable, encode} from '../../src/codec/codec.ts'
import {macSha3} from '../../src/crypto/digest.ts'
import {type Ed25519KeyPair, generateEd25519, signEd25519} from '../../src/crypto/ed25519.ts'
import {makeEd25519Cert} from '../../src/crypto/ed25519-cert.ts'
import {randomOctets} from '../../src/crypto/random.ts'
import {printOuterHsDescriptor} from '../../src/netdoc/hs-descriptor/print-outer.ts'
import {CertType} from '../../src/wire/certs.ts'
import {DosParamType, establishIntro} from '../../src/wire/hs/establish-intro.ts'
import {introduce1} from '../../src/wire/hs/introduce.ts'

export type EstablishIntroExtension = Encodable<typeof establishIntro>['extensions'][number]

const MAC_LENGTH = 32
const SIGNATURE_LENGTH = 64
/** Length of the signature field's own length. */
const PREFIX_LENGTH = 2

export interface EstablishIntroMaterial {
  readonly authKey: Ed25519KeyPair
  /** KH of the circuit. */
  readonly keyHash: Uint8Array
  readonly extensions?: readonly EstablishIntroExtension[]
  /** The text in front of what is signed; the right one when left out. */
  readonly prefix?: string
  /** 2 when left out. */
  readonly authKeyType?: number
  /** What the message calls the key; the key itself when left out. */
  readonly authKeyOctets?: Uint8Array
}

/** ESTABLISH_INTRO with a MAC and a signature that hold. */
export function establishIntroBody(material: EstablishIntroMaterial): Uint8Array {
  const {authKey, keyHash, extensions = [], prefix = 'Tor establish-intro cell v1'} = material
  const body = encode(establishIntro, {
    authKeyType: material.authKeyType ?? 2,
    authKey: material.authKeyOctets ?? authKey.public,
    extensions,
    handshakeAuth: new Uint8Array(MAC_LENGTH),
    signature: new Uint8Array(SIGNATURE_LENGTH)
  })
  const macAt = body.length - SIGNATURE_LENGTH - PREFIX_LENGTH - MAC_LENGTH
  body.set(macSha3(keyHash, body.subarray(0, macAt)), macAt)
  return signEstablishIntro(body, authKey, prefix)
}

/** Signs an ESTABLISH_INTRO anew, whatever its other octets are. */
export function signEstablishIntro(
  body: Uint8Array,
  authKey: Ed25519KeyPair,
  prefix = 'Tor establish-intro cell v1'
): Uint8Array {
  const signed = body.slice()
  const signatureAt = body.length - SIGNATURE_LENGTH
  const covered = body.subarray(0, signatureAt - PREFIX_LENGTH)
  signed.set(signEd25519(authKey, fromText(prefix), covered), signatureAt)
  return signed
}

/** The DoS extension, asking for a limit on introductions. */
export function dosExtension(rate: bigint, burst: bigint): EstablishIntroExtension {
  return {
    kind: 'dosParams',
    params: [
      {type: DosParamType.INTRODUCE2_RATE_PER_SEC, value: rate},
      {type: DosParamType.INTRODUCE2_BURST_PER_SEC, value: burst}
    ]
  }
}

/** INTRODUCE1 to a service; what is encrypted to it is random. */
export function introduce1Body(authKey: Uint8Array, encrypted = randomOctets(246)): Uint8Array {
  return encode(introduce1, {authKeyType: 2, authKey, extensions: [], encrypted})
}

export interface MadeDescriptor {
  readonly octets: Uint8Array
  readonly blindedKey: Uint8Array
}

export interface DescriptorMaterial {
  readonly blinded?: Ed25519KeyPair
  readonly signing?: Ed25519KeyPair
  readonly revisionCounter?: bigint
  readonly lifetimeMinutes?: number
  readonly encryptedLength?: number
  /** When the signing key's certificate ends; in a day when left out. */
  readonly certExpiresAt?: Date
}

const DAY_MS = 24 * 3600_000

/** The outer wrapper of a descriptor, around random octets. */
export function madeDescriptor(material: DescriptorMaterial = {}): MadeDescriptor {
  const {blinded = generateEd25519(), signing = generateEd25519(), certExpiresAt} = material
  const signingCert = makeEd25519Cert({
    type: CertType.HS_BLINDED_V_SIGNING,
    expiresAt: certExpiresAt ?? new Date(Date.now() + DAY_MS),
    certifiedKey: signing.public,
    signer: blinded,
    includeSigner: true
  })
  const octets = printOuterHsDescriptor({
    lifetimeMinutes: material.lifetimeMinutes ?? 180,
    signingCert,
    signing,
    revisionCounter: material.revisionCounter ?? 1n,
    superencrypted: randomOctets(material.encryptedLength ?? 1000)
  })
  return {octets, blindedKey: blinded.public}
}

/** RENDEZVOUS1 for a client that waits under `cookie`. */
export function rendezvous1Body(cookie: Uint8Array, handshakeInfo = randomOctets(64)): Uint8Array {
  return concat(cookie, handshakeInfo)
}
