// SOCKS5 (RFC 1928) with user name and password (RFC 1929): the messages, and how long each is by what has come of it.

import {bytes, choice, constant, type Decoded, format, u8, u16} from '../../../codec/codec.ts'

const VERSION = 5
const AUTH_VERSION = 1

export const SocksMethod = {NO_AUTHENTICATION: 0, USERNAME_PASSWORD: 2, NONE_ACCEPTABLE: 0xff} as const
export const SocksCommand = {CONNECT: 1} as const
export const SocksAddressType = {IPV4: 1, NAME: 3, IPV6: 4} as const

export const socksGreeting = format(
  'SOCKS5 greeting',
  {spec: 'RFC 1928 3'},
  {version: constant(u8, VERSION), methods: bytes(u8, {min: 1})}
)

export const socksMethodChoice = format(
  'SOCKS5 method choice',
  {spec: 'RFC 1928 3'},
  {version: constant(u8, VERSION), method: u8}
)

export const socksCredentials = format(
  'SOCKS5 credentials',
  {spec: 'RFC 1929 2'},
  {version: constant(u8, AUTH_VERSION), username: bytes(u8), password: bytes(u8)}
)

export const socksCredentialsAnswer = format(
  'SOCKS5 credentials answer',
  {spec: 'RFC 1929 2'},
  {version: constant(u8, AUTH_VERSION), status: u8}
)

const head = {version: constant(u8, VERSION), command: u8, reserved: u8} as const

export const socksRequest = format(
  'SOCKS5 request',
  {spec: 'RFC 1928 4'},
  choice(pickAddress, {
    name: {...head, type: constant(u8, SocksAddressType.NAME), name: bytes(u8, {min: 1}), port: u16},
    ipv4: {...head, type: constant(u8, SocksAddressType.IPV4), address: bytes(4), port: u16},
    ipv6: {...head, type: constant(u8, SocksAddressType.IPV6), address: bytes(16), port: u16}
  })
)
export type SocksRequest = Decoded<typeof socksRequest>

export const socksReply = format(
  'SOCKS5 reply',
  {spec: 'RFC 1928 6'},
  {
    version: constant(u8, VERSION),
    reply: u8,
    reserved: u8,
    type: constant(u8, SocksAddressType.IPV4),
    address: bytes(4),
    port: u16
  }
)

function pickAddress(octets: Uint8Array): 'name' | 'ipv4' | 'ipv6' {
  if (octets[3] === SocksAddressType.IPV4) return 'ipv4'
  return octets[3] === SocksAddressType.IPV6 ? 'ipv6' : 'name'
}

/** Octets of the whole message, or undefined while too few have come to know. */
export type MessageLength = (octets: Uint8Array) => number | undefined

export const greetingLength: MessageLength = octets => after(octets, 1, methods => 2 + methods)

export const credentialsLength: MessageLength = octets => {
  const username = octets[1]
  return username === undefined ? undefined : after(octets, 2 + username, password => 3 + username + password)
}

/** An address type that does not exist ends the message where it stands, for the decoder to refuse. */
export const requestLength: MessageLength = octets => {
  switch (octets[3]) {
    case undefined:
      return undefined
    case SocksAddressType.IPV4:
      return 10
    case SocksAddressType.IPV6:
      return 22
    case SocksAddressType.NAME:
      return after(octets, 4, name => 7 + name)
    default:
      return 4
  }
}

function after(octets: Uint8Array, at: number, length: (value: number) => number): number | undefined {
  const value = octets[at]
  return value === undefined ? undefined : length(value)
}
