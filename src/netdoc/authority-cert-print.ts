// An authority's key certificate as text (dir-spec 3.1), as tor-gencert writes it: the identity key vouches for the signing
// key for some months, the signing key vouches for the identity in the crosscert.

import {toBase16Upper} from '../bytes/base16.ts'
import {fromText} from '../bytes/octets.ts'
import {sha1} from '../crypto/digest.ts'
import {type RsaPrivateKey, rsaIdentity, rsaPublicPem, signRsaBare} from '../crypto/rsa.ts'
import {type AddressPort, formatAddressPort} from './address.ts'
import {printItem, printObject} from './print.ts'
import {formatTime} from './time.ts'

export interface AuthorityCertContent {
  readonly identityKey: RsaPrivateKey
  readonly signingKey: RsaPrivateKey
  readonly published: Date
  readonly expires: Date
  readonly address?: AddressPort
}

export function printAuthorityCert(content: AuthorityCertContent): string {
  const {identityKey, signingKey, address} = content
  const identity = rsaIdentity(identityKey.public)
  const signed = [
    printItem('dir-key-certificate-version', 3),
    address === undefined ? '' : printItem('dir-address', formatAddressPort(address)),
    printItem('fingerprint', toBase16Upper(identity)),
    printItem('dir-key-published', formatTime(content.published)),
    printItem('dir-key-expires', formatTime(content.expires)),
    printItem('dir-identity-key'),
    rsaPublicPem(identityKey.public),
    printItem('dir-signing-key'),
    rsaPublicPem(signingKey.public),
    printItem('dir-key-crosscert'),
    printObject('ID SIGNATURE', signRsaBare(signingKey, identity)),
    printItem('dir-key-certification')
  ].join('')
  return signed + printObject('SIGNATURE', signRsaBare(identityKey, sha1(fromText(signed))))
}
