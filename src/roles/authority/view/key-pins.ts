// Which Ed25519 identity belongs to which RSA identity, once and for all (dir-spec 2.1, key pinning): whoever gets hold of
// one of a relay's two keys must not be able to pair it with another.

import {fromBase64, toBase64Unpadded} from '../../../bytes/base64.ts'

const RSA_LENGTH = 20
const ED25519_LENGTH = 32

export type PinVerdict = 'matches' | 'new' | 'mismatch'

export class KeyPins {
  readonly #byRsa = new Map<string, string>()
  readonly #byEd25519 = new Map<string, string>()

  /** From lines of `RSA ED25519` in base64; others, comments among them, are passed over, and later lines win. */
  static fromJournal(text: string): KeyPins {
    const pins = new KeyPins()
    for (const line of text.split('\n')) {
      const [rsa = '', ed25519 = '', ...more] = line.trim().split(' ')
      if (more.length > 0 || fromBase64(rsa)?.length !== RSA_LENGTH) continue
      if (fromBase64(ed25519)?.length !== ED25519_LENGTH) continue
      pins.#put(rsa, ed25519)
    }
    return pins
  }

  get size(): number {
    return this.#byRsa.size
  }

  check(rsa: Uint8Array, ed25519: Uint8Array): PinVerdict {
    const [left, right] = [toBase64Unpadded(rsa), toBase64Unpadded(ed25519)]
    const [pinnedRight, pinnedLeft] = [this.#byRsa.get(left), this.#byEd25519.get(right)]
    if (pinnedRight === undefined && pinnedLeft === undefined) return 'new'
    return pinnedRight === right && pinnedLeft === left ? 'matches' : 'mismatch'
  }

  /** Pins the pair, in place of what either key was pinned to, and gives its line for the journal. */
  pin(rsa: Uint8Array, ed25519: Uint8Array): string {
    const [left, right] = [toBase64Unpadded(rsa), toBase64Unpadded(ed25519)]
    this.#put(left, right)
    return `${left} ${right}\n`
  }

  #put(rsa: string, ed25519: string): void {
    this.#byEd25519.delete(this.#byRsa.get(rsa) ?? '')
    this.#byRsa.delete(this.#byEd25519.get(ed25519) ?? '')
    this.#byRsa.set(rsa, ed25519)
    this.#byEd25519.set(ed25519, rsa)
  }
}
