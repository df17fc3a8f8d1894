// How the two layers of an onion service descriptor are encrypted (rend-spec-v3 2.5.3): keys from SHAKE-256 over what only
// those who may read the layer know, AES-256-CTR, and a MAC over salt and ciphertext.

import {createCipheriv} from 'node:crypto'
import {equalConstantTime, fromText, wipe} from '../../bytes/octets.ts'
import {Writer} from '../../bytes/writer.ts'
import {decode, encode} from '../../codec/codec.ts'
import {descriptorLayer} from '../../wire/hs/descriptor-layer.ts'
import {lengthOf, macSha3, shake256} from '../digest.ts'
import {randomOctets} from '../random.ts'

export type DescriptorLayerName = 'superencrypted' | 'encrypted'

const CONSTANTS: Readonly<Record<DescriptorLayerName, Uint8Array>> = {
  superencrypted: fromText('hsdir-superencrypted-data'),
  encrypted: fromText('hsdir-encrypted-data')
}

const SALT_LENGTH = 16
const KEY_LENGTH = 32
const IV_LENGTH = 16
const MAC_KEY_LENGTH = 32

/** What the keys of a layer come from. */
export interface DescriptorLayerSecret {
  readonly blindedKey: Uint8Array
  /** 16 octets, for the inner layer of a service that lets only some clients in. */
  readonly cookie?: Uint8Array | undefined
  readonly subcredential: Uint8Array
  readonly revisionCounter: bigint
}

export function sealDescriptorLayer(
  name: DescriptorLayerName,
  secret: DescriptorLayerSecret,
  plaintext: Uint8Array,
  salt: Uint8Array = randomOctets(SALT_LENGTH)
): Uint8Array {
  const keys = deriveKeys(name, secret, salt)
  const ciphertext = crypt(keys, plaintext)
  const mac = macSha3(keys.macKey, lengthOf(salt), salt, ciphertext)
  wipe(keys.all)
  return encode(descriptorLayer, {salt, ciphertext, mac})
}

/** The layer's plaintext with its padding; undefined when the MAC does not hold. */
export function openDescriptorLayer(
  name: DescriptorLayerName,
  secret: DescriptorLayerSecret,
  sealed: Uint8Array
): Uint8Array | undefined {
  const decoded = decode(descriptorLayer, sealed)
  if (!decoded.ok) return undefined
  const {salt, ciphertext, mac} = decoded.value
  const keys = deriveKeys(name, secret, salt)
  const isGood = equalConstantTime(macSha3(keys.macKey, lengthOf(salt), salt, ciphertext), mac)
  const plaintext = isGood ? crypt(keys, ciphertext) : undefined
  wipe(keys.all)
  return plaintext
}

interface LayerKeys {
  readonly all: Uint8Array
  readonly key: Uint8Array
  readonly iv: Uint8Array
  readonly macKey: Uint8Array
}

function deriveKeys(
  name: DescriptorLayerName,
  {blindedKey, cookie, subcredential, revisionCounter}: DescriptorLayerSecret,
  salt: Uint8Array
): LayerKeys {
  const secretData = cookie === undefined ? [blindedKey] : [blindedKey, cookie]
  const counter = new Writer(8).u64(revisionCounter).finish()
  const all = shake256(
    KEY_LENGTH + IV_LENGTH + MAC_KEY_LENGTH,
    ...secretData,
    subcredential,
    counter,
    salt,
    CONSTANTS[name]
  )
  return {
    all,
    key: all.subarray(0, KEY_LENGTH),
    iv: all.subarray(KEY_LENGTH, KEY_LENGTH + IV_LENGTH),
    macKey: all.subarray(KEY_LENGTH + IV_LENGTH)
  }
}

function crypt({key, iv}: LayerKeys, message: Uint8Array): Uint8Array {
  return new Uint8Array(createCipheriv('aes-256-ctr', key, iv).update(message))
}
