// A worker of the onion-skin pool: gets a batch, answers the skins of each handshake together, returns the verdicts in the
// order of the skins. It keeps the keys of the last generation ready for use, because that costs as much as answering.

import {answerCircuitExtensions} from '../crypto/circuit-extensions.ts'
import {KEY_STREAM_LENGTH} from '../crypto/key-material.ts'
import {type OnionSkinResponder, onionSkinResponder} from '../crypto/onion-skin-responder.ts'
import {
  type OnionSkinBatch,
  type OnionSkinKeys,
  type OnionSkinType,
  type OnionSkinVerdict,
  type OnionSkinVerdicts,
  packVerdicts
} from './onion-skin-task.ts'
import {unpackOctets} from './packed-octets.ts'

let ready: {readonly generation: number; readonly responder: OnionSkinResponder} | undefined

export default function answerBatch({generation, keys, types, skins}: OnionSkinBatch): OnionSkinVerdicts {
  const begun = process.hrtime.bigint()
  if (ready?.generation !== generation) {
    ready = {generation, responder: onionSkinResponder(keys.onionKeys)}
  }
  const {responder} = ready
  const octets = unpackOctets(skins)
  const octetsOf = (wanted: OnionSkinType) => octets.filter((_, i) => types[i] === wanted)
  const verdicts: Readonly<Record<OnionSkinType, OnionSkinVerdict[]>> = {
    ntor: answerNtor(responder, octetsOf('ntor'), keys),
    'ntor-v3': answerNtorV3(responder, octetsOf('ntor-v3'), keys)
  }
  const next = {ntor: verdicts.ntor.values(), 'ntor-v3': verdicts['ntor-v3'].values()}
  const verdictsInOrder = types.flatMap(type => next[type].next().value ?? [])
  return {verdicts: packVerdicts(verdictsInOrder), elapsedUs: Number(process.hrtime.bigint() - begun) / 1000}
}

function answerNtor(
  responder: OnionSkinResponder,
  skins: readonly Uint8Array[],
  {rsaIdentity}: OnionSkinKeys
): OnionSkinVerdict[] {
  if (skins.length === 0) return []
  return responder.ntor(skins, rsaIdentity, KEY_STREAM_LENGTH.tor1).map(answered => {
    if (!answered.ok) return {kind: 'refused', code: answered.fault.code}
    return {kind: 'answered', ...answered.value, relayCrypto: 'tor1', sendmeIncrement: undefined}
  })
}

function answerNtorV3(
  responder: OnionSkinResponder,
  skins: readonly Uint8Array[],
  {ed25519Identity, policy}: OnionSkinKeys
): OnionSkinVerdict[] {
  if (skins.length === 0) return []
  const decide = (asked: Uint8Array) => answerCircuitExtensions(asked, policy)
  return responder.ntorV3(skins, ed25519Identity, decide).map(answered => {
    if (!answered.ok) return {kind: 'refused', code: answered.fault.code}
    const {reply, keyMaterial, agreed} = answered.value
    return {
      kind: 'answered',
      reply,
      keyMaterial,
      relayCrypto: agreed.relayCrypto,
      sendmeIncrement: agreed.congestionControl?.sendmeIncrement
    }
  })
}
