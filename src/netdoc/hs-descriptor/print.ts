// A whole onion service descriptor as text, from the inside out: inner layer, encrypted to the authorized clients (or to
// all who know the address); middle layer, padded and encrypted; outer wrapper, signed (rend-spec-v3 2.4, 2.5).

import {toBase16} from '../../bytes/base16.ts'
import {toBase64, toBase64Unpadded} from '../../bytes/base64.ts'
import {fromText} from '../../bytes/octets.ts'
import {encode} from '../../codec/codec.ts'
import type {Ed25519KeyPair} from '../../crypto/ed25519.ts'
import {makeEd25519Cert} from '../../crypto/ed25519-cert.ts'
import {sealDescriptorLayer} from '../../crypto/hs/descriptor-cipher.ts'
import {
  type CookieEntry,
  DESCRIPTOR_COOKIE_LENGTH,
  fakeCookieEntry,
  sealDescriptorCookie
} from '../../crypto/hs/descriptor-cookie.ts'
import {randomOctets} from '../../crypto/random.ts'
import {generateX25519Key} from '../../crypto/x25519.ts'
import {BugError} from '../../fault/fault.ts'
import {CertType} from '../../wire/certs.ts'
import {linkSpecifierList} from '../../wire/link-specifier.ts'
import {ed25519FromX25519} from '../converted-key.ts'
import {printItem, printObject} from '../print.ts'
import {formatTime} from '../time.ts'
import type {HsDescriptorContent, HsIntroductionPoint} from './hs-descriptor.ts'
import {printOuterHsDescriptor} from './print-outer.ts'

/** Lines for clients come in multiples of this, so that their number says little. */
const CLIENT_LINES_MULTIPLE = 16
/** The middle layer is padded to a multiple of this, in octets. */
const PADDING_MULTIPLE = 10_000
const NTOR = 2

export interface HsDescriptorOptions {
  readonly blinded: Ed25519KeyPair
  readonly subcredential: Uint8Array
  /** Fresh for each service and time period. */
  readonly signing: Ed25519KeyPair
  /** When the certificates in the descriptor end. */
  readonly certsExpireAt: Date
  readonly lifetimeMinutes: number
  readonly revisionCounter: bigint
  readonly content: HsDescriptorContent
  /** X25519 keys of the clients that alone may read it; none: all who know the address may. */
  readonly authorizedClients: readonly Uint8Array[]
}

export function printHsDescriptor(options: HsDescriptorOptions): Uint8Array {
  const {blinded, subcredential, signing, certsExpireAt, revisionCounter, lifetimeMinutes} = options
  const secret = {blindedKey: blinded.public, subcredential, revisionCounter}
  const isRestricted = options.authorizedClients.length > 0
  const cookie = isRestricted ? randomOctets(DESCRIPTOR_COOKIE_LENGTH) : undefined
  const inner = fromText(printInnerLayer(options.content, signing, certsExpireAt))
  const encrypted = sealDescriptorLayer('encrypted', {...secret, cookie}, inner)
  const middle = padded(fromText(printMiddleLayer(options, cookie, encrypted)))
  return printOuterHsDescriptor({
    lifetimeMinutes,
    signingCert: makeEd25519Cert({
      type: CertType.HS_BLINDED_V_SIGNING,
      expiresAt: certsExpireAt,
      certifiedKey: signing.public,
      signer: blinded,
      includeSigner: true
    }),
    signing,
    revisionCounter,
    superencrypted: sealDescriptorLayer('superencrypted', secret, middle)
  })
}

function printMiddleLayer(
  {subcredential, authorizedClients}: HsDescriptorOptions,
  cookie: Uint8Array | undefined,
  encrypted: Uint8Array
): string {
  const ephemeral = generateX25519Key()
  const entries: CookieEntry[] = []
  for (const clientKey of cookie === undefined ? [] : authorizedClients) {
    const entry = cookie && sealDescriptorCookie(cookie, subcredential, ephemeral, clientKey)
    if (entry === undefined) throw new BugError('authorized-client-key')
    entries.push(entry)
  }
  while (entries.length === 0 || entries.length % CLIENT_LINES_MULTIPLE !== 0) entries.push(fakeCookieEntry())
  // Identifiers are as good as random, so in their order the places say nothing about who is a client.
  const sorted = entries.sort((a, b) => (toBase16(a.clientId) < toBase16(b.clientId) ? -1 : 1))
  const lines = sorted.map(({clientId, iv, encryptedCookie}) =>
    printItem('auth-client', ...[clientId, iv, encryptedCookie].map(toBase64Unpadded))
  )
  return [
    printItem('desc-auth-type', 'x25519'),
    printItem('desc-auth-ephemeral-key', toBase64(ephemeral.public)),
    ...lines,
    printItem('encrypted'),
    printObject('MESSAGE', encrypted)
  ].join('')
}

function printInnerLayer(content: HsDescriptorContent, signing: Ed25519KeyPair, expiresAt: Date): string {
  const {isSingleOnion, flowControl, powParams, introductionPoints} = content
  const lines = [printItem('create2-formats', NTOR)]
  if (isSingleOnion) lines.push(printItem('single-onion-service'))
  if (flowControl !== undefined) {
    const versions = printVersions(flowControl.protocols.versions('FlowCtrl'))
    lines.push(printItem('flow-control', versions, flowControl.sendmeIncrement))
  }
  if (powParams !== undefined) {
    const expires = formatTime(powParams.expiresAt).replace(' ', 'T')
    lines.push(
      printItem('pow-params', 'v1', toBase64Unpadded(powParams.seed), powParams.suggestedEffort, expires)
    )
  }
  for (const point of introductionPoints) lines.push(printIntroductionPoint(point, signing, expiresAt))
  return lines.join('')
}

function printIntroductionPoint(
  {linkSpecifiers, ntorOnionKey, authKey, encryptionKey}: HsIntroductionPoint,
  signing: Ed25519KeyPair,
  expiresAt: Date
): string {
  const cert = (type: number, certifiedKey: Uint8Array) =>
    makeEd25519Cert({type, expiresAt, certifiedKey, signer: signing, includeSigner: true})
  const converted = ed25519FromX25519(encryptionKey, 0)
  if (converted === undefined) throw new BugError('encryption-key-not-convertible')
  return [
    printItem(
      'introduction-point',
      toBase64(encode(linkSpecifierList, {linkSpecifiers: [...linkSpecifiers]}))
    ),
    printItem('onion-key', 'ntor', toBase64(ntorOnionKey)),
    printItem('auth-key'),
    printObject('ED25519 CERT', cert(CertType.HS_INTRO_V_SIGNING, authKey)),
    printItem('enc-key', 'ntor', toBase64(encryptionKey)),
    printItem('enc-key-cert'),
    printObject('ED25519 CERT', cert(CertType.HS_INTRO_ENC_V_SIGNING, converted))
  ].join('')
}

/** Ascending versions as ranges: `1-2,5`. */
function printVersions(versions: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const version of versions) {
    const last = ranges.at(-1)
    if (last !== undefined && last[1] === version - 1) last[1] = version
    else ranges.push([version, version])
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',')
}

function padded(octets: Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(octets.length / PADDING_MULTIPLE) * PADDING_MULTIPLE)
  out.set(octets)
  return out
}
