// Router descriptors one behind the other: a directory's reply or a cache file with annotations.

import {ok, type Result} from '../../fault/result.ts'
import type {NetdocFault} from '../fault.ts'
import {type DocumentInput, openDocument} from '../source.ts'
import {splitDocuments} from '../split.ts'
import {parseRouterDescriptor} from './parse.ts'
import type {RouterDescriptor} from './router-descriptor.ts'

const MAX_DESCRIPTORS_LENGTH = 64 * 1024 * 1024

export interface RouterDescriptors {
  readonly accepted: readonly RouterDescriptor[]
  readonly refused: readonly NetdocFault[]
}

/** Extra-info documents between them are left out. */
export function parseRouterDescriptors(input: DocumentInput): Result<RouterDescriptors, NetdocFault> {
  const source = openDocument(input, MAX_DESCRIPTORS_LENGTH)
  if (!source.ok) return source
  const {text, octets} = source.value
  const accepted: RouterDescriptor[] = []
  const refused: NetdocFault[] = []
  const routers = new Set(splitDocuments(text, ['router']).map(({start}) => start))
  for (const {start, end} of splitDocuments(text, ['router', 'extra-info'])) {
    if (!routers.has(start)) continue
    const parsed = parseRouterDescriptor(octets.subarray(start, end), 'annotations-first')
    if (parsed.ok) accepted.push(parsed.value)
    else refused.push(parsed.fault)
  }
  return ok({accepted, refused})
}
