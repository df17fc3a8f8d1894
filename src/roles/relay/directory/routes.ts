// Every path that a relay's directory answers, as one table. Other roles that are asked over BEGIN_DIR (onion service
// directories) add their own to it.

import {cacheHeaders, type DirectoryAnswer, type DirectoryRequest, refuse} from './answer.ts'
import {CERTIFICATE_PATH, getCertificates} from './certificate-routes.ts'
import {getConsensus} from './consensus-route.ts'
import {DESCRIPTOR_PATH, EXTRA_INFO_PATH, getDescriptors, getExtraInfos} from './descriptor-routes.ts'
import type {DirectoryStore} from './directory-store.ts'
import {getMicrodescriptors, MICRODESCRIPTOR_PATH} from './microdescriptor-route.ts'

/** `path` is the whole path, or the beginning of those that the route takes. Handlers do not throw on what peers send. */
export interface DirectoryRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly match: 'exact' | 'prefix'
  handle(request: DirectoryRequest): DirectoryAnswer | Promise<DirectoryAnswer>
}

export interface RoutesOptions {
  /** HTML for whoever looks at `/tor/` (DirPortFrontPage). */
  readonly frontPage: string | undefined
}

const ROBOTS = 'User-agent: *\r\nDisallow: /\r\n'
const ROBOTS_LIFETIME_SECONDS = 24 * 60 * 60
const FRONT_PAGE_LIFETIME_SECONDS = 20 * 60

type Handler = (
  request: DirectoryRequest,
  store: DirectoryStore,
  now: Date
) => DirectoryAnswer | Promise<DirectoryAnswer>

export function directoryRoutes(
  {frontPage}: RoutesOptions,
  store: DirectoryStore,
  now: () => Date
): readonly DirectoryRoute[] {
  const get = (match: DirectoryRoute['match'], path: string, handler: Handler): DirectoryRoute => ({
    method: 'GET',
    path,
    match,
    handle: request => handler(request, store, now())
  })
  const page = (text: string, type: string, lifetimeSeconds: number): Handler => {
    const body = Buffer.from(text)
    return (_request, _store, at) => ({
      status: 200,
      headers: {...cacheHeaders(lifetimeSeconds, at), 'Content-Type': type},
      body
    })
  }
  const front =
    frontPage === undefined
      ? () => refuse('not-found')
      : page(frontPage, 'text/html', FRONT_PAGE_LIFETIME_SECONDS)
  return [
    get('exact', '/tor/', front),
    get('prefix', '/tor/status-vote/current/consensus', getConsensus),
    get('prefix', MICRODESCRIPTOR_PATH, getMicrodescriptors),
    get('prefix', DESCRIPTOR_PATH, getDescriptors),
    get('prefix', EXTRA_INFO_PATH, getExtraInfos),
    get('prefix', CERTIFICATE_PATH, getCertificates),
    get('exact', '/tor/robots.txt', page(ROBOTS, 'text/plain', ROBOTS_LIFETIME_SECONDS))
  ]
}

/** The route for a path; undefined when none takes it. */
export function findRoute(
  routes: readonly DirectoryRoute[],
  method: string,
  path: string
): DirectoryRoute | undefined {
  return routes.find(
    route =>
      route.method === method && (route.match === 'exact' ? path === route.path : path.startsWith(route.path))
  )
}
