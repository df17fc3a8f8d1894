// A router descriptor as a microdescriptor (dir-spec 3.3). Authorities make it each for themselves and vote for its digest,
// so every octet is fixed by the consensus method.

import {toBase64Unpadded} from '../bytes/base64.ts'
import {fromText} from '../bytes/octets.ts'
import {sha256} from '../crypto/digest.ts'
import {rsaPublicPem} from '../crypto/rsa.ts'
import {canonicalFamily} from './canonical-family.ts'
import {METHOD_FOR_FAMILY_IDS} from './consensus-method.ts'
import {summarizePolicy} from './policy-summary.ts'
import {printPortPolicy, rejectsEverything} from './port-policy.ts'
import {printItem} from './print.ts'
import type {RouterDescriptor} from './router-descriptor/router-descriptor.ts'

const REJECT_ALL = 'reject 1-65535'

export interface PrintedMicrodescriptor {
  readonly octets: Uint8Array
  /** SHA-256 of the octets. */
  readonly digest: Uint8Array
}

/** Undefined for a descriptor without a TAP onion key: no method known describes such a relay. */
export function printMicrodescriptor(
  descriptor: RouterDescriptor,
  method: number
): PrintedMicrodescriptor | undefined {
  const {onionKeyTap, ntorOnionKey, family, identity, familyIds, ipv6Policy, ed25519} = descriptor
  if (onionKeyTap === undefined) return undefined
  const summary = summarizePolicy(descriptor.exitRules)
  const octets = fromText(
    [
      printItem('onion-key'),
      rsaPublicPem(onionKeyTap),
      printItem('ntor-onion-key', toBase64Unpadded(ntorOnionKey)),
      family.length === 0 ? '' : printItem('family', ...canonicalFamily(family, identity)),
      method < METHOD_FOR_FAMILY_IDS || familyIds.length === 0 ? '' : printItem('family-ids', ...familyIds),
      summary === REJECT_ALL ? '' : printItem('p', summary),
      ipv6Policy === undefined || rejectsEverything(ipv6Policy)
        ? ''
        : printItem('p6', printPortPolicy(ipv6Policy)),
      printItem('id', 'ed25519', toBase64Unpadded(ed25519))
    ].join('')
  )
  return {octets, digest: sha256(octets)}
}
