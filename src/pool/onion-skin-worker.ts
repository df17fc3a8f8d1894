// A worker of the onion-skin pool: gets a batch, answers each skin, returns the verdicts. It keeps the keys of the last
// generation imported, because importing costs as much as answering.

import {answerCircuitExtensions} from '../crypto/circuit-extensions.ts'
import {KEY_STREAM_LENGTH} from '../crypto/key-material.ts'
import {answerNtor} from '../crypto/ntor.ts'
import {answerNtorV3} from '../crypto/ntor-v3.ts'
import {OnionKeys} from '../crypto/onion-keys.ts'
import type {
  OnionSkin,
  OnionSkinBatch,
  OnionSkinKeys,
  OnionSkinVerdict,
  OnionSkinVerdicts
} from './onion-skin-task.ts'

let imported: {readonly generation: number; readonly onionKeys: OnionKeys} | undefined

export default function answerBatch({generation, keys, onionSkins}: OnionSkinBatch): OnionSkinVerdicts {
  const begun = process.hrtime.bigint()
  if (imported?.generation !== generation) {
    imported = {generation, onionKeys: new OnionKeys(keys.onionKeys)}
  }
  const {onionKeys} = imported
  const verdicts = onionSkins.map(onionSkin => answer(onionSkin, keys, onionKeys))
  return {verdicts, elapsedUs: Number(process.hrtime.bigint() - begun) / 1000}
}

function answer({type, octets}: OnionSkin, keys: OnionSkinKeys, onionKeys: OnionKeys): OnionSkinVerdict {
  if (type === 'ntor') {
    const answered = answerNtor(octets, keys.rsaIdentity, onionKeys, KEY_STREAM_LENGTH.tor1)
    if (!answered.ok) return {kind: 'refused', code: answered.fault.code}
    return {kind: 'answered', ...answered.value, relayCrypto: 'tor1', sendmeIncrement: undefined}
  }
  const answered = answerNtorV3(octets, keys.ed25519Identity, onionKeys, asked =>
    answerCircuitExtensions(asked, keys.policy)
  )
  if (!answered.ok) return {kind: 'refused', code: answered.fault.code}
  const {reply, keyMaterial, agreed} = answered.value
  return {
    kind: 'answered',
    reply,
    keyMaterial,
    relayCrypto: agreed.relayCrypto,
    sendmeIncrement: agreed.congestionControl?.sendmeIncrement
  }
}
