// The plain twin of the addon's CGO, over node:crypto. Each direction of a hop chains: T' is the tag of the cell before, so a
// cell that was changed on the way spoils all that come after it.

import {equalConstantTime, wipe} from '../../bytes/octets.ts'
import {BugError} from '../../fault/fault.ts'
import {WideBlockCipher} from './cgo-cipher.ts'
import {
  CGO_DIRECTION_KEY_SIZE,
  CGO_FIRST_TWEAKS,
  CGO_TAG_SIZE,
  type CgoCrypto,
  type CgoOrigin,
  type CgoRelay,
  checkCgoCell,
  checkCgoKeys
} from './cgo-hop.ts'

const NONCE_AT = CGO_DIRECTION_KEY_SIZE - CGO_TAG_SIZE

/** One direction of a hop at one end of it. */
export class CgoDirection {
  readonly #cipher: WideBlockCipher
  /** N: the tag of a cell that is for this hop, or from it. */
  readonly nonce: Uint8Array
  /** T': the tag of the cell before, as it looks nearer to the relay's far side. */
  readonly tweak: Uint8Array

  constructor(direction: 'encipher' | 'decipher', material: Uint8Array, tweak: Uint8Array) {
    this.#cipher = new WideBlockCipher(direction, material)
    this.nonce = material.slice(NONCE_AT)
    this.tweak = tweak.slice()
  }

  /** Applies the cipher and chains on. `enciphered` is where the enciphered tag is then found: before or after. */
  pass(command: number, body: Uint8Array, enciphered: 'before' | 'after'): void {
    const before = body.slice(0, CGO_TAG_SIZE)
    this.#cipher.apply(this.tweak, command, body)
    this.tweak.set(enciphered === 'before' ? before : body.subarray(0, CGO_TAG_SIZE))
  }

  isNonce(tag: Uint8Array): boolean {
    return equalConstantTime(tag, this.nonce)
  }

  /** Changes the keys; returns them for tests. */
  update(): Uint8Array {
    return this.#cipher.update(this.nonce)
  }

  close(): void {
    this.#cipher.close()
    wipe(this.nonce)
    wipe(this.tweak)
  }
}

const tagOf = (body: Uint8Array) => body.subarray(0, CGO_TAG_SIZE)

/** What both ends have: two directions and the tag of the last cell that counted. */
class PlainHop {
  readonly outward: CgoDirection
  readonly inward: CgoDirection
  protected last: Uint8Array | undefined
  #isOpen = true

  constructor(direction: 'encipher' | 'decipher', material: Uint8Array, tweaks: Uint8Array) {
    checkCgoKeys(material, tweaks)
    const [outward, inward] = [0, 1].map(
      i =>
        new CgoDirection(
          direction,
          material.subarray(i * CGO_DIRECTION_KEY_SIZE, (i + 1) * CGO_DIRECTION_KEY_SIZE),
          tweaks.subarray(i * CGO_TAG_SIZE, (i + 1) * CGO_TAG_SIZE)
        )
    ) as [CgoDirection, CgoDirection]
    this.outward = outward
    this.inward = inward
  }

  tag(): Uint8Array {
    this.checkOpen()
    if (this.last === undefined) throw new BugError('relay-tag-before-cell')
    return this.last.slice()
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.outward.close()
    this.inward.close()
    this.last = undefined
  }

  protected checkOpen(): void {
    if (!this.#isOpen) throw new BugError('relay-direction-closed')
  }

  protected check(command: number, body: Uint8Array): void {
    this.checkOpen()
    checkCgoCell(command, body)
  }
}

class PlainRelay extends PlainHop implements CgoRelay {
  outbound(command: number, body: Uint8Array): boolean {
    this.check(command, body)
    const arrived = tagOf(body).slice()
    this.outward.pass(command, body, 'after')
    if (!this.outward.isNonce(tagOf(body))) return false
    this.outward.update()
    this.last = arrived
    return true
  }

  inbound(command: number, body: Uint8Array): void {
    this.check(command, body)
    this.inward.pass(command, body, 'after')
  }

  originate(command: number, body: Uint8Array): void {
    this.check(command, body)
    body.set(this.inward.nonce)
    this.inward.pass(command, body, 'after')
    this.inward.nonce.set(tagOf(body))
    this.last = tagOf(body).slice()
    this.inward.update()
  }
}

class PlainOrigin extends PlainHop implements CgoOrigin {
  outbound(command: number, body: Uint8Array): void {
    this.check(command, body)
    this.outward.pass(command, body, 'before')
  }

  originate(command: number, body: Uint8Array): void {
    this.check(command, body)
    body.set(this.outward.nonce)
    this.outward.pass(command, body, 'before')
    this.outward.update()
    this.last = tagOf(body).slice()
  }

  inbound(command: number, body: Uint8Array): boolean {
    this.check(command, body)
    const arrived = tagOf(body).slice()
    this.inward.pass(command, body, 'before')
    if (!this.inward.isNonce(tagOf(body))) return false
    this.inward.nonce.set(arrived)
    this.inward.update()
    this.last = arrived
    return true
  }
}

/** CGO over node:crypto. */
export const plainCgoCrypto: CgoCrypto = {
  name: 'plain',
  openRelay(material, tweaks = CGO_FIRST_TWEAKS) {
    return new PlainRelay('encipher', material, tweaks)
  },
  openOrigin(material, tweaks = CGO_FIRST_TWEAKS) {
    return new PlainOrigin('decipher', material, tweaks)
  }
}
