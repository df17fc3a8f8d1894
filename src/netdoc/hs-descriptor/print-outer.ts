// The outer wrapper of an onion service descriptor as text, signed (rend-spec-v3 2.4).

import {toBase64Unpadded} from '../../bytes/base64.ts'
import {concat, fromText} from '../../bytes/octets.ts'
import {type Ed25519KeyPair, signEd25519} from '../../crypto/ed25519.ts'
import {printItem, printObject} from '../print.ts'
import {HS_SIGNATURE_PREFIX} from './outer.ts'

export interface OuterHsDescriptorContent {
  readonly lifetimeMinutes: number
  /** Type 8: the blinded key, embedded, vouches for the signing key. */
  readonly signingCert: Uint8Array
  readonly signing: Ed25519KeyPair
  readonly revisionCounter: bigint
  readonly superencrypted: Uint8Array
}

export function printOuterHsDescriptor(content: OuterHsDescriptorContent): Uint8Array {
  const signed = fromText(
    [
      printItem('hs-descriptor', 3),
      printItem('descriptor-lifetime', content.lifetimeMinutes),
      printItem('descriptor-signing-key-cert'),
      printObject('ED25519 CERT', content.signingCert),
      printItem('revision-counter', content.revisionCounter.toString()),
      printItem('superencrypted'),
      printObject('MESSAGE', content.superencrypted)
    ].join('')
  )
  const signature = signEd25519(content.signing, HS_SIGNATURE_PREFIX, signed)
  return concat(signed, fromText(printItem('signature', toBase64Unpadded(signature))))
}
