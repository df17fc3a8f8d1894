// The families that a relay proves to belong to: keys from FamilyKeyDirectory, and from each a certificate over the master
// identity for the descriptor. Keys are read at the start and at each reload; at a fault then, those from before stay.

import {toBase64Unpadded} from '../bytes/base64.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import type {Ed25519KeyPair} from '../crypto/ed25519.ts'
import {makeEd25519Cert} from '../crypto/ed25519-cert.ts'
import {loadFamilyKeys} from '../datadir/family-keys.ts'
import type {DataDirFault} from '../datadir/fault.ts'
import {ok, type Result} from '../fault/result.ts'
import type {Logger} from '../log/logger.ts'
import {CertType} from '../wire/certs.ts'

/** As C tor has it; the descriptor, and with it the certificate, is made anew every 18 hours. */
const CERT_LIFETIME_MS = 30 * 86_400_000

export class FamilyMembership {
  #keys: readonly Ed25519KeyPair[] = []

  /** Takes the keys that the settings name; what the operator should know goes to the log. */
  load(config: RelayConfig, logger: Logger): Result<undefined, DataDirFault> {
    const {familyIds, familyKeyDirectory, myFamily} = config
    if (familyIds === undefined) {
      this.#keys = []
      return ok(undefined)
    }
    const loaded = loadFamilyKeys(familyKeyDirectory, familyIds)
    if (!loaded.ok) return loaded
    for (const notice of loaded.value.notices) logger.warn(notice)
    this.#keys = loaded.value.keys
    if (this.#keys.length === 0)
      logger.warn(`FamilyId is set, but ${familyKeyDirectory} holds no family key.`)
    if (myFamily.length === 0) {
      logger.notice(
        'FamilyId is set, but MyFamily is not: clients that know no family keys go by MyFamily alone.'
      )
    }
    return ok(undefined)
  }

  /** In base64, as `FamilyId` lines have them. */
  get ids(): readonly string[] {
    return this.#keys.map(key => toBase64Unpadded(key.public))
  }

  /** @param identity the Ed25519 master identity */
  certs(identity: Uint8Array, now: Date): Uint8Array[] {
    return this.#keys.map(signer =>
      makeEd25519Cert({
        type: CertType.FAMILY_V_IDENTITY,
        expiresAt: new Date(now.getTime() + CERT_LIFETIME_MS),
        certifiedKey: identity,
        signer,
        includeSigner: true
      })
    )
  }
}
