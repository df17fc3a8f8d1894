// The identity of the relay on disk: who may read it, whether it is whole, until when it is certified, and its family.

import {existsSync, readdirSync, statSync} from 'node:fs'
import {join} from 'node:path'
import type {RelayConfig} from '../../config/relay-config.ts'
import {loadFamilyKeys} from '../../datadir/family-keys.ts'
import {printDataDirFault} from '../../datadir/fault.ts'
import {signingCertExpiresAt} from '../../datadir/identity-keys.ts'
import {keyFiles} from '../../datadir/key-file.ts'
import {bad, type Finding, good, warn} from './finding.ts'

const DAY_MS = 86_400_000
/** With an offline master key somebody has to bring a new one in time. */
const OFFLINE_WARNING_MS = 7 * DAY_MS

export function modeFindings({dataDirectory, keyDirectory, onionServices}: RelayConfig): Finding[] {
  if (!existsSync(dataDirectory)) return []
  const services = onionServices.map(({directory}) => directory)
  const directories = [dataDirectory, keyDirectory, ...services].filter(path => existsSync(path))
  const secrets = [keyDirectory, ...services].flatMap(secretFiles)
  const us = process.getuid?.()
  const findings: Finding[] = []
  for (const path of [...directories, ...secrets]) {
    const {mode, uid} = statSync(path)
    const wanted = directories.includes(path) ? '700' : '600'
    if (us !== undefined && us !== 0 && uid !== us) {
      findings.push(bad('key-modes', `${path} belongs to another user (${uid}).`, `sudo chown ${us} ${path}`))
    } else if ((mode & 0o077) !== 0) {
      const shown = (mode & 0o777).toString(8)
      findings.push(
        bad('key-modes', `${path} can be read by others (mode ${shown}).`, `chmod ${wanted} ${path}`)
      )
    }
  }
  return findings.length > 0 ? findings : [good('key-modes', 'Keys can be read by their owner alone.')]
}

function secretFiles(directory: string): string[] {
  if (!existsSync(directory)) return []
  try {
    const names = readdirSync(directory).filter(name => name.includes('secret'))
    return names.map(name => join(directory, name))
  } catch {
    return []
  }
}

export function identityFindings(config: RelayConfig, now: Date): Finding[] {
  const {keyDirectory, offlineMasterKey} = config
  const has = (name: string) => existsSync(join(keyDirectory, name))
  if (!has(keyFiles.identityRsa.name) && !has(keyFiles.masterPublic.name)) {
    return [good('identity', `There is no identity yet; the first start makes one in ${keyDirectory}.`)]
  }
  const findings: Finding[] = []
  if (offlineMasterKey && has(keyFiles.masterSecret.name)) {
    findings.push(
      warn(
        'identity',
        'OfflineMasterKey is set, but the secret of the master key is on this machine.',
        `copy ${join(keyDirectory, keyFiles.masterSecret.name)} to its place, then shred -u it here`
      )
    )
  }
  const expiresAt = signingCertExpiresAt(keyDirectory)
  if (!expiresAt.ok) {
    return [
      ...findings,
      bad('certificate', printDataDirFault(expiresAt.fault), 'bring the files back from your backup')
    ]
  }
  const renew =
    'ramson --keygen where the master key is, then copy ed25519_signing_secret_key and ed25519_signing_cert here'
  const renewsItself = !offlineMasterKey && has(keyFiles.masterSecret.name)
  if (expiresAt.value === undefined) {
    return renewsItself
      ? findings
      : [...findings, bad('certificate', 'There is no signing key, and no master key to make one.', renew)]
  }
  const until = expiresAt.value.toISOString().slice(0, 10)
  const leftMs = expiresAt.value.getTime() - now.getTime()
  if (renewsItself)
    findings.push(good('certificate', `The signing key is certified until ${until}, and renewed by itself.`))
  else if (leftMs <= 0) findings.push(bad('certificate', `The signing key expired on ${until}.`, renew))
  else if (leftMs < OFFLINE_WARNING_MS)
    findings.push(warn('certificate', `The signing key expires on ${until}.`, renew))
  else
    findings.push(
      good('certificate', `The signing key is certified until ${until}; the master key is elsewhere.`)
    )
  return findings
}

export function familyFinding({familyIds, familyKeyDirectory, myFamily}: RelayConfig): Finding {
  if (familyIds === undefined) {
    return myFamily.length === 0
      ? good('family', 'No family is set, which is right for an operator of one relay.')
      : warn(
          'family',
          'MyFamily is set, but no family key: lists of fingerprints are on their way out.',
          'ramson --keygen-family NAME once, copy NAME.secret_family_key to every relay, add its FamilyId line'
        )
  }
  const loaded = loadFamilyKeys(familyKeyDirectory, familyIds)
  if (!loaded.ok) {
    return bad(
      'family',
      printDataDirFault(loaded.fault),
      `copy the .secret_family_key file to ${familyKeyDirectory}`
    )
  }
  const {keys} = loaded.value
  return keys.length === 0
    ? bad(
        'family',
        `FamilyId is set, but ${familyKeyDirectory} holds no family key.`,
        'ramson --keygen-family NAME'
      )
    : good('family', `The relay proves its family with ${keys.length} ${keys.length === 1 ? 'key' : 'keys'}.`)
}
