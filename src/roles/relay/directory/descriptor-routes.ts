// GET /tor/server/… and /tor/extra/…: descriptors and extra-info documents (dir-spec 6.2).
//
//   authority   our own        all      every one
//   fp/FP+FP…   by relay       d/D+D…   by digest

import {cacheHeaders, type DirectoryAnswer, type DirectoryRequest, refuse} from './answer.ts'
import type {DirectoryStore, RelayDocuments, ServedDocument} from './directory-store.ts'
import {sha1Digests} from './resource.ts'

export const DESCRIPTOR_PATH = '/tor/server/'
export const EXTRA_INFO_PATH = '/tor/extra/'

const HOUR_SECONDS = 60 * 60

/** Asked for by relay, a document that is older than this is as good as none: no authority takes it either. */
const MAX_AGE_MS = 24 * HOUR_SECONDS * 1000

export function getDescriptors(request: DirectoryRequest, store: DirectoryStore, now: Date): DirectoryAnswer {
  return answer(request.path.slice(DESCRIPTOR_PATH.length), store.descriptors, now)
}

export function getExtraInfos(request: DirectoryRequest, store: DirectoryStore, now: Date): DirectoryAnswer {
  return answer(request.path.slice(EXTRA_INFO_PATH.length), store.extraInfos, now)
}

function answer(resource: string, documents: RelayDocuments, now: Date): DirectoryAnswer {
  const found = find(resource, documents, now).filter(document => document !== undefined)
  if (found.length === 0) return refuse('not-found')
  return {
    status: 200,
    headers: cacheHeaders(lifetimeSeconds(resource, found), now),
    body: found.map(({octets}) => octets),
    coding: 'each-time'
  }
}

function find(
  resource: string,
  documents: RelayDocuments,
  now: Date
): readonly (ServedDocument | undefined)[] {
  if (resource.startsWith('d/'))
    return sha1Digests(resource.slice(2)).map(digest => documents.byDigest(digest))
  const byRelay = findByRelay(resource, documents)
  return byRelay.filter(document => document !== undefined && isYoung(document, now))
}

function findByRelay(resource: string, documents: RelayDocuments): readonly (ServedDocument | undefined)[] {
  if (resource === 'all') return documents.all()
  if (resource === 'authority') return [documents.own]
  if (!resource.startsWith('fp/')) return []
  return sha1Digests(resource.slice('fp/'.length)).map(identity => documents.byIdentity(identity))
}

function isYoung({published}: ServedDocument, now: Date): boolean {
  return published.getTime() >= now.getTime() - MAX_AGE_MS
}

/** One document may be kept as long as it could be valid; a choice of several is never asked for again. */
function lifetimeSeconds(resource: string, found: readonly ServedDocument[]): number {
  if (resource === 'all') return HOUR_SECONDS
  return found.length === 1 ? 48 * HOUR_SECONDS : 0
}
