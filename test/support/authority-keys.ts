// What a directory authority needs before its first start: an RSA identity (so that its fingerprint can stand in every
// DirAuthority line) and tor-gencert's identity key, signing key and certificate. Made once per test process and index,
// since networks of one process may share them.

import {execFile} from 'node:child_process'
import {createHash, createPublicKey, generateKeyPairSync} from 'node:crypto'
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

export interface AuthorityKeys {
  /** Upper case hexadecimal SHA-1 of the relay identity key. */
  readonly fingerprint: string
  /** Upper case hexadecimal SHA-1 of the authority identity key. */
  readonly v3Identity: string
  /** Holds what belongs in `<DataDirectory>/keys`. */
  readonly folder: string
}

const made: Promise<AuthorityKeys>[] = []

async function makeAuthorityKeys(): Promise<AuthorityKeys> {
  const folder = mkdtempSync(join(tmpdir(), 'ramson-authority-'))
  process.on('exit', () => rmSync(folder, {recursive: true, force: true}))
  const identity = generateKeyPairSync('rsa', {modulusLength: 1024, publicExponent: 65537})
  const pem = identity.privateKey.export({type: 'pkcs1', format: 'pem'})
  writeFileSync(join(folder, 'secret_id_key'), pem, {mode: 0o600})
  const der = createPublicKey(pem).export({type: 'pkcs1', format: 'der'})
  await new Promise<void>((resolve, reject) => {
    const child = execFile(
      'tor-gencert',
      // biome-ignore format: an option and its value stay together
      ['--create-identity-key', '--passphrase-fd', '0', '-m', '12',
       '-i', join(folder, 'authority_identity_key'),
       '-s', join(folder, 'authority_signing_key'),
       '-c', join(folder, 'authority_certificate')],
      (error, _stdout, stderr) => (error === null ? resolve() : reject(new Error(`tor-gencert: ${stderr}`)))
    )
    child.stdin?.end('a private network\n')
  })
  const certificate = readFileSync(join(folder, 'authority_certificate'), 'utf8')
  const v3Identity = /^fingerprint ([0-9A-F]{40})$/m.exec(certificate)?.[1]
  if (v3Identity === undefined) throw new Error('tor-gencert wrote a certificate without a fingerprint')
  return {fingerprint: createHash('sha1').update(der).digest('hex').toUpperCase(), v3Identity, folder}
}

/** The keys of the authority with this index, the same each time. */
export function authorityKeys(index: number): Promise<AuthorityKeys> {
  made[index] ??= makeAuthorityKeys()
  return made[index]
}

/** Puts an authority's keys where C tor looks for them. */
export function installAuthorityKeys(keys: AuthorityKeys, dataDirectory: string): void {
  mkdirSync(join(dataDirectory, 'keys'), {recursive: true, mode: 0o700})
  cpSync(keys.folder, join(dataDirectory, 'keys'), {recursive: true})
}
