// POST /tor/ (dir-spec 4.1): a relay's descriptor and the extra-info that belongs to it, one behind the other.

import {equal} from '../../bytes/octets.ts'
import {type ExtraInfo, parseExtraInfo} from '../../netdoc/extra-info/extra-info.ts'
import {parseRouterDescriptor} from '../../netdoc/router-descriptor/parse.ts'
import type {RouterDescriptor} from '../../netdoc/router-descriptor/router-descriptor.ts'
import {type DocumentSource, openDocument} from '../../netdoc/source.ts'
import {splitDocuments} from '../../netdoc/split.ts'
import type {UploadOutcome} from './view/acceptance.ts'

/** One descriptor and one extra-info, with room for what relays of other software put between. */
const UPLOAD_MAX = 128 * 1024
/** Documents in one upload that are looked at. */
const DOCUMENTS_MAX = 8
/** What stands for the whole upload, when its documents fare differently, is the outcome that comes first here. */
const WORST_FIRST: readonly UploadOutcome[] = [
  'unreadable',
  'no-tap-key',
  'bad-platform',
  'old-version',
  'keys-changed',
  'from-the-future',
  'too-old',
  'private-address',
  'too-many',
  'expired-keys',
  'not-newer',
  'nothing-changed',
  'already-known',
  'accepted'
]

export interface UploadDeps {
  readonly offer: (descriptor: RouterDescriptor) => UploadOutcome
  /** The descriptor that an identity (20 octets) has here. */
  readonly descriptor: (identity: Uint8Array) => RouterDescriptor | undefined
  readonly gotExtraInfo: (extraInfo: ExtraInfo) => void
}

export function takeUpload(octets: Uint8Array, deps: UploadDeps): UploadOutcome {
  const source = openDocument(octets, UPLOAD_MAX)
  if (!source.ok) return 'unreadable'
  const outcomes: UploadOutcome[] = []
  for (const {start, end} of splitDocuments(source.value.text, ['router', 'extra-info']).slice(
    0,
    DOCUMENTS_MAX
  )) {
    const isDescriptor = source.value.text.startsWith('router', start)
    const document = source.value.octets.subarray(start, end)
    if (isDescriptor) outcomes.push(takeDescriptor(document, deps))
    else takeExtraInfo(document, source.value, start, deps)
  }
  return WORST_FIRST.find(outcome => outcomes.includes(outcome)) ?? 'nothing-in-it'
}

function takeDescriptor(octets: Uint8Array, {offer}: UploadDeps): UploadOutcome {
  // Kept for long and handed out as they are: not as a view into a larger upload.
  const parsed = parseRouterDescriptor(octets.slice())
  return parsed.ok ? offer(parsed.value) : 'unreadable'
}

const EXTRA_INFO = /^extra-info [A-Za-z0-9]{1,19} ([0-9A-Fa-f]{40})\s/

/** An extra-info document counts if the descriptor that is here names it; else nobody would ask for it. */
function takeExtraInfo(octets: Uint8Array, source: DocumentSource, start: number, deps: UploadDeps): void {
  const fingerprint = EXTRA_INFO.exec(source.text.slice(start, start + 128))?.[1]
  if (fingerprint === undefined) return
  const descriptor = deps.descriptor(new Uint8Array(Buffer.from(fingerprint, 'hex')))
  const named = descriptor?.extraInfo
  if (descriptor === undefined || named === undefined) return
  const parsed = parseExtraInfo(octets.slice(), descriptor.identityKey)
  if (parsed.ok && equal(parsed.value.digest, named.sha1)) deps.gotExtraInfo(parsed.value)
}
