// Each file of the key directory by name: what it holds, how that is read and how it is written, octet for octet as C tor
// does both. Reading a file that is not there, or that is empty, gives undefined; one with anything else in it is a fault.

import {join} from 'node:path'
import {equal, fromText, toLatin1, wipe} from '../bytes/octets.ts'
import {type Ed25519KeyPair, ed25519FromExpanded} from '../crypto/ed25519.ts'
import {type RsaPrivateKey, rsaFromPem, rsaToPem} from '../crypto/rsa.ts'
import {type X25519KeyPair, x25519Public} from '../crypto/x25519.ts'
import {ok, type Result} from '../fault/result.ts'
import {type DataDirFault, dataDirFault} from './fault.ts'
import {readWhole, writeWhole} from './file.ts'
import {decodeTagged, encodeTagged, type TaggedKind} from './tagged.ts'

/** The modulus of every RSA key that a relay keeps, in bits (tor-spec 1.1). */
export const RELAY_RSA_BITS = 1024

export interface KeyFile<T> {
  readonly name: string
  decode(octets: Uint8Array): T | undefined
  encode(value: T): Uint8Array
}

function rsaFile(name: string): KeyFile<RsaPrivateKey> {
  return {
    name,
    decode(octets) {
      const key = rsaFromPem(toLatin1(octets).replace(/\0$/, ''))
      return key?.public.bits === RELAY_RSA_BITS ? key : undefined
    },
    // C tor ends the text with a NUL octet, and so do we: the files compare equal.
    encode: key => fromText(`${rsaToPem(key)}\0`)
  }
}

function taggedFile(name: string, kind: TaggedKind): KeyFile<Uint8Array> {
  return {
    name,
    decode: octets => decodeTagged(kind, octets),
    encode: body => encodeTagged(kind, body)
  }
}

function ed25519SecretFile(name: string, tag: string): KeyFile<Ed25519KeyPair> {
  const file = taggedFile(name, {type: 'ed25519v1-secret', tag, length: 64})
  return {
    name,
    decode(octets) {
      const expanded = file.decode(octets)
      return expanded && ed25519FromExpanded(expanded)
    },
    encode: key => file.encode(key.expanded)
  }
}

function x25519File(name: string): KeyFile<X25519KeyPair> {
  const file = taggedFile(name, {type: 'c25519v1', tag: 'onion', length: 64})
  return {
    name,
    decode(octets) {
      const body = file.decode(octets)
      if (body === undefined) return undefined
      const pair = {secret: body.slice(0, 32), public: body.slice(32)}
      wipe(body)
      return equal(x25519Public(pair.secret), pair.public) ? pair : undefined
    },
    encode: pair => file.encode(Buffer.concat([pair.secret, pair.public]))
  }
}

/** `type0` and `type4` are the certificate types that the keys sign and are signed with (cert-spec A.1). */
export const keyFiles = {
  identityRsa: rsaFile('secret_id_key'),
  masterSecret: ed25519SecretFile('ed25519_master_id_secret_key', 'type0'),
  /** The box around the 64 octets of the clear file's key. */
  masterSecretEncrypted: taggedFile('ed25519_master_id_secret_key_encrypted', {
    type: 'Boxed Ed25519 key',
    tag: 'master',
    length: 'any'
  }),
  masterPublic: taggedFile('ed25519_master_id_public_key', {
    type: 'ed25519v1-public',
    tag: 'type0',
    length: 32
  }),
  signingSecret: ed25519SecretFile('ed25519_signing_secret_key', 'type4'),
  signingCert: taggedFile('ed25519_signing_cert', {type: 'ed25519v1-cert', tag: 'type4', length: 140}),
  onionTap: rsaFile('secret_onion_key'),
  onionTapPrevious: rsaFile('secret_onion_key.old'),
  onionNtor: x25519File('secret_onion_key_ntor'),
  onionNtorPrevious: x25519File('secret_onion_key_ntor.old'),
  onionServiceSecret: ed25519SecretFile('hs_ed25519_secret_key', 'type0'),
  onionServicePublic: taggedFile('hs_ed25519_public_key', {
    type: 'ed25519v1-public',
    tag: 'type0',
    length: 32
  })
} as const

/** `NAME.secret_family_key`, which `tor --keygen-family` makes. */
export function familyKeyFile(name: string): KeyFile<Ed25519KeyPair> {
  return ed25519SecretFile(`${name}.secret_family_key`, 'fmly-id')
}

export function readKey<T>(keyDirectory: string, file: KeyFile<T>): Result<T | undefined, DataDirFault> {
  const path = join(keyDirectory, file.name)
  const octets = readWhole(path)
  if (!octets.ok || octets.value === undefined) return octets as Result<undefined, DataDirFault>
  const value = file.decode(octets.value)
  wipe(octets.value)
  return value === undefined ? dataDirFault('malformed-key', path, 'is not the key it should be.') : ok(value)
}

export function writeKey<T>(
  keyDirectory: string,
  file: KeyFile<T>,
  value: T
): Result<undefined, DataDirFault> {
  const octets = file.encode(value)
  const written = writeWhole(join(keyDirectory, file.name), octets)
  wipe(octets)
  return written
}
