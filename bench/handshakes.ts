// The relay's side of each circuit handshake, in this thread: what one onion skin costs a worker, answered in batches by
// node:crypto and by the addon.

import {createPublicKey, diffieHellman} from 'node:crypto'
import {type Addon, loadAddon} from '../src/crypto/binding.ts'
import {answerCreateFast, openCreateFast} from '../src/crypto/create-fast.ts'
import {openNtor} from '../src/crypto/ntor.ts'
import {openNtorV3} from '../src/crypto/ntor-v3.ts'
import type {OnionSkinResponder} from '../src/crypto/onion-skin-responder.ts'
import {nativeOnionSkins} from '../src/crypto/onion-skins-native.ts'
import {plainOnionSkins} from '../src/crypto/onion-skins-plain.ts'
import {randomOctets} from '../src/crypto/random.ts'
import {generateX25519Key, importX25519} from '../src/crypto/x25519.ts'
import type {Measurement} from './measure.ts'

/** Df, Db, Kf, Kb and KH (tor-spec 5.2.2). */
const KEY_LENGTH = 92
/** What the pool puts into one task under load. */
const BATCH = 32

function mustAnswer(answers: readonly {readonly ok: boolean}[]): void {
  if (!answers.every(({ok}) => ok)) throw new Error('an onion skin of our own was refused')
}

/** Products of secrets and points by themselves, without what node:crypto takes to import keys. */
function productMeasurements(addon: Addon): Measurement[] {
  const {handle: privateKey, public: x} = generateX25519Key()
  const publicKey = createPublicKey({
    key: {kty: 'OKP', crv: 'X25519', x: Buffer.from(x).toString('base64url')},
    format: 'jwk'
  })
  const secrets = randomOctets(2 * 32)
  const points = randomOctets(2 * 32)
  const out = new Uint8Array(2 * 32)
  const [secret, point, product] = [secrets.subarray(0, 32), points.subarray(0, 32), out.subarray(0, 32)]
  const nothing = new Uint8Array(0)
  const common = {group: 'X25519', unit: 'call', units: 1}
  return [
    {...common, name: 'one product, node:crypto', run: () => diffieHellman({privateKey, publicKey})},
    {...common, name: 'one product, addon', run: () => addon.x25519(secret, point, product)},
    {...common, name: 'two products, addon', run: () => addon.x25519(secrets, points, out)},
    {...common, name: 'public half, addon', run: () => addon.x25519(secret, nothing, product)}
  ]
}

export function handshakeMeasurements(): Measurement[] {
  const secret = randomOctets(32)
  const onionKey = importX25519(secret).public
  const rsaIdentity = randomOctets(20)
  const ed25519Identity = randomOctets(32)
  const ntor = openNtor({identity: rsaIdentity, onionKey}).onionSkin
  const ntorV3 = openNtorV3({identity: ed25519Identity, onionKey}, new Uint8Array(2))
  if (!ntorV3.ok) throw new Error('a fresh onion key was refused')
  const {onionSkin} = ntorV3.value
  const decision = {message: new Uint8Array(2), keyLength: KEY_LENGTH, agreed: undefined}
  const x = openCreateFast()
  const common = {group: 'relay side of a handshake', unit: 'handshake'}
  const batches = (name: string, responder: OnionSkinResponder, units: number): Measurement[] => {
    const ntorBatch = Array.from({length: units}, () => ntor)
    const v3Batch = Array.from({length: units}, () => onionSkin)
    return [
      {
        ...common,
        units,
        name: `ntor, ${name}, ${units} at once`,
        run: () => mustAnswer(responder.ntor(ntorBatch, rsaIdentity, KEY_LENGTH))
      },
      {
        ...common,
        units,
        name: `ntor-v3, ${name}, ${units} at once`,
        run: () => mustAnswer(responder.ntorV3(v3Batch, ed25519Identity, () => decision))
      }
    ]
  }
  const {addon} = loadAddon()
  const products = addon === undefined ? [] : productMeasurements(addon)
  const native = addon === undefined ? [] : [nativeOnionSkins(addon, [secret])]
  return [
    ...batches('node:crypto', plainOnionSkins([secret]), BATCH),
    ...products,
    ...native.flatMap(responder => [
      ...batches('addon', responder, 1),
      ...batches('addon', responder, BATCH)
    ]),
    {
      ...common,
      units: 1,
      name: 'CREATE_FAST',
      run: () => mustAnswer([answerCreateFast(x, KEY_LENGTH)])
    }
  ]
}
