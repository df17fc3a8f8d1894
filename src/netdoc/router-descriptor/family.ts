// A relay's family: names it lists (`family`) and family keys that vouch for it (`family-cert`, proposal 321).

import {toBase64Unpadded} from '../../bytes/base64.ts'
import {equal} from '../../bytes/octets.ts'
import {ok, type Result} from '../../fault/result.ts'
import {CertType} from '../../wire/certs.ts'
import {isFamilyMember} from '../argument.ts'
import {checkCert} from '../ed25519-item.ts'
import {type MeaningFault, meaningFault} from '../fault.ts'
import type {Item} from '../item.ts'

/** What a family key is called in descriptors and microdescriptors. */
export function familyId(familyKey: Uint8Array): string {
  return `ed25519:${toBase64Unpadded(familyKey)}`
}

export interface Family {
  readonly family: readonly string[]
  readonly familyIds: readonly string[]
  /** When the first family certificate expires. */
  readonly expiresAt: Date | undefined
}

/** @param identity the relay's Ed25519 identity, which each certificate must name */
export function parseFamily(
  line: Item | undefined,
  certs: readonly Item[],
  identity: Uint8Array
): Result<Family, MeaningFault> {
  const family = line?.args ?? []
  if (!family.every(isFamilyMember)) return meaningFault('bad-argument', 'family')
  const ids = new Set<string>()
  let expiresAt: Date | undefined
  for (const item of certs) {
    const cert = checkCert(item.body, CertType.FAMILY_V_IDENTITY, undefined)
    if (cert === undefined) return meaningFault('bad-certificate', 'family-cert')
    if (!equal(cert.certifiedKey, identity)) return meaningFault('mismatch', 'family-cert')
    ids.add(familyId(cert.signer))
    if (expiresAt === undefined || cert.expiresAt < expiresAt) expiresAt = cert.expiresAt
  }
  return ok({family, familyIds: [...ids].sort(), expiresAt})
}
