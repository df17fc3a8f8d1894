// Onion skins answered by the addon, a batch in one call, or two for ntor-v3, whose messages are read and answered here in
// between. The flow:
//   1. Skins of a length that no skin has are refused, the others are copied into one buffer.
//   2. Secrets for all of them are drawn into one buffer, which is wiped when the batch is done.
//   3. The addon writes a verdict for each skin, and replies and key material of those it answers.
//   4. Each answer gets octets of its own, because circuits keep them for unequal times; the buffers are wiped.

import {randomFillSync} from 'node:crypto'
import {concat, wipe} from '../bytes/octets.ts'
import {BugError, peerFault} from '../fault/fault.ts'
import {err, ok} from '../fault/result.ts'
import {type Addon, type AddonStatus, NativeOnionSkinVerdict} from './binding.ts'
import {CIRCUIT_EXTEND, type NtorV3Decide, type NtorV3Decision} from './ntor-v3.ts'
import type {OnionSkinFault} from './onion-skin.ts'
import type {DrawSecrets, NtorAnswered, NtorV3Answered, OnionSkinResponder} from './onion-skin-responder.ts'

const KEY = 32
const NTOR_SKIN = 84
const NTOR_REPLY = 64
const NTOR_V3_SKIN_LEAST = 128
const NTOR_V3_REPLY_LEAST = 64
/** Where the client's message lies in an ntor-v3 skin, and how much comes after it. */
const MESSAGE_AT = 96
const MAC = 32

const REFUSALS: Readonly<Record<number, OnionSkinFault['code']>> = {
  [NativeOnionSkinVerdict.OTHER_RELAY]: 'onion-skin-other-relay',
  [NativeOnionSkinVerdict.WEAK_POINT]: 'onion-skin-weak-point',
  [NativeOnionSkinVerdict.UNKNOWN_KEY]: 'onion-skin-unknown-key',
  [NativeOnionSkinVerdict.FORGED]: 'onion-skin-mac'
}

/** @param kernel place in the addon's list */
export function nativeOnionSkins(
  addon: Addon,
  onionKeys: readonly Uint8Array[],
  drawSecrets: DrawSecrets = drawn,
  kernel: number = addon.kernels.indexOf(addon.kernel)
): OnionSkinResponder {
  return new NativeOnionSkins(addon, kernel, onionKeys, drawSecrets)
}

class NativeOnionSkins implements OnionSkinResponder {
  readonly #addon: Addon
  readonly #kernel: number
  readonly #keys: Uint8Array
  readonly #drawSecrets: DrawSecrets

  constructor(addon: Addon, kernel: number, onionKeys: readonly Uint8Array[], drawSecrets: DrawSecrets) {
    this.#addon = addon
    this.#kernel = kernel
    this.#keys = keyRecords(addon, onionKeys)
    this.#drawSecrets = drawSecrets
  }

  ntor(skins: readonly Uint8Array[], identity: Uint8Array, keyLength: number): NtorAnswered[] {
    return withWellFormed(
      skins,
      skin => skin.length === NTOR_SKIN,
      those => this.#answerNtor(those, identity, keyLength)
    )
  }

  ntorV3<Agreed>(
    skins: readonly Uint8Array[],
    identity: Uint8Array,
    decide: NtorV3Decide<Agreed>,
    verification: Uint8Array = CIRCUIT_EXTEND
  ): NtorV3Answered<Agreed>[] {
    return withWellFormed(
      skins,
      skin => skin.length >= NTOR_V3_SKIN_LEAST,
      those => this.#answerNtorV3(those, identity, decide, verification)
    )
  }

  #answerNtor(skins: readonly Uint8Array[], identity: Uint8Array, keyLength: number): NtorAnswered[] {
    const count = skins.length
    const ephemerals = this.#drawSecrets(count)
    const replies = new Uint8Array(count * NTOR_REPLY)
    const keyMaterial = new Uint8Array(count * keyLength)
    const verdicts = new Uint8Array(count)
    mustSucceed(
      this.#addon.ntorAnswer(
        this.#kernel,
        concat(...skins),
        identity,
        this.#keys,
        ephemerals,
        replies,
        keyMaterial,
        verdicts
      )
    )
    wipe(ephemerals)
    const answers = Array.from(verdicts, (verdict, i): NtorAnswered => {
      if (verdict !== NativeOnionSkinVerdict.ANSWERED) return refused(verdict)
      return ok({
        reply: replies.slice(i * NTOR_REPLY, (i + 1) * NTOR_REPLY),
        keyMaterial: keyMaterial.slice(i * keyLength, (i + 1) * keyLength)
      })
    })
    wipe(keyMaterial)
    return answers
  }

  #answerNtorV3<Agreed>(
    skins: readonly Uint8Array[],
    identity: Uint8Array,
    decide: NtorV3Decide<Agreed>,
    verification: Uint8Array
  ): NtorV3Answered<Agreed>[] {
    const count = skins.length
    const skinEnds = endsOf(skins.map(({length}) => length))
    const opened = concat(...skins)
    const shared = new Uint8Array(count * KEY)
    const verdicts = new Uint8Array(count)
    mustSucceed(
      this.#addon.ntorV3Open(
        this.#kernel,
        opened,
        skinEnds,
        identity,
        verification,
        this.#keys,
        shared,
        verdicts
      )
    )
    const decisions = Array.from(verdicts, (verdict, i): NtorV3Decision<Agreed> | undefined => {
      if (verdict !== NativeOnionSkinVerdict.ANSWERED) return undefined
      return decide(opened.subarray(beginOf(skinEnds, i) + MESSAGE_AT, endOf(skinEnds, i) - MAC))
    })

    const messages = concat(...decisions.map(decision => decision?.message ?? NOTHING))
    const messageEnds = endsOf(decisions.map(decision => decision?.message.length ?? 0))
    const keyEnds = endsOf(decisions.map(decision => decision?.keyLength ?? 0))
    const ephemerals = this.#drawSecrets(count)
    const replies = new Uint8Array(count * NTOR_V3_REPLY_LEAST + messages.length)
    const keyMaterial = new Uint8Array(endOf(keyEnds, count - 1))
    // What was not decided on is passed over as what was refused is.
    const toSeal = verdicts.map((verdict, i) => (decisions[i] === undefined ? UNDECIDED : verdict))
    mustSucceed(
      this.#addon.ntorV3Seal(
        this.#kernel,
        opened,
        skinEnds,
        identity,
        verification,
        shared,
        ephemerals,
        messages,
        messageEnds,
        replies,
        keyMaterial,
        keyEnds,
        toSeal
      )
    )
    for (const secret of [ephemerals, shared, opened]) wipe(secret)
    const answers = decisions.map((decision, i): NtorV3Answered<Agreed> => {
      const verdict = verdicts[i] ?? UNDECIDED
      if (verdict !== NativeOnionSkinVerdict.ANSWERED) return refused(verdict)
      if (decision === undefined) return err(peerFault('onion-skin-extensions'))
      const before = i * NTOR_V3_REPLY_LEAST
      return ok({
        reply: replies.slice(
          before + beginOf(messageEnds, i),
          before + NTOR_V3_REPLY_LEAST + endOf(messageEnds, i)
        ),
        keyMaterial: keyMaterial.slice(beginOf(keyEnds, i), endOf(keyEnds, i)),
        agreed: decision.agreed
      })
    })
    wipe(keyMaterial)
    return answers
  }
}

const NOTHING = new Uint8Array(0)
/** No verdict of the addon's. */
const UNDECIDED = 255

function drawn(count: number): Uint8Array {
  return randomFillSync(new Uint8Array(count * KEY))
}

/** Each secret with its public half, and a junk key. */
function keyRecords(addon: Addon, onionKeys: readonly Uint8Array[]): Uint8Array {
  for (const {length} of onionKeys) {
    if (length !== KEY) throw new BugError('x25519-secret-length', String(length))
  }
  const secrets = concat(...onionKeys, drawn(1))
  const publics = new Uint8Array(secrets.length)
  mustSucceed(addon.x25519(secrets, NOTHING, publics))
  const records = new Uint8Array(2 * secrets.length)
  for (let at = 0; at < secrets.length; at += KEY) {
    records.set(secrets.subarray(at, at + KEY), 2 * at)
    records.set(publics.subarray(at, at + KEY), 2 * at + KEY)
  }
  wipe(secrets)
  return records
}

/** Answers the skins of a length that can be, and refuses the others. */
function withWellFormed<Answer extends NtorAnswered>(
  skins: readonly Uint8Array[],
  isWellFormed: (skin: Uint8Array) => boolean,
  answer: (skins: readonly Uint8Array[]) => readonly Answer[]
): (Answer | ReturnType<typeof malformed>)[] {
  const wellFormed = skins.filter(isWellFormed)
  const answers = wellFormed.length === 0 ? [] : answer(wellFormed)
  let next = 0
  return skins.map(skin => (isWellFormed(skin) ? answers[next++] : undefined) ?? malformed())
}

function malformed() {
  return err(peerFault('onion-skin-length'))
}

function refused(verdict: number) {
  const code = REFUSALS[verdict]
  if (code === undefined) throw new BugError('onion-skin-verdict', String(verdict))
  return err(peerFault(code))
}

function endsOf(lengths: readonly number[]): Uint32Array {
  let end = 0
  return Uint32Array.from(lengths, length => {
    end += length
    return end
  })
}

function endOf(ends: Uint32Array, i: number): number {
  return ends[i] ?? 0
}

function beginOf(ends: Uint32Array, i: number): number {
  return i === 0 ? 0 : endOf(ends, i - 1)
}

function mustSucceed(status: AddonStatus | undefined): void {
  if (status !== undefined) throw new BugError('onion-skin-batch', String(status))
}
