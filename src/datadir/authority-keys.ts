// The keys of a directory authority, in the files of C tor and tor-gencert, below the key directory:
//
//   authority_identity_key   RSA-3072; here without a passphrase, as is good enough for private networks
//   authority_signing_key    RSA-2048, signs votes and consensuses
//   authority_certificate    the identity key vouches for the signing key, for a year
//
// A signing key and its certificate are enough to run. What is missing is made; a certificate that ends within a month is
// replaced if the identity key is here and can be read, which one with a passphrase cannot.

import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {equal, fromText, toLatin1} from '../bytes/octets.ts'
import {
  generateRsa,
  generateRsaElsewhere,
  type RsaPrivateKey,
  rsaFromPem,
  rsaIdentity,
  rsaToPem
} from '../crypto/rsa.ts'
import {ok, type Result} from '../fault/result.ts'
import {type AuthorityCert, parseAuthorityCert} from '../netdoc/authority-cert.ts'
import {printAuthorityCert} from '../netdoc/authority-cert-print.ts'
import {type DataDirFault, dataDirFault} from './fault.ts'
import {openDirectory, readWhole, writeWhole} from './file.ts'

const IDENTITY_FILE = 'authority_identity_key'
const SIGNING_FILE = 'authority_signing_key'
const CERTIFICATE_FILE = 'authority_certificate'
const IDENTITY_BITS = 3072
const SIGNING_BITS = 2048
const DAY_MS = 86_400_000
const LIFETIME_MS = 365 * DAY_MS
const RENEW_MS = 30 * DAY_MS

export interface AuthorityKeys {
  readonly signingKey: RsaPrivateKey
  readonly cert: AuthorityCert
}

/** Keys that were drawn before it was known that they are needed, which takes a second or two. */
export interface DrawnAuthorityKeys {
  readonly identity: RsaPrivateKey
  readonly signing: RsaPrivateKey
}

/** Draws keys in other threads, for whoever starts an authority that has none. */
export async function drawAuthorityKeys(): Promise<DrawnAuthorityKeys> {
  const [identity, signing] = await Promise.all([
    generateRsaElsewhere(IDENTITY_BITS),
    generateRsaElsewhere(SIGNING_BITS)
  ])
  return {identity, signing}
}

export function hasAuthorityKeys(keyDirectory: string): boolean {
  return existsSync(join(keyDirectory, IDENTITY_FILE)) || existsSync(join(keyDirectory, SIGNING_FILE))
}

/** Loads the keys, and makes those that are missing or about to end. */
export function loadOrCreateAuthorityKeys(
  keyDirectory: string,
  now: Date,
  drawn?: DrawnAuthorityKeys
): Result<AuthorityKeys, DataDirFault> {
  const directory = openDirectory(keyDirectory)
  if (!directory.ok) return directory
  const loaded = loadAuthorityKeys(keyDirectory)
  if (!loaded.ok) return loaded
  const isGoodFor = (ms: number) =>
    loaded.value !== undefined && Number(loaded.value.cert.expires) >= Number(now) + ms
  if (loaded.value !== undefined && isGoodFor(RENEW_MS)) return ok(loaded.value)
  const identity = loadIdentity(keyDirectory, loaded.value, drawn)
  if (!identity.ok) {
    // It cannot be renewed here, and for now it need not be.
    return loaded.value !== undefined && isGoodFor(0) ? ok(loaded.value) : identity
  }
  return makeSigningKey(keyDirectory, identity.value, now, drawn)
}

function loadAuthorityKeys(keyDirectory: string): Result<AuthorityKeys | undefined, DataDirFault> {
  const signingPath = join(keyDirectory, SIGNING_FILE)
  const certPath = join(keyDirectory, CERTIFICATE_FILE)
  const pem = readWhole(signingPath)
  if (!pem.ok) return pem
  const text = readWhole(certPath)
  if (!text.ok) return text
  if (pem.value === undefined || text.value === undefined) return ok(undefined)
  const signingKey = rsaFromPem(toLatin1(pem.value))
  if (signingKey === undefined) return dataDirFault('malformed-key', signingPath, 'is no RSA key.')
  const cert = parseAuthorityCert(text.value)
  if (!cert.ok) return dataDirFault('malformed-key', certPath, 'is no certificate of an authority.')
  if (!equal(rsaIdentity(signingKey.public), cert.value.signingKeyDigest)) {
    return dataDirFault('key-mismatch', certPath, `is not for the key in ${SIGNING_FILE}.`)
  }
  return ok({signingKey, cert: cert.value})
}

/** Makes one only where there is no authority yet: another identity would be another authority. */
function loadIdentity(
  keyDirectory: string,
  known: AuthorityKeys | undefined,
  drawn: DrawnAuthorityKeys | undefined
): Result<RsaPrivateKey, DataDirFault> {
  const path = join(keyDirectory, IDENTITY_FILE)
  const pem = readWhole(path)
  if (!pem.ok) return pem
  if (pem.value === undefined) {
    if (known !== undefined) {
      return dataDirFault('master-key-missing', path, 'is needed for a new certificate: run tor-gencert.')
    }
    const made = drawn?.identity ?? generateRsa(IDENTITY_BITS)
    const written = writeWhole(path, fromText(rsaToPem(made)))
    return written.ok ? ok(made) : written
  }
  const key = rsaFromPem(toLatin1(pem.value))
  if (key === undefined) {
    return dataDirFault('malformed-key', path, 'has a passphrase or is no RSA key: run tor-gencert.')
  }
  if (known !== undefined && !equal(rsaIdentity(key.public), known.cert.identity)) {
    return dataDirFault('key-mismatch', path, `is not the identity in ${CERTIFICATE_FILE}.`)
  }
  return ok(key)
}

function makeSigningKey(
  keyDirectory: string,
  identityKey: RsaPrivateKey,
  now: Date,
  drawn: DrawnAuthorityKeys | undefined
): Result<AuthorityKeys, DataDirFault> {
  const signingKey = drawn?.signing ?? generateRsa(SIGNING_BITS)
  const published = new Date(Math.floor(Number(now) / 1000) * 1000)
  const expires = new Date(Number(published) + LIFETIME_MS)
  const text = printAuthorityCert({identityKey, signingKey, published, expires})
  const path = join(keyDirectory, CERTIFICATE_FILE)
  const cert = parseAuthorityCert(text)
  if (!cert.ok) return dataDirFault('malformed-key', path, 'could not be made.')
  const wroteKey = writeWhole(join(keyDirectory, SIGNING_FILE), fromText(rsaToPem(signingKey)))
  if (!wroteKey.ok) return wroteKey
  const wroteCert = writeWhole(path, fromText(text))
  return wroteCert.ok ? ok({signingKey, cert: cert.value}) : wroteCert
}
