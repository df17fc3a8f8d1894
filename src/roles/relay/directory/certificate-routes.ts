// GET /tor/keys/…: the certificates of the authorities (dir-spec 6.2).
//
//   all           every one                    fp/FP+FP…        an authority's newest, by its identity
//   authority     the one of this authority    sk/SK+SK…        by signing key
//                 (which a relay is not)       fp-sk/FP-SK+…    by both

import {equal} from '../../../bytes/octets.ts'
import type {AuthorityCert} from '../../../netdoc/authority-cert.ts'
import {cacheHeaders, type DirectoryAnswer, type DirectoryRequest, refuse} from './answer.ts'
import type {DirectoryStore} from './directory-store.ts'
import {parseHttpDate} from './http-date.ts'
import {sha1DigestPairs, sha1Digests} from './resource.ts'

export const CERTIFICATE_PATH = '/tor/keys/'

const LIFETIME_SECONDS = 60 * 60

export function getCertificates(
  request: DirectoryRequest,
  store: DirectoryStore,
  now: Date
): DirectoryAnswer {
  const found = find(request.path.slice(CERTIFICATE_PATH.length), store.certificates())
  if (found === undefined) return refuse('bad-request')
  if (found.length === 0) return refuse('not-found')
  const since = parseHttpDate(request.headers['if-modified-since'] ?? '')
  const changed = since === undefined ? found : found.filter(({published}) => published > since)
  if (changed.length === 0) return refuse('not-modified')
  return {
    status: 200,
    headers: cacheHeaders(LIFETIME_SECONDS, now),
    body: changed.map(({octets}) => octets),
    coding: 'each-time'
  }
}

/** Undefined: no such way of asking. */
function find(resource: string, certs: readonly AuthorityCert[]): readonly AuthorityCert[] | undefined {
  if (resource === 'all') return certs
  if (resource === 'authority') return []
  const slash = resource.indexOf('/')
  const wanted = resource.slice(slash + 1)
  switch (resource.slice(0, slash + 1)) {
    case 'fp/':
      return sha1Digests(wanted).flatMap(digest => newest(certs.filter(cert => equal(cert.identity, digest))))
    case 'sk/': {
      const digests = sha1Digests(wanted)
      return certs.filter(cert => digests.some(digest => equal(cert.signingKeyDigest, digest)))
    }
    case 'fp-sk/': {
      const pairs = sha1DigestPairs(wanted)
      return certs.filter(cert =>
        pairs.some(
          pair => equal(cert.identity, pair.identity) && equal(cert.signingKeyDigest, pair.signingKey)
        )
      )
    }
    default:
      return undefined
  }
}

function newest(certs: readonly AuthorityCert[]): readonly AuthorityCert[] {
  return certs.toSorted((a, b) => b.published.getTime() - a.published.getTime()).slice(0, 1)
}
