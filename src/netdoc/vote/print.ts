// Vote the other way: an authority's opinion as the text that it signs and sends to the others (dir-spec 3.4.1).

import {toBase16Upper} from '../../bytes/base16.ts'
import {toBase64Unpadded} from '../../bytes/base64.ts'
import {fromLatin1} from '../../bytes/octets.ts'
import {sha1} from '../../crypto/digest.ts'
import {type RsaPrivateKey, rsaIdentity, signRsaBare} from '../../crypto/rsa.ts'
import {formatAddress, formatAddressPort} from '../address.ts'
import {printSharedRandomValues} from '../consensus/print-shared-random.ts'
import {printItem, printObject} from '../print.ts'
import {formatTime} from '../time.ts'
import {commitArguments} from './shared-random-commit.ts'
import type {VoteContent, VotedProtocols, VotedRelay} from './vote.ts'

export interface VoteSigner {
  readonly signingKey: RsaPrivateKey
  /** The certificate as text: it travels in the vote. */
  readonly certText: string
  /** Free words for those who study the network: `name=value` each. */
  readonly flagThresholds: string
}

/** The vote's octets. Texts in it have one character an octet. */
export function printVote(content: VoteContent, signer: VoteSigner): Uint8Array {
  const {voter} = content
  const identity = toBase16Upper(voter.identity)
  const toSign = [
    printItem('network-status-version', 3),
    printItem('vote-status', 'vote'),
    printItem('consensus-methods', ...content.methods),
    printItem('published', formatTime(content.published)),
    printItem('valid-after', formatTime(content.validAfter)),
    printItem('fresh-until', formatTime(content.freshUntil)),
    printItem('valid-until', formatTime(content.validUntil)),
    printItem('voting-delay', content.votingDelay.voteSeconds, content.votingDelay.distSeconds),
    printVersions('client-versions', content.clientVersions),
    printVersions('server-versions', content.serverVersions),
    printProtocolLines(content.protocols),
    printItem('known-flags', ...content.knownFlags),
    printItem('flag-thresholds', signer.flagThresholds),
    printItem('params', printParams(content.params)),
    printItem(
      'dir-source',
      voter.nickname,
      identity,
      voter.hostname,
      formatAddress(voter.ipv4),
      voter.dirPort,
      voter.orPort
    ),
    printItem('contact', voter.contact),
    printSharedRandom(content.sharedRandom),
    signer.certText,
    ...content.relays.map(printVotedRelay),
    printItem('directory-footer'),
    'directory-signature '
  ].join('')
  const signature = signRsaBare(signer.signingKey, sha1(fromLatin1(toSign)))
  const signingKey = toBase16Upper(rsaIdentity(signer.signingKey.public))
  return fromLatin1(`${toSign}${identity} ${signingKey}\n${printObject('SIGNATURE', signature)}`)
}

function printVersions(keyword: string, versions: readonly string[] | undefined): string {
  return versions === undefined ? '' : printItem(keyword, versions.join(','))
}

function printProtocolLines(protocols: VotedProtocols): string {
  const lines = [
    ['recommended-relay-protocols', protocols.recommendedRelay],
    ['recommended-client-protocols', protocols.recommendedClient],
    ['required-relay-protocols', protocols.requiredRelay],
    ['required-client-protocols', protocols.requiredClient]
  ] as const
  return lines.map(([keyword, text]) => (text === undefined ? '' : printItem(keyword, text))).join('')
}

/** Sorted as readers demand: by the whole text of each pair. */
export function printParams(params: ReadonlyMap<string, number>): string {
  return [...params]
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join(' ')
}

function printSharedRandom(sharedRandom: VoteContent['sharedRandom']): string {
  if (sharedRandom === undefined) return ''
  const commits = sharedRandom.commits.map(commit =>
    printItem('shared-rand-commit', ...commitArguments(commit))
  )
  return [
    printItem('shared-rand-participate'),
    ...commits.sort(),
    printSharedRandomValues(sharedRandom.previous, sharedRandom.current)
  ].join('')
}

function printVotedRelay(relay: VotedRelay): string {
  const {ipv4, ipv6, version, policy, ed25519, bandwidth, measured} = relay
  const weights = [
    ...(bandwidth === undefined ? [] : [`Bandwidth=${bandwidth}`]),
    ...(measured === undefined ? [] : [`Measured=${measured}`])
  ]
  const key = ed25519 instanceof Uint8Array ? toBase64Unpadded(ed25519) : ed25519
  return [
    printItem(
      'r',
      relay.nickname,
      toBase64Unpadded(relay.identity),
      toBase64Unpadded(relay.descriptorDigest),
      formatTime(relay.published),
      formatAddress(ipv4.address),
      ipv4.port,
      relay.dirPort
    ),
    ipv6 === undefined ? '' : printItem('a', formatAddressPort(ipv6)),
    printItem('s', ...[...relay.flags].sort()),
    version === undefined ? '' : printItem('v', version),
    printItem('pr', relay.protocols),
    weights.length === 0 ? '' : printItem('w', ...weights),
    policy === undefined ? '' : printItem('p', policy),
    key === undefined ? '' : printItem('id', 'ed25519', key),
    ...relay.microdescriptors.map(({methods, digest}) =>
      printItem('m', methods.join(','), `sha256=${toBase64Unpadded(digest)}`)
    )
  ].join('')
}
