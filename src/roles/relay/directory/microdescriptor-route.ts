// GET /tor/micro/d/D-D…: microdescriptors by digest (dir-spec 6.2). Those we do not have are left out.

import {cacheHeaders, type DirectoryAnswer, type DirectoryRequest, refuse} from './answer.ts'
import type {DirectoryStore} from './directory-store.ts'
import {sha256Digests} from './resource.ts'

export const MICRODESCRIPTOR_PATH = '/tor/micro/d/'

/** A digest names the same text for ever; two days is how long others let it be kept. */
const LIFETIME_SECONDS = 48 * 60 * 60

export function getMicrodescriptors(
  request: DirectoryRequest,
  store: DirectoryStore,
  now: Date
): DirectoryAnswer {
  const digests = sha256Digests(request.path.slice(MICRODESCRIPTOR_PATH.length))
  const body = digests.map(digest => store.microdescriptor(digest)).filter(octets => octets !== undefined)
  if (body.length === 0) return refuse('not-found')
  return {status: 200, headers: cacheHeaders(LIFETIME_SECONDS, now), body, coding: 'each-time'}
}
