// Relay messages in and out of the 509 octets of a relay cell's body, in the V0 layout (tor-spec 6.1).

import {decode, encode} from '../codec/codec.ts'
import {fillPadding} from '../crypto/random.ts'
import {BugError, type Fault, peerFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {MAX_RELAY_DATA, RELAY_BODY, RELAY_HEADER, type RelayCellV0, relayCellV0} from '../wire/relay-cell.ts'

export type RelayMessageFault = Fault<'relay-message-malformed', never>

/** What the padding of a relay cell begins with, before random octets (prop 289): room for later header fields. */
const ZEROS_BEFORE_PADDING = 4

const NO_DIGEST = new Uint8Array(4)
const NO_PADDING = new Uint8Array(0)

/** The message inside a recognized relay cell; `data` is a view into `body`. */
export function readRelayMessage(body: Uint8Array): Result<RelayCellV0, RelayMessageFault> {
  const decoded = decode(relayCellV0, body)
  return decoded.ok ? ok(decoded.value) : err(peerFault('relay-message-malformed'))
}

/** The body of a relay cell, its digest still zero, padded to 509 octets. `data`: at most 498 octets. */
export function relayMessageBody(command: number, streamId: number, data: Uint8Array): Uint8Array {
  if (data.length > MAX_RELAY_DATA) throw new BugError('relay-message-too-long', `${data.length}`)
  const body = new Uint8Array(RELAY_BODY)
  const fields = {command, recognized: 0, streamId, digest: NO_DIGEST, data, padding: NO_PADDING}
  body.set(encode(relayCellV0, fields))
  const paddingAt = RELAY_HEADER + data.length + ZEROS_BEFORE_PADDING
  if (paddingAt < RELAY_BODY) fillPadding(body.subarray(paddingAt))
  return body
}
