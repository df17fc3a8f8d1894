// Which link protocol version two ends speak: the greatest that both name (tor-spec 4.1).

import {decode} from '../codec/codec.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {versions} from '../wire/versions.ts'
import {type ChannelFault, channelFault} from './fault.ts'

/** Below this the handshake had another shape altogether. */
const OLDEST_LINK_VERSION = 3

/**
 * @param body of the peer's VERSIONS cell
 * @param ours the versions that we named or would name
 */
export function agreeOnLinkVersion(body: Uint8Array, ours: readonly number[]): Result<number, ChannelFault> {
  if (body.length % 2 !== 0) return err(channelFault('versions-odd-length'))
  const theirs = decode(versions, body)
  if (!theirs.ok) return err(channelFault('cell-malformed', {detail: theirs.fault.code}))
  const common = theirs.value.versions.filter(version => ours.includes(version))
  const greatest = Math.max(0, ...common)
  return greatest < OLDEST_LINK_VERSION ? err(channelFault('no-common-version')) : ok(greatest)
}
