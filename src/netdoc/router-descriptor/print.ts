// RouterDescriptor the other way: what a relay wants to say about itself to the text that authorities of 0.4.9 take
// (dir-spec 2.1.1), in the order C tor writes. The onion keys sign for the identities here, the identities for the text.

import {toBase16Upper} from '../../bytes/base16.ts'
import {toBase64Unpadded} from '../../bytes/base64.ts'
import {concat, wipe} from '../../bytes/octets.ts'
import {makeEd25519Cert} from '../../crypto/ed25519-cert.ts'
import {type RsaPrivateKey, rsaIdentity, rsaPublicPem, signRsaBare} from '../../crypto/rsa.ts'
import type {X25519KeyPair} from '../../crypto/x25519.ts'
import {CertType} from '../../wire/certs.ts'
import {type AddressPort, formatAddress, formatAddressPort} from '../address.ts'
import {ed25519PairFromX25519} from '../converted-key.ts'
import {printItem, printObject} from '../print.ts'
import {type PrintedDocument, type RelayDocumentKeys, signRelayDocument} from '../relay-document.ts'
import {formatTime} from '../time.ts'
import type {RelayBandwidth} from './router-descriptor.ts'

export interface RouterDescriptorKeys extends RelayDocumentKeys {
  /** The Ed25519 master identity, 32 octets. */
  readonly ed25519: Uint8Array
  /** 1024 bits. No handshake uses it, and authorities still demand it. */
  readonly onionKeyTap: RsaPrivateKey
  readonly ntorOnionKey: X25519KeyPair
  /** When the onion keys will have been replaced: the certificate they sign ends then. */
  readonly onionKeysExpireAt: Date
}

export interface RouterDescriptorContent {
  readonly nickname: string
  /** The IPv4 address, which authorities demand, and the ORPort. */
  readonly ipv4: AddressPort
  readonly ipv6?: AddressPort
  /** The relay's software and system. Text that begins with `Tor ` must name a version of C tor. */
  readonly platform: string
  /** Subprotocols as `Name=1-2 Other=3`, sorted by name: exactly those that work. */
  readonly protocols: string
  readonly published: Date
  /** Seconds since the start. */
  readonly uptime: number
  readonly bandwidth: RelayBandwidth
  readonly extraInfo?: {readonly digest: Uint8Array; readonly digest256: Uint8Array}
  readonly contact?: string
  /** Members as `$` and a fingerprint in upper case, the relay itself left out or not. */
  readonly family?: readonly string[]
  /** Certificates of type 12 by family keys over the master identity. */
  readonly familyCerts?: readonly Uint8Array[]
  readonly isHibernating?: boolean
  readonly isHiddenServiceDir?: boolean
  readonly isTunnelledDirServer?: boolean
  /** The last time the relay was overloaded; published to the hour. */
  readonly overloadedAt?: Date
}

/** A descriptor of a relay that lets nothing out (`reject *:*`). Ed25519 must be ready. */
export function printRouterDescriptor(
  content: RouterDescriptorContent,
  keys: RouterDescriptorKeys
): PrintedDocument {
  const {nickname, ipv4, bandwidth} = content
  const unsigned = [
    printItem('router', nickname, formatAddress(ipv4.address), ipv4.port, 0, 0),
    printItem('identity-ed25519'),
    printObject('ED25519 CERT', keys.signingCert),
    printItem('master-key-ed25519', toBase64Unpadded(keys.ed25519)),
    content.ipv6 === undefined ? '' : printItem('or-address', formatAddressPort(content.ipv6)),
    printItem('platform', content.platform),
    printItem('proto', content.protocols),
    printItem('published', formatTime(content.published)),
    printItem('fingerprint', printFingerprint(rsaIdentity(keys.identity.public))),
    printItem('uptime', Math.floor(content.uptime)),
    printItem('bandwidth', ...printBandwidth(bandwidth)),
    content.extraInfo === undefined ? '' : printExtraInfoDigest(content.extraInfo),
    printItem('onion-key'),
    rsaPublicPem(keys.onionKeyTap.public),
    printItem('signing-key'),
    rsaPublicPem(keys.identity.public),
    printTapCrosscert(keys),
    printNtorCrosscert(keys),
    content.family?.length ? printItem('family', ...content.family) : '',
    content.isHibernating === true ? printItem('hibernating', 1) : '',
    content.isHiddenServiceDir === true ? printItem('hidden-service-dir') : '',
    ...(content.familyCerts ?? []).map(
      cert => `${printItem('family-cert')}${printObject('FAMILY CERT', cert)}`
    ),
    content.contact === undefined ? '' : printItem('contact', content.contact),
    content.overloadedAt === undefined
      ? ''
      : printItem('overload-general', 1, printHour(content.overloadedAt)),
    printItem('ntor-onion-key', toBase64Unpadded(keys.ntorOnionKey.public)),
    printItem('reject', '*:*'),
    content.isTunnelledDirServer === true ? printItem('tunnelled-dir-server') : ''
  ].join('')
  return signRelayDocument(unsigned, keys)
}

/** Groups of four, as in the `fingerprint` line. */
function printFingerprint(identity: Uint8Array): string {
  return (toBase16Upper(identity).match(/.{4}/g) ?? []).join(' ')
}

function printBandwidth({rate, burst, observed}: RelayBandwidth): readonly number[] {
  return [rate, burst, observed].map(Math.floor)
}

function printExtraInfoDigest({
  digest,
  digest256
}: {
  readonly digest: Uint8Array
  readonly digest256: Uint8Array
}): string {
  return printItem('extra-info-digest', toBase16Upper(digest), toBase64Unpadded(digest256))
}

/** The TAP onion key signs both identities, so that neither can claim the key of another relay. */
function printTapCrosscert(keys: RouterDescriptorKeys): string {
  const signed = concat(rsaIdentity(keys.identity.public), keys.ed25519)
  return printItem('onion-key-crosscert') + printObject('CROSSCERT', signRsaBare(keys.onionKeyTap, signed))
}

function printNtorCrosscert(keys: RouterDescriptorKeys): string {
  const {key, signBit} = ed25519PairFromX25519(keys.ntorOnionKey.secret)
  const cert = makeEd25519Cert({
    type: CertType.NTOR_CROSSCERT,
    expiresAt: keys.onionKeysExpireAt,
    certifiedKey: keys.ed25519,
    signer: key,
    includeSigner: false
  })
  wipe(key.expanded)
  return printItem('ntor-onion-key-crosscert', signBit) + printObject('ED25519 CERT', cert)
}

function printHour(time: Date): string {
  const hour = new Date(time)
  hour.setUTCMinutes(0, 0, 0)
  return formatTime(hour)
}
