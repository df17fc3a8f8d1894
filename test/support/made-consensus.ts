// Directory authorities and consensuses that exist only in memory: signed for real, with whatever a test wants to see in
// them. What authorities of C tor make is read from vectors and from private networks; this is for the rest.

import {toBase16Upper} from '../../src/bytes/base16.ts'
import {toBase64Unpadded} from '../../src/bytes/base64.ts'
import {fromText} from '../../src/bytes/octets.ts'
import {sha1, sha256} from '../../src/crypto/digest.ts'
import {
  generateRsa,
  type RsaPrivateKey,
  rsaIdentity,
  rsaPublicPem,
  signRsaBare
} from '../../src/crypto/rsa.ts'
import type {ConsensusFlavour} from '../../src/netdoc/consensus/consensus.ts'
import {printItem, printObject} from '../../src/netdoc/print.ts'
import {formatTime} from '../../src/netdoc/time.ts'

const HOUR_MS = 60 * 60 * 1000

export interface MadeAuthority {
  readonly identity: Uint8Array
  readonly signingKey: RsaPrivateKey
  readonly cert: string
}

export function makeAuthority(published: Date, expires: Date): MadeAuthority {
  const identityKey = generateRsa(2048)
  const signingKey = generateRsa(2048)
  const identity = rsaIdentity(identityKey.public)
  const signed = [
    printItem('dir-key-certificate-version', 3),
    printItem('fingerprint', toBase16Upper(identity)),
    printItem('dir-key-published', formatTime(published)),
    printItem('dir-key-expires', formatTime(expires)),
    printItem('dir-identity-key'),
    rsaPublicPem(identityKey.public),
    printItem('dir-signing-key'),
    rsaPublicPem(signingKey.public),
    printItem('dir-key-crosscert'),
    printObject('ID SIGNATURE', signRsaBare(signingKey, identity)),
    printItem('dir-key-certification')
  ].join('')
  const signature = printObject('SIGNATURE', signRsaBare(identityKey, sha1(fromText(signed))))
  return {identity, signingKey, cert: `${signed}${signature}`}
}

export interface MadeRelay {
  readonly nickname: string
  /** 20 octets. */
  readonly identity: Uint8Array
  readonly descriptorDigest: Uint8Array
  readonly flags: readonly string[]
  readonly protocols?: string
  /** What follows `w `. */
  readonly weight?: string
  readonly ipv4?: string
  readonly orPort?: number
  readonly ipv6?: string
  readonly policy?: string
}

export interface MadeConsensus {
  readonly flavour: ConsensusFlavour
  readonly authorities: readonly MadeAuthority[]
  readonly validAfter: Date
  readonly relays?: readonly MadeRelay[]
  readonly params?: string
  readonly weights?: string
  readonly method?: number
  /** Lines of the header besides those every consensus has. */
  readonly headerLines?: readonly string[]
}

/** The consensus up to and with the first `directory-signature `, which is what authorities sign. */
export function consensusToSign(made: MadeConsensus): string {
  const {flavour, validAfter} = made
  const later = (hours: number) => formatTime(new Date(validAfter.getTime() + hours * HOUR_MS))
  return [
    flavour === 'ns' ? 'network-status-version 3\n' : 'network-status-version 3 microdesc\n',
    'vote-status consensus\n',
    printItem('consensus-method', made.method ?? 35),
    printItem('valid-after', later(0)),
    printItem('fresh-until', later(1)),
    printItem('valid-until', later(3)),
    'voting-delay 300 300\nclient-versions \nserver-versions 0.4.9.11,0.4.9.12\n',
    'known-flags Authority Exit Fast Guard HSDir Running Stable V2Dir Valid\n',
    ...(made.headerLines ?? []).map(line => `${line}\n`),
    made.params === undefined ? '' : printItem('params', made.params),
    ...made.authorities.map(printVoter),
    ...(made.relays ?? []).map(relay => printRelay(relay, made)),
    'directory-footer\n',
    made.weights === undefined ? '' : printItem('bandwidth-weights', made.weights),
    'directory-signature '
  ].join('')
}

function printVoter({identity}: MadeAuthority, i: number): string {
  const digest = '0'.repeat(40)
  return `dir-source auth${i} ${toBase16Upper(identity)} 127.0.0.1 127.0.0.1 80 443\ncontact a\nvote-digest ${digest}\n`
}

function printRelay(relay: MadeRelay, {flavour, validAfter}: MadeConsensus): string {
  const digest = toBase64Unpadded(relay.descriptorDigest)
  return [
    'r ',
    [relay.nickname, toBase64Unpadded(relay.identity), ...(flavour === 'ns' ? [digest] : [])].join(' '),
    ` ${formatTime(validAfter)} ${relay.ipv4 ?? '127.0.0.1'} ${relay.orPort ?? 9001} 0\n`,
    relay.ipv6 === undefined ? '' : `a ${relay.ipv6}\n`,
    flavour === 'microdesc' ? `m ${digest}\n` : '',
    `s ${relay.flags.join(' ')}\n`,
    'v Tor 0.4.9.11\n',
    `pr ${relay.protocols ?? 'Link=4-5 Relay=2-4'}\n`,
    relay.weight === undefined ? '' : `w ${relay.weight}\n`,
    relay.policy === undefined ? '' : `p ${relay.policy}\n`
  ].join('')
}

/** One signature, without the keyword when it is the first. */
export function consensusSignature(
  toSign: string,
  authority: MadeAuthority,
  algorithm: 'sha1' | 'sha256',
  digest?: Uint8Array
): string {
  const computed = algorithm === 'sha1' ? sha1(fromText(toSign)) : sha256(fromText(toSign))
  const names = [toBase16Upper(authority.identity), toBase16Upper(rsaIdentity(authority.signingKey.public))]
  const line = [...(algorithm === 'sha1' ? [] : [algorithm]), ...names].join(' ')
  return `${line}\n${printObject('SIGNATURE', signRsaBare(authority.signingKey, digest ?? computed))}`
}

/** A consensus signed by `signers`, by all of its authorities when none are named. */
export function makeConsensus(made: MadeConsensus, signers = made.authorities): string {
  const toSign = consensusToSign(made)
  const algorithm = made.flavour === 'ns' ? 'sha1' : 'sha256'
  const signatures = signers.map(signer => consensusSignature(toSign, signer, algorithm))
  return toSign + signatures.join('directory-signature ')
}
