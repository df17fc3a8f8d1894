// The relay's side of each circuit handshake, in this thread: what one onion skin costs a worker.

import {answerCreateFast, openCreateFast} from '../src/crypto/create-fast.ts'
import {answerNtor, openNtor} from '../src/crypto/ntor.ts'
import {answerNtorV3, openNtorV3} from '../src/crypto/ntor-v3.ts'
import {OnionKeys} from '../src/crypto/onion-keys.ts'
import {randomOctets} from '../src/crypto/random.ts'
import {importX25519} from '../src/crypto/x25519.ts'
import type {Measurement} from './measure.ts'

/** Df, Db, Kf, Kb and KH (tor-spec 5.2.2). */
const KEY_LENGTH = 92

function mustAnswer(answer: {readonly ok: boolean}): void {
  if (!answer.ok) throw new Error('an onion skin of our own was refused')
}

export function handshakeMeasurements(): Measurement[] {
  const secret = randomOctets(32)
  const keys = new OnionKeys([secret])
  const onionKey = importX25519(secret).public
  const rsaIdentity = randomOctets(20)
  const ed25519Identity = randomOctets(32)
  const ntor = openNtor({identity: rsaIdentity, onionKey}).onionSkin
  const ntorV3 = openNtorV3({identity: ed25519Identity, onionKey}, new Uint8Array(2))
  if (!ntorV3.ok) throw new Error('a fresh onion key was refused')
  const {onionSkin} = ntorV3.value
  const decision = {message: new Uint8Array(2), keyLength: KEY_LENGTH, agreed: undefined}
  const x = openCreateFast()
  const common = {group: 'relay side of a handshake', unit: 'handshake', units: 1}
  return [
    {...common, name: 'ntor', run: () => mustAnswer(answerNtor(ntor, rsaIdentity, keys, KEY_LENGTH))},
    {
      ...common,
      name: 'ntor-v3',
      run: () => mustAnswer(answerNtorV3(onionSkin, ed25519Identity, keys, () => decision))
    },
    {...common, name: 'CREATE_FAST', run: () => mustAnswer(answerCreateFast(x, KEY_LENGTH))}
  ]
}
