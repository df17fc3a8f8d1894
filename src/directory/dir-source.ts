// Who can be asked for directory documents, and how each is reached: an authority or a fallback by its DirPort, or by its
// ORPort with a one-hop circuit and a BEGIN_DIR stream.

import type {Duplex} from 'node:stream'
import type {PathHop} from '../circuit/open-circuit.ts'
import type {SocketAddress} from '../dataplane/contract.ts'
import {localFault} from '../fault/fault.ts'
import {err, type Result} from '../fault/result.ts'
import {type DirRequest, type DirRequestFault, type DirResponse, sendDirRequest} from './dir-request.ts'

export interface DirSource {
  /** For logs: the nickname that the configuration gives it, or its kind. Never an address. */
  readonly name: string
  readonly isAuthority: boolean
  readonly dirPort: SocketAddress | undefined
  /** Undefined when its ORPort is not known. */
  readonly orPort: PathHop | undefined
}

/** Opens a BEGIN_DIR stream to a relay one hop away; `release` closes the circuit under it. */
export type OpenDirStream = (hop: PathHop) => Promise<{stream: Duplex; release: () => void} | undefined>

/** Sends a request to a source, by its DirPort where it has one. */
export async function askSource(
  source: DirSource,
  request: DirRequest,
  openDirStream: OpenDirStream
): Promise<Result<DirResponse, DirRequestFault>> {
  if (source.dirPort !== undefined) {
    return sendDirRequest({kind: 'dir-port', address: source.dirPort}, request)
  }
  const opened = source.orPort === undefined ? undefined : await openDirStream(source.orPort)
  if (opened === undefined) return err(localFault('dir-unreachable'))
  try {
    return await sendDirRequest({kind: 'stream', stream: opened.stream}, request)
  } finally {
    opened.release()
  }
}
