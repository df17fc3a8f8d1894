// What a SOCKS5 client is told when there is no connection (RFC 1928 6). Applications that can make use of it get the codes
// for onion services of proposal 304; others get the nearest of the old ones.

import {EndReason} from '../../../wire/end.ts'
import type {OnionClientFault} from '../fault.ts'

export const SocksReply = {
  SUCCEEDED: 0x00,
  GENERAL_FAILURE: 0x01,
  NOT_ALLOWED: 0x02,
  HOST_UNREACHABLE: 0x04,
  CONNECTION_REFUSED: 0x05,
  TTL_EXPIRED: 0x06,
  COMMAND_NOT_SUPPORTED: 0x07,
  ADDRESS_TYPE_NOT_SUPPORTED: 0x08,
  ONION_NOT_FOUND: 0xf0,
  ONION_INVALID: 0xf1,
  ONION_INTRODUCTION_FAILED: 0xf2,
  ONION_RENDEZVOUS_FAILED: 0xf3,
  ONION_CLIENT_AUTH_MISSING: 0xf4,
  ONION_CLIENT_AUTH_WRONG: 0xf5,
  ONION_ADDRESS_BAD: 0xf6,
  ONION_INTRODUCTION_TIMEOUT: 0xf7
} as const

export type SocksErrors = 'plain' | 'extended'

/** By fault: the reply of proposal 304, where it has one, and the reply without it. */
const REPLIES: Readonly<
  Record<
    Exclude<OnionClientFault['code'], 'onion-stream-refused'>,
    readonly [extended: number, plain: number]
  >
> = Object.freeze({
  'onion-address-bad': [SocksReply.ONION_ADDRESS_BAD, SocksReply.HOST_UNREACHABLE],
  'onion-descriptor-not-found': [SocksReply.ONION_NOT_FOUND, SocksReply.HOST_UNREACHABLE],
  'onion-descriptor-invalid': [SocksReply.ONION_INVALID, SocksReply.HOST_UNREACHABLE],
  'onion-client-auth-missing': [SocksReply.ONION_CLIENT_AUTH_MISSING, SocksReply.HOST_UNREACHABLE],
  'onion-client-auth-wrong': [SocksReply.ONION_CLIENT_AUTH_WRONG, SocksReply.HOST_UNREACHABLE],
  'onion-introduction-failed': [SocksReply.ONION_INTRODUCTION_FAILED, SocksReply.HOST_UNREACHABLE],
  'onion-introduction-timeout': [SocksReply.ONION_INTRODUCTION_TIMEOUT, SocksReply.TTL_EXPIRED],
  'onion-rendezvous-failed': [SocksReply.ONION_RENDEZVOUS_FAILED, SocksReply.HOST_UNREACHABLE],
  'onion-stream-timeout': [SocksReply.TTL_EXPIRED, SocksReply.TTL_EXPIRED],
  'onion-stream-lost': [SocksReply.GENERAL_FAILURE, SocksReply.GENERAL_FAILURE],
  'onion-no-network': [SocksReply.GENERAL_FAILURE, SocksReply.GENERAL_FAILURE],
  'onion-too-many-services': [SocksReply.GENERAL_FAILURE, SocksReply.GENERAL_FAILURE],
  'onion-client-closed': [SocksReply.GENERAL_FAILURE, SocksReply.GENERAL_FAILURE]
})

const END_REPLIES: ReadonlyMap<number, number> = new Map([
  [EndReason.RESOLVEFAILED, SocksReply.HOST_UNREACHABLE],
  [EndReason.CONNECTREFUSED, SocksReply.CONNECTION_REFUSED],
  [EndReason.EXITPOLICY, SocksReply.NOT_ALLOWED],
  [EndReason.TIMEOUT, SocksReply.TTL_EXPIRED],
  [EndReason.NOROUTE, SocksReply.HOST_UNREACHABLE],
  [EndReason.CONNRESET, SocksReply.CONNECTION_REFUSED]
])

export function replyTo(fault: OnionClientFault, errors: SocksErrors): number {
  if (fault.code === 'onion-stream-refused') {
    return END_REPLIES.get(fault.data?.reason ?? 0) ?? SocksReply.GENERAL_FAILURE
  }
  const [extended, plain] = REPLIES[fault.code]
  return errors === 'extended' ? extended : plain
}
