// The descriptor and extra-info that a relay publishes of itself (dir-spec 2.1), from what it is set to and what it has
// seen. The extra-info is printed first, because the descriptor names it by digest.

import type {AddressPort} from '../../netdoc/address.ts'
import {printExtraInfo} from '../../netdoc/extra-info/print.ts'
import type {PrintedDocument} from '../../netdoc/relay-document.ts'
import {printRouterDescriptor, type RouterDescriptorKeys} from '../../netdoc/router-descriptor/print.ts'

/** What a relay says of itself that does not change by itself. */
export interface RelayProfile {
  readonly nickname: string
  readonly contact: string | undefined
  readonly family: readonly string[]
  /** Public halves of the family keys, in base64. */
  readonly familyIds: readonly string[]
  readonly platform: string
  readonly ipv4: AddressPort
  readonly ipv6: AddressPort | undefined
  /** Octets a second. */
  readonly rate: number
  readonly burst: number
  readonly maxAdvertised: number
  readonly isHiddenServiceDir: boolean
  readonly isTunnelledDirServer: boolean
}

export interface RelayMoment {
  readonly published: Date
  readonly uptimeSeconds: number
  /** Best ten seconds, in octets a second. */
  readonly observed: number
  readonly isHibernating: boolean
  readonly overloadedAt: Date | undefined
  /** One for each family key. */
  readonly familyCerts: readonly Uint8Array[]
  /** Lines for the extra-info. */
  readonly statistics: readonly string[]
}

export interface OwnDocuments {
  readonly descriptor: PrintedDocument
  readonly extraInfo: PrintedDocument
}

export function ownDocuments(
  profile: RelayProfile,
  moment: RelayMoment,
  protocols: string,
  keys: RouterDescriptorKeys
): OwnDocuments {
  const {nickname, contact, ipv6, maxAdvertised} = profile
  const extraInfo = printExtraInfo(
    {nickname, published: moment.published, statistics: moment.statistics},
    keys
  )
  const descriptor = printRouterDescriptor(
    {
      nickname,
      ipv4: profile.ipv4,
      ...(ipv6 === undefined ? {} : {ipv6}),
      platform: profile.platform,
      protocols,
      published: moment.published,
      uptime: moment.uptimeSeconds,
      bandwidth: {
        rate: Math.min(profile.rate, maxAdvertised),
        burst: profile.burst,
        observed: Math.min(moment.observed, maxAdvertised)
      },
      extraInfo,
      ...(contact === undefined ? {} : {contact}),
      family: profile.family,
      familyCerts: moment.familyCerts,
      isHibernating: moment.isHibernating,
      isHiddenServiceDir: profile.isHiddenServiceDir,
      isTunnelledDirServer: profile.isTunnelledDirServer,
      ...(moment.overloadedAt === undefined ? {} : {overloadedAt: moment.overloadedAt})
    },
    keys
  )
  return {descriptor, extraInfo}
}
