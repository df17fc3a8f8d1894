// The other authorities, as an election knows them: reached by their DirPorts. What cannot be delivered is told and left,
// since they ask for what they miss.

import {askSource, type DirSource, type OpenDirStream} from '../directory/dir-source.ts'
import type {Logger} from '../log/logger.ts'
import type {ElectionPeers} from '../roles/authority/voting/election-deps.ts'

export interface AuthorityPeersDeps {
  readonly openDirStream: OpenDirStream
  /** While true, nobody is asked and nothing is sent. */
  readonly isDormant: () => boolean
  /** Aborted: what is under way ends. */
  readonly signal: AbortSignal
  readonly logger: Logger
}

const TIMEOUT_MS = 20_000
const ANSWER_MAX = 64 * 1024

export function authorityPeers(
  peers: readonly DirSource[],
  {openDirStream, isDormant, signal, logger}: AuthorityPeersDeps
): ElectionPeers {
  const post = async (peer: DirSource, path: string, body: Uint8Array) => {
    const headers = {'content-type': 'application/octet-stream'}
    const bounds = {bodyMax: ANSWER_MAX, timeoutMs: TIMEOUT_MS, signal}
    const request = {method: 'POST', path, headers, body, ...bounds} as const
    const answered = await askSource(peer, request, openDirStream)
    if (signal.aborted) return
    if (!answered.ok) logger.notice(`${peer.name} could not be reached (${answered.fault.code}).`)
    else if (answered.value.status !== 200) {
      logger.notice(`${peer.name} refused ${path}: ${answered.value.reasonPhrase}.`)
    }
  }
  return {
    post: (path, body) => {
      if (isDormant()) return
      for (const peer of peers) void post(peer, path, body)
    },
    fetch: async (path, bodyMax) => {
      if (isDormant()) return []
      const request = {method: 'GET', path, bodyMax, timeoutMs: TIMEOUT_MS, signal} as const
      const answers = await Promise.all(peers.map(peer => askSource(peer, request, openDirStream)))
      return answers.flatMap(answer => (answer.ok && answer.value.status === 200 ? [answer.value.body] : []))
    }
  }
}
