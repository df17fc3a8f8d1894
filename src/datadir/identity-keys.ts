// Who the relay is: an RSA-1024 identity and an Ed25519 master identity, which directory authorities tie to each other for
// good, and a signing key that the master certifies for some weeks. In order: look at what is there; both identities or
// neither may exist; make both if neither does; load the signing key and check its certificate; make a new one in time.
// The master's secret is read only when something has to be signed with it and wiped right after. It may be elsewhere, or
// under a passphrase: then keygen.ts makes the signing key, and here it is taken up when it lies on the disk.

import {join} from 'node:path'
import {equal, wipe} from '../bytes/octets.ts'
import {type Ed25519KeyPair, generateEd25519} from '../crypto/ed25519.ts'
import {checkEd25519Cert, makeEd25519Cert} from '../crypto/ed25519-cert.ts'
import {generateRsa, type RsaPrivateKey} from '../crypto/rsa.ts'
import {ok, type Result} from '../fault/result.ts'
import {CertType} from '../wire/certs.ts'
import {type DataDirFault, dataDirFault} from './fault.ts'
import {type KeyFile, keyFiles, RELAY_RSA_BITS, readKey, writeKey} from './key-file.ts'

export interface IdentityKeyOptions {
  readonly keyDirectory: string
  readonly signingKeyLifetimeMs: number
  /** a new signing key is made when the old one's certificate has no more than this left */
  readonly signingKeySlopMs: number
  /** never look for the master's secret */
  readonly offlineMasterKey: boolean
}

export interface SigningKey {
  readonly key: Ed25519KeyPair
  /** the certificate of type 4, with the master identity embedded */
  readonly cert: Uint8Array
  readonly expiresAt: Date
}

export interface IdentityKeys {
  readonly rsa: RsaPrivateKey
  /** the Ed25519 master identity, 32 octets */
  readonly ed25519: Uint8Array
  readonly signing: SigningKey
}

/** Loads what is there and makes what is missing. `ed25519Ready` must have resolved. */
export function loadIdentityKeys(options: IdentityKeyOptions, now: Date): Result<IdentityKeys, DataDirFault> {
  const found = findIdentity(options)
  if (!found.ok) return found
  if (found.value !== undefined) return withSigningKey(found.value, found.value.signing, options, now)
  const made = makeIdentity(options)
  return made.ok ? withSigningKey(made.value, undefined, options, now) : made
}

/** The same keys, or, when the signing key's certificate is about to end, with a new one that is on disk already. */
export function renewSigningKey(
  keys: IdentityKeys,
  options: IdentityKeyOptions,
  now: Date
): Result<IdentityKeys, DataDirFault> {
  return withSigningKey(keys, keys.signing, options, now)
}

/** The same keys, or, when the operator has put a signing key there that lasts longer, with that one. */
export function takeUpSigningKey(
  keys: IdentityKeys,
  options: IdentityKeyOptions,
  now: Date
): Result<IdentityKeys, DataDirFault> {
  const newer = newerSigningKey(keys.ed25519, keys.signing, options, now)
  if (!newer.ok) return newer
  return ok(newer.value === undefined ? keys : {...keys, signing: newer.value})
}

interface FoundIdentity {
  readonly rsa: RsaPrivateKey
  readonly ed25519: Uint8Array
  readonly signing: SigningKey | undefined
}

/** Undefined when the directory holds no identity at all. */
function findIdentity(options: IdentityKeyOptions): Result<FoundIdentity | undefined, DataDirFault> {
  const {keyDirectory} = options
  const rsa = readKey(keyDirectory, keyFiles.identityRsa)
  if (!rsa.ok) return rsa
  const signing = findSigningKey(keyDirectory)
  if (!signing.ok) return signing
  const ed25519 = findMaster(options, signing.value?.signer)
  if (!ed25519.ok) return ed25519
  if (rsa.value === undefined && ed25519.value === undefined) return ok(undefined)
  if (ed25519.value !== undefined && rsa.value === undefined) {
    const made = makeRsaOfNewRelay(keyDirectory)
    if (!made.ok) return made
    if (made.value !== undefined) {
      return ok({rsa: made.value, ed25519: ed25519.value, signing: signing.value?.signing})
    }
  }
  if (rsa.value === undefined || ed25519.value === undefined) {
    const missing = rsa.value === undefined ? keyFiles.identityRsa.name : keyFiles.masterSecret.name
    const message =
      `holds one identity of two: ${missing} is missing. Directory authorities know a relay by both together, so ` +
      'bring the missing file back; or, to start as a new relay, move the remaining identity files away.'
    return dataDirFault('half-identity', keyDirectory, message)
  }
  if (signing.value !== undefined && !equal(signing.value.signer, ed25519.value)) {
    return mismatch(keyDirectory, keyFiles.signingCert, 'was made by another master identity.')
  }
  return ok({rsa: rsa.value, ed25519: ed25519.value, signing: signing.value?.signing})
}

/** What --keygen leaves is an identity without its RSA half. Once the relay ran there are onion keys beside it. */
function makeRsaOfNewRelay(keyDirectory: string): Result<RsaPrivateKey | undefined, DataDirFault> {
  const onionKey = readKey(keyDirectory, keyFiles.onionNtor)
  if (!onionKey.ok) return onionKey
  if (onionKey.value !== undefined) return ok(undefined)
  const rsa = generateRsa(RELAY_RSA_BITS)
  const written = writeKey(keyDirectory, keyFiles.identityRsa, rsa)
  return written.ok ? ok(rsa) : written
}

/** The master identity from its public key, its secret key or the signing key's certificate; they have to agree. */
function findMaster(
  {keyDirectory, offlineMasterKey}: IdentityKeyOptions,
  signer: Uint8Array | undefined
): Result<Uint8Array | undefined, DataDirFault> {
  const published = readKey(keyDirectory, keyFiles.masterPublic)
  if (!published.ok) return published
  const secret = offlineMasterKey ? ok(undefined) : readKey(keyDirectory, keyFiles.masterSecret)
  if (!secret.ok) return secret
  if (secret.value !== undefined) wipe(secret.value.expanded)
  const known = secret.value?.public ?? published.value ?? signer
  if (known === undefined) return ok(undefined)
  if (published.value === undefined) {
    const written = writeKey(keyDirectory, keyFiles.masterPublic, known)
    return written.ok ? ok(known) : written
  }
  if (equal(published.value, known)) return ok(known)
  return mismatch(keyDirectory, keyFiles.masterPublic, 'does not belong to the secret key beside it.')
}

/** Undefined unless both the key and its certificate are there. */
function findSigningKey(
  keyDirectory: string
): Result<{signing: SigningKey; signer: Uint8Array} | undefined, DataDirFault> {
  const key = readKey(keyDirectory, keyFiles.signingSecret)
  if (!key.ok) return key
  const cert = readKey(keyDirectory, keyFiles.signingCert)
  if (!cert.ok) return cert
  if (key.value === undefined || cert.value === undefined) return ok(undefined)
  // An expired certificate still says who the master is, so time plays no part in this check.
  const checked = checkEd25519Cert(cert.value, {type: CertType.IDENTITY_V_SIGNING, now: new Date(0)})
  if (!checked.ok) return mismatch(keyDirectory, keyFiles.signingCert, 'is no valid certificate.')
  const {certifiedKey, expiresAt, signer} = checked.value
  if (!equal(certifiedKey, key.value.public)) {
    return mismatch(keyDirectory, keyFiles.signingCert, 'certifies another key than the one beside it.')
  }
  return ok({signing: {key: key.value, cert: cert.value, expiresAt}, signer})
}

/** When the certificate of the signing key ends; undefined when there is none. */
export function signingCertExpiresAt(keyDirectory: string): Result<Date | undefined, DataDirFault> {
  const found = findSigningKey(keyDirectory)
  return found.ok ? ok(found.value?.signing.expiresAt) : found
}

function makeIdentity(
  options: IdentityKeyOptions
): Result<Pick<FoundIdentity, 'rsa' | 'ed25519'>, DataDirFault> {
  const {keyDirectory, offlineMasterKey} = options
  if (offlineMasterKey) return masterMissing(options)
  const rsa = generateRsa(RELAY_RSA_BITS)
  const master = generateEd25519()
  const ed25519 = master.public
  const secret = writeKey(keyDirectory, keyFiles.masterSecret, master)
  wipe(master.expanded)
  if (!secret.ok) return secret
  const published = writeKey(keyDirectory, keyFiles.masterPublic, ed25519)
  if (!published.ok) return published
  const written = writeKey(keyDirectory, keyFiles.identityRsa, rsa)
  return written.ok ? ok({rsa, ed25519}) : written
}

function withSigningKey(
  identity: Pick<FoundIdentity, 'rsa' | 'ed25519'>,
  signing: SigningKey | undefined,
  options: IdentityKeyOptions,
  now: Date
): Result<IdentityKeys, DataDirFault> {
  const {rsa, ed25519} = identity
  const leftMs = signing === undefined ? 0 : signing.expiresAt.getTime() - now.getTime()
  if (signing !== undefined && leftMs > options.signingKeySlopMs) return ok({rsa, ed25519, signing})
  const newer = newerSigningKey(ed25519, signing, options, now)
  if (!newer.ok) return newer
  if (newer.value !== undefined) return ok({rsa, ed25519, signing: newer.value})
  const made = makeSigningKey(ed25519, options, now)
  if (!made.ok) return made
  if (made.value !== undefined) return ok({rsa, ed25519, signing: made.value})
  return signing !== undefined && leftMs > 0 ? ok({rsa, ed25519, signing}) : masterMissing(options)
}

/** A signing key that someone put there since, with a certificate that lasts longer than that of `signing`. */
function newerSigningKey(
  ed25519: Uint8Array,
  signing: SigningKey | undefined,
  {keyDirectory}: IdentityKeyOptions,
  now: Date
): Result<SigningKey | undefined, DataDirFault> {
  const found = findSigningKey(keyDirectory)
  if (!found.ok) return found
  if (found.value === undefined || !equal(found.value.signer, ed25519)) return ok(undefined)
  const {expiresAt} = found.value.signing
  const isNewer = expiresAt > now && expiresAt.getTime() > (signing?.expiresAt.getTime() ?? 0)
  return ok(isNewer ? found.value.signing : undefined)
}

/** Undefined when the master's secret is not here in clear. */
function makeSigningKey(
  ed25519: Uint8Array,
  options: IdentityKeyOptions,
  now: Date
): Result<SigningKey | undefined, DataDirFault> {
  const {keyDirectory, offlineMasterKey} = options
  const master = offlineMasterKey ? ok(undefined) : readKey(keyDirectory, keyFiles.masterSecret)
  if (!master.ok) return master
  if (master.value === undefined) return ok(undefined)
  if (!equal(master.value.public, ed25519)) {
    return mismatch(keyDirectory, keyFiles.masterSecret, 'is not the key that this relay started with.')
  }
  const made = certifySigningKey(master.value, options, now)
  wipe(master.value.expanded)
  return made
}

/** Makes a signing key and has it on disk, the certificate last: without it the key is not used. */
export function certifySigningKey(
  master: Ed25519KeyPair,
  {keyDirectory, signingKeyLifetimeMs}: Pick<IdentityKeyOptions, 'keyDirectory' | 'signingKeyLifetimeMs'>,
  now: Date
): Result<SigningKey, DataDirFault> {
  const key = generateEd25519()
  const cert = makeEd25519Cert({
    type: CertType.IDENTITY_V_SIGNING,
    expiresAt: new Date(now.getTime() + signingKeyLifetimeMs),
    certifiedKey: key.public,
    signer: master,
    includeSigner: true
  })
  const checked = checkEd25519Cert(cert, {type: CertType.IDENTITY_V_SIGNING, signer: master.public, now})
  if (!checked.ok) return mismatch(keyDirectory, keyFiles.signingCert, 'could not be made.')
  const secret = writeKey(keyDirectory, keyFiles.signingSecret, key)
  if (!secret.ok) return secret
  const written = writeKey(keyDirectory, keyFiles.signingCert, cert)
  return written.ok ? ok({key, cert, expiresAt: checked.value.expiresAt}) : written
}

/** The end of the way for a relay that cannot sign: says where the master key is and what brings a new signing key. */
function masterMissing({keyDirectory, offlineMasterKey}: IdentityKeyOptions): Result<never, DataDirFault> {
  const boxed = readKey(keyDirectory, keyFiles.masterSecretEncrypted)
  const why = offlineMasterKey
    ? 'OfflineMasterKey is set'
    : boxed.ok && boxed.value !== undefined
      ? 'it is encrypted with a passphrase'
      : 'it is not here'
  const {signingSecret, signingCert} = keyFiles
  const message =
    `holds no signing key whose certificate is still valid, and the master identity key cannot make one: ${why}. ` +
    `Run ramson --keygen where the master key is, and bring ${signingSecret.name} and ${signingCert.name} here.`
  return dataDirFault('master-key-missing', keyDirectory, message)
}

function mismatch<T>(keyDirectory: string, file: KeyFile<T>, message: string): Result<never, DataDirFault> {
  return dataDirFault('key-mismatch', join(keyDirectory, file.name), message)
}
