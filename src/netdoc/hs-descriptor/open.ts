// Reading what an onion service says in a descriptor: the outer wrapper was verified, here the two layers are opened.
//
//   superencrypted ─(subcredential)─▶ middle ─▶ encrypted ─(subcredential, cookie of an authorized client)─▶ inner

import {type DescriptorLayerName, openDescriptorLayer} from '../../crypto/hs/descriptor-cipher.ts'
import {openDescriptorCookie} from '../../crypto/hs/descriptor-cookie.ts'
import type {X25519Key} from '../../crypto/x25519.ts'
import {peerFault} from '../../fault/fault.ts'
import {err, type Result} from '../../fault/result.ts'
import type {HsDescriptorContent, HsDescriptorFault} from './hs-descriptor.ts'
import {parseInnerLayer} from './inner.ts'
import {parseMiddleLayer} from './middle.ts'
import type {OuterHsDescriptor} from './outer.ts'

export interface OpenHsDescriptorOptions {
  readonly subcredential: Uint8Array
  /** Our X25519 secret for a service with restricted discovery. */
  readonly clientKey?: Uint8Array | X25519Key | undefined
}

/** The caller has made sure that the outer wrapper is under the blinded key it asked for. */
export function openHsDescriptor(
  outer: OuterHsDescriptor,
  {subcredential, clientKey}: OpenHsDescriptorOptions
): Result<HsDescriptorContent, HsDescriptorFault> {
  const {blindedKey, revisionCounter, signingKey} = outer
  const secret = {blindedKey, subcredential, revisionCounter}
  const middleText = openLayer('superencrypted', secret, outer.superencrypted)
  if (middleText === undefined) return err(peerFault('hs-descriptor-undecryptable'))
  const middle = parseMiddleLayer(middleText)
  if (!middle.ok) return middle
  const {entries, ephemeralKey, encrypted} = middle.value
  const cookie = clientKey && openDescriptorCookie(entries, subcredential, clientKey, ephemeralKey)
  // A client key for a service that lets everybody in does no harm.
  const innerText = openLayer('encrypted', {...secret, cookie}, encrypted)
  if (innerText === undefined) {
    return err(peerFault(clientKey === undefined ? 'hs-client-auth-needed' : 'hs-client-auth-bad'))
  }
  return parseInnerLayer(innerText, signingKey)
}

/** The layer's text, which ends where zeros pad it. */
function openLayer(
  name: DescriptorLayerName,
  secret: Parameters<typeof openDescriptorLayer>[1],
  sealed: Uint8Array
): Uint8Array | undefined {
  const padded = openDescriptorLayer(name, secret, sealed)
  const end = padded?.indexOf(0) ?? -1
  return end < 0 ? padded : padded?.subarray(0, end)
}
