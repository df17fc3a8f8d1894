// What a relay's two documents about itself, its descriptor and its extra-info, have in common when they are printed: the
// keys that sign and the two signatures at the end.

import {toBase64Unpadded} from '../bytes/base64.ts'
import {fromText} from '../bytes/octets.ts'
import {sha1, sha256} from '../crypto/digest.ts'
import {type Ed25519KeyPair, signEd25519} from '../crypto/ed25519.ts'
import {type RsaPrivateKey, signRsaBare} from '../crypto/rsa.ts'
import {RELAY_SIGNATURE_KEYWORD, RELAY_SIGNATURE_PREFIX} from './ed25519-item.ts'
import {printObject} from './print.ts'

/** What a relay signs its documents with. */
export interface RelayDocumentKeys {
  /** 1024 bits. */
  readonly identity: RsaPrivateKey
  /** The medium-term Ed25519 key. */
  readonly signing: Ed25519KeyPair
  /** Type 4: the master identity, embedded, vouches for the signing key. */
  readonly signingCert: Uint8Array
}

export interface PrintedDocument {
  readonly text: string
  readonly octets: Uint8Array
  /** SHA-1 of what the RSA signature covers, 20 octets: the document's name. */
  readonly digest: Uint8Array
  /** SHA-256 of all of it, 32 octets. */
  readonly digest256: Uint8Array
}

/** Appends `router-sig-ed25519` and `router-signature` (dir-spec 2.1.1). */
export function signRelayDocument(unsigned: string, keys: RelayDocumentKeys): PrintedDocument {
  const toEd25519 = `${unsigned}${RELAY_SIGNATURE_KEYWORD} `
  const ed25519 = signEd25519(keys.signing, sha256(RELAY_SIGNATURE_PREFIX, fromText(toEd25519)))
  const toRsa = `${toEd25519}${toBase64Unpadded(ed25519)}\nrouter-signature\n`
  const digest = sha1(fromText(toRsa))
  const text = `${toRsa}${printObject('SIGNATURE', signRsaBare(keys.identity, digest))}`
  const octets = fromText(text)
  return {text, octets, digest, digest256: sha256(octets)}
}
