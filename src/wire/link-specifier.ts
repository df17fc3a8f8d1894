// Link specifiers: how a relay is named to one that is to open a channel to it.

import {bytes, type Decoded, format, list, tagged, u8, u16, variant} from '../codec/codec.ts'

/** tor-spec 5.1.2. */
export const LinkSpecifierType = {IPV4: 0, IPV6: 1, RSA_IDENTITY: 2, ED25519_IDENTITY: 3} as const

/** Unknown types are kept as they are, to be passed on untouched. */
export const linkSpecifier = tagged(
  {tag: u8, length: u8},
  {
    ipv4: variant(LinkSpecifierType.IPV4, {address: bytes(4), port: u16}),
    ipv6: variant(LinkSpecifierType.IPV6, {address: bytes(16), port: u16}),
    rsaIdentity: variant(LinkSpecifierType.RSA_IDENTITY, {identity: bytes(20)}),
    ed25519Identity: variant(LinkSpecifierType.ED25519_IDENTITY, {identity: bytes(32)})
  }
)
export type LinkSpecifier = Decoded<typeof linkSpecifier>

/** A relay as onion service descriptors name it (rend-spec-v3 2.5.2.2). */
export const linkSpecifierList = format(
  'link specifier list',
  {spec: 'tor-spec 5.1.2'},
  {linkSpecifiers: list(u8, linkSpecifier)}
)
