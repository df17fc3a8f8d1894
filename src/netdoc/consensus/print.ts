// A consensus as text (dir-spec 3.4). One agreement is printed in two flavours: `ns` names router descriptors and tells
// exit policies, `microdesc` names microdescriptors. What authorities sign ends behind the space of the first
// `directory-signature `; signatures are gathered afterwards and follow it.

import {toBase16Upper} from '../../bytes/base16.ts'
import {toBase64Unpadded} from '../../bytes/base64.ts'
import {concat, fromLatin1} from '../../bytes/octets.ts'
import {sha1, sha256} from '../../crypto/digest.ts'
import {type RsaPrivateKey, rsaIdentity, signRsaBare} from '../../crypto/rsa.ts'
import {type AddressPort, formatAddress, formatAddressPort} from '../address.ts'
import {NO_PUBLISHED} from '../consensus-method.ts'
import {printItem, printObject} from '../print.ts'
import {formatTime} from '../time.ts'
import type {Consensus, ConsensusFlavour, ConsensusSignature, Voter} from './consensus.ts'
import {printSharedRandomValues} from './print-shared-random.ts'

/** A relay as the authorities agreed on it. Texts have one character an octet. */
export interface AgreedRelay {
  readonly nickname: string
  readonly identity: Uint8Array
  readonly descriptorDigest: Uint8Array
  /** Without it the relay is not in the microdesc flavour. */
  readonly microdescriptorDigest: Uint8Array | undefined
  readonly published: Date
  readonly ipv4: AddressPort
  readonly dirPort: number
  readonly ipv6: AddressPort | undefined
  /** Sorted. */
  readonly flags: readonly string[]
  readonly version: string | undefined
  readonly protocols: string | undefined
  readonly bandwidth: number | undefined
  readonly isUnmeasured: boolean
  readonly policy: string | undefined
}

export interface ConsensusContent
  extends Pick<
    Consensus,
    | 'method'
    | 'validAfter'
    | 'freshUntil'
    | 'validUntil'
    | 'votingDelay'
    | 'clientVersions'
    | 'serverVersions'
    | 'knownFlags'
    | 'sharedRandom'
  > {
  readonly protocols: Readonly<
    Record<'recommendedClient' | 'recommendedRelay' | 'requiredClient' | 'requiredRelay', string>
  >
  /** `NAME=VALUE` each, sorted. */
  readonly params: readonly string[]
  /** Ascending by identity. */
  readonly voters: readonly Voter[]
  /** Ascending by identity. */
  readonly relays: readonly AgreedRelay[]
  /** `NAME=VALUE` each, sorted; undefined where no weights fit the network. */
  readonly bandwidthWeights: readonly string[] | undefined
}

const SIGNATURE_START = 'directory-signature '

/** Up to and with the first `directory-signature `. */
export function printConsensusToSign(content: ConsensusContent, flavour: ConsensusFlavour): Uint8Array {
  const {votingDelay, params, sharedRandom, bandwidthWeights} = content
  const text = [
    printItem('network-status-version', 3, ...(flavour === 'ns' ? [] : [flavour])),
    printItem('vote-status', 'consensus'),
    printItem('consensus-method', content.method),
    printItem('valid-after', formatTime(content.validAfter)),
    printItem('fresh-until', formatTime(content.freshUntil)),
    printItem('valid-until', formatTime(content.validUntil)),
    printItem('voting-delay', votingDelay.voteSeconds, votingDelay.distSeconds),
    printItem('client-versions', content.clientVersions.join(',')),
    printItem('server-versions', content.serverVersions.join(',')),
    printItem('known-flags', ...content.knownFlags),
    printItem('recommended-client-protocols', content.protocols.recommendedClient),
    printItem('recommended-relay-protocols', content.protocols.recommendedRelay),
    printItem('required-client-protocols', content.protocols.requiredClient),
    printItem('required-relay-protocols', content.protocols.requiredRelay),
    params.length === 0 ? '' : printItem('params', ...params),
    printSharedRandomValues(sharedRandom.previous, sharedRandom.current),
    ...content.voters.map(printVoter),
    ...content.relays.map(relay => printRelay(relay, flavour)),
    printItem('directory-footer'),
    bandwidthWeights === undefined ? '' : printItem('bandwidth-weights', ...bandwidthWeights),
    SIGNATURE_START
  ].join('')
  return fromLatin1(text)
}

function printVoter(voter: Voter): string {
  const identity = toBase16Upper(voter.identity)
  const address = formatAddress(voter.ipv4)
  return [
    printItem('dir-source', voter.nickname, identity, voter.hostname, address, voter.dirPort, voter.orPort),
    printItem('contact', voter.contact),
    printItem('vote-digest', toBase16Upper(voter.voteDigest))
  ].join('')
}

function printRelay(relay: AgreedRelay, flavour: ConsensusFlavour): string {
  const {ipv4, ipv6, version, protocols, bandwidth, policy, microdescriptorDigest} = relay
  const isMicrodesc = flavour === 'microdesc'
  if (isMicrodesc && microdescriptorDigest === undefined) return ''
  return [
    printItem(
      'r',
      relay.nickname,
      toBase64Unpadded(relay.identity),
      ...(isMicrodesc ? [] : [toBase64Unpadded(relay.descriptorDigest)]),
      isMicrodesc ? NO_PUBLISHED : formatTime(relay.published),
      formatAddress(ipv4.address),
      ipv4.port,
      relay.dirPort
    ),
    ipv6 === undefined ? '' : printItem('a', formatAddressPort(ipv6)),
    isMicrodesc && microdescriptorDigest ? printItem('m', toBase64Unpadded(microdescriptorDigest)) : '',
    printItem('s', ...relay.flags),
    version === undefined ? '' : printItem('v', version),
    protocols === undefined ? '' : printItem('pr', protocols),
    bandwidth === undefined
      ? ''
      : printItem('w', `Bandwidth=${bandwidth}`, ...(relay.isUnmeasured ? ['Unmeasured=1'] : [])),
    policy === undefined || isMicrodesc ? '' : printItem('p', policy)
  ].join('')
}

/** The digest that is signed: SHA-1 in the ns flavour, as every reader of it knows, SHA-256 in the other. */
export function digestToSign(toSign: Uint8Array, flavour: ConsensusFlavour): Uint8Array {
  return flavour === 'ns' ? sha1(toSign) : sha256(toSign)
}

/** @param identity the authority's v3 identity, 20 octets */
export function signConsensus(
  toSign: Uint8Array,
  flavour: ConsensusFlavour,
  identity: Uint8Array,
  signingKey: RsaPrivateKey
): ConsensusSignature {
  return {
    algorithm: flavour === 'ns' ? 'sha1' : 'sha256',
    identity,
    signingKeyDigest: rsaIdentity(signingKey.public),
    signature: signRsaBare(signingKey, digestToSign(toSign, flavour))
  }
}

/** The whole document. Signatures are ordered by identity, so that all who have the same ones print the same. */
export function printConsensus(toSign: Uint8Array, signatures: readonly ConsensusSignature[]): Uint8Array {
  const sorted = signatures.toSorted((a, b) => Buffer.compare(a.identity, b.identity))
  const printed = sorted.map(({algorithm, identity, signingKeyDigest, signature}) => {
    const names = [toBase16Upper(identity), toBase16Upper(signingKeyDigest)]
    const line = [...(algorithm === 'sha1' ? [] : [algorithm]), ...names].join(' ')
    return `${line}\n${printObject('SIGNATURE', signature)}`
  })
  return concat(toSign, fromLatin1(printed.join(SIGNATURE_START)))
}
