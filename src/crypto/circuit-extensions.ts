// What a relay grants when a client's ntor-v3 message asks for features (tor-spec 5.1.4.1, proposals 324 and 346). Pure,
// because it runs in the middle of a handshake, in a worker. The rules differ by extension:
//   an unknown extension is ignored, and of two of a kind the first counts;
//   congestion control is granted if we have it, and silently not granted otherwise;
//   a subprotocol request that we cannot grant in full fails the handshake, since the client has already assumed it.

import {decode, encode} from '../codec/codec.ts'
import {type CircuitExtensions, circuitExtensions, SubprotocolId} from '../wire/circuit-extensions.ts'
import {KEY_STREAM_LENGTH, type RelayCellCrypto} from './key-material.ts'
import type {NtorV3Decision} from './ntor-v3.ts'

/** Relay=6: Counter Galois Onion, and with it version 1 of the relay cell format. */
const CGO_CAPABILITY = 6

/** What this relay is ready to grant. Plain data, so that it can be sent to workers. */
export interface CircuitExtensionPolicy {
  /** Left out: congestion control is never granted. */
  readonly congestionControl?: {
    /** Cells between two SENDMEs, `cc_sendme_inc`. */
    readonly sendmeIncrement: number
  }
  readonly cgo: 'granted' | 'refused'
}

/** What a circuit is to use from now on. */
export interface CircuitFeatures {
  readonly relayCrypto: RelayCellCrypto
  readonly congestionControl?: {readonly sendmeIncrement: number}
}

/** Circuits whose handshake carries no extensions: CREATE_FAST and ntor. */
export const PLAIN_CIRCUIT: CircuitFeatures = {relayCrypto: 'tor1'}

type Extension = CircuitExtensions['extensions'][number]
type Request = Extract<Extension, {kind: 'subprotoRequest'}>['requests'][number]

/** Undefined when the handshake must fail: the message is malformed or asks for what is not to be had. */
export function answerCircuitExtensions(
  clientMessage: Uint8Array,
  policy: CircuitExtensionPolicy
): NtorV3Decision<CircuitFeatures> | undefined {
  const decoded = decode(circuitExtensions, clientMessage)
  if (!decoded.ok) return undefined
  const {extensions} = decoded.value
  const asksForCongestionControl = extensions.some(extension => extension.kind === 'ccRequest')
  const congestionControl = asksForCongestionControl ? policy.congestionControl : undefined
  const requests = firstRequests(extensions)
  if (!isSortedAndUnique(requests) || !requests.every(request => isGranted(request, policy))) return undefined
  const relayCrypto = requests.some(isCgo) ? 'cgo' : 'tor1'
  // CGO has no SENDME rules of its own for fixed windows, so it needs congestion control in the same handshake.
  if (relayCrypto === 'cgo' && congestionControl === undefined) return undefined

  const answers =
    congestionControl === undefined
      ? []
      : [{kind: 'ccResponse' as const, sendmeInc: congestionControl.sendmeIncrement}]
  return {
    message: encode(circuitExtensions, {extensions: answers}),
    keyLength: KEY_STREAM_LENGTH[relayCrypto],
    agreed: congestionControl === undefined ? {relayCrypto} : {relayCrypto, congestionControl}
  }
}

function firstRequests(extensions: readonly Extension[]): readonly Request[] {
  for (const extension of extensions) if (extension.kind === 'subprotoRequest') return extension.requests
  return []
}

function isSortedAndUnique(requests: readonly Request[]): boolean {
  const order = ({protocol, version}: Request) => protocol * 256 + version
  return requests.every((request, i) => {
    const before = requests[i - 1]
    return before === undefined || order(before) < order(request)
  })
}

function isCgo({protocol, version}: Request): boolean {
  return protocol === SubprotocolId.RELAY && version === CGO_CAPABILITY
}

function isGranted(request: Request, policy: CircuitExtensionPolicy): boolean {
  return isCgo(request) && policy.cgo === 'granted'
}
