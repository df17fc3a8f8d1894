// An extra-info document as text (dir-spec 2.1.2). Its digests go into the descriptor, so it is printed first; both have
// the same time of publication.

import {toBase16Upper} from '../../bytes/base16.ts'
import {rsaIdentity} from '../../crypto/rsa.ts'
import {printItem, printObject} from '../print.ts'
import {type PrintedDocument, type RelayDocumentKeys, signRelayDocument} from '../relay-document.ts'
import {formatTime} from '../time.ts'

export interface ExtraInfoContent {
  readonly nickname: string
  readonly published: Date
  /** Whole lines without their newline, such as `write-history 2026-11-22 10:00:00 (86400 s) 1,2`, in order. */
  readonly statistics?: readonly string[]
}

/** Ed25519 must be ready. */
export function printExtraInfo(content: ExtraInfoContent, keys: RelayDocumentKeys): PrintedDocument {
  const unsigned = [
    printItem('extra-info', content.nickname, toBase16Upper(rsaIdentity(keys.identity.public))),
    printItem('identity-ed25519'),
    printObject('ED25519 CERT', keys.signingCert),
    printItem('published', formatTime(content.published)),
    ...(content.statistics ?? []).map(line => printItem(line))
  ].join('')
  return signRelayDocument(unsigned, keys)
}
