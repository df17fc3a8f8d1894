// DetachedSignatures the other way (dir-spec 3.10).

import {toBase16Upper} from '../../bytes/base16.ts'
import {fromLatin1} from '../../bytes/octets.ts'
import type {ConsensusSignature} from '../consensus/consensus.ts'
import {printItem, printObject} from '../print.ts'
import {formatTime} from '../time.ts'
import type {DetachedSignatures} from './detached-signatures.ts'

/** Both flavours must have a digest: whoever prints has computed them. */
export function printDetachedSignatures(detached: DetachedSignatures): Uint8Array {
  const {ns, microdesc} = detached.flavours
  const hex = (octets: Uint8Array | undefined) => toBase16Upper(octets ?? new Uint8Array(0))
  const print = (keyword: readonly string[], {identity, signingKeyDigest, signature}: ConsensusSignature) =>
    printItem(keyword.join(' '), hex(identity), hex(signingKeyDigest)) + printObject('SIGNATURE', signature)
  return fromLatin1(
    [
      printItem('consensus-digest', hex(ns.digest)),
      printItem('valid-after', formatTime(detached.validAfter)),
      printItem('fresh-until', formatTime(detached.freshUntil)),
      printItem('valid-until', formatTime(detached.validUntil)),
      printItem('additional-digest', 'microdesc', 'sha256', hex(microdesc.digest)),
      ...microdesc.signatures.map(each => print(['additional-signature', 'microdesc', 'sha256'], each)),
      ...ns.signatures.map(each => print(['directory-signature'], each))
    ].join('')
  )
}
