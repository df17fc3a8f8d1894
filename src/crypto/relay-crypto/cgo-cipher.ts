// UIV+, the wide-block cipher of CGO (proposal 359, 3), over node:crypto: a tweakable block cipher ET over the first 16
// octets, whose tweak covers all the rest, and a pseudorandom function PRF of that block over the rest.
//
//   encipher:  Y_L = ET(J, H | command | X_R, X_L)       Y_R = X_R xor PRF(S, Y_L, 0)
//   decipher:  X_R = Y_R xor PRF(S, Y_L, 0)              X_L = ET^-1(J, H | command | X_R, Y_L)
//   update:    J', S', N' = PRF(S, N, 1)
//
// Relays encipher and origins decipher, whichever way a cell goes, because only enciphering is non-malleable.

import {type Cipher, createCipheriv, createDecipheriv} from 'node:crypto'
import {wipe} from '../../bytes/octets.ts'
import {RELAY_BODY} from '../../wire/relay-cell.ts'
import {Polyval} from './polyval.ts'

const BLOCK = 16
const KEY = 16
/** Octets of J, and of S: an AES-128 key and a POLYVAL key. */
const PAIR = 2 * KEY
/** H, the command and X_R, filled up to whole blocks. */
const TWEAK_SIZE = 512
/** PRF(…, 1) starts where the 31 blocks of PRF(…, 0) end. */
const SECOND_HALF_BLOCKS = 31

/** ET: AES with a mask before and after that is the hash of the tweak. */
export class TweakableCipher {
  readonly #cipher: Cipher
  readonly #hash: Polyval

  constructor(direction: 'encipher' | 'decipher', key: Uint8Array) {
    const make = direction === 'encipher' ? createCipheriv : createDecipheriv
    this.#cipher = make('aes-128-ecb', key.subarray(0, KEY), null).setAutoPadding(false) as Cipher
    this.#hash = new Polyval(key.subarray(KEY, PAIR))
  }

  /** Changes a block in place. `tweak` is filled up to whole blocks with zeros. */
  apply(tweak: Uint8Array, block: Uint8Array): void {
    const mask = this.#hash.of(tweak)
    for (let i = 0; i < BLOCK; i++) block[i] = (block[i] as number) ^ (mask[i] as number)
    block.set(this.#cipher.update(block))
    for (let i = 0; i < BLOCK; i++) block[i] = (block[i] as number) ^ (mask[i] as number)
    wipe(mask)
  }

  close(): void {
    this.#hash.close()
  }
}

/** PRF: AES in counter mode from the hash of the input on. */
export class PseudorandomFunction {
  readonly #key: Uint8Array
  readonly #hash: Polyval

  constructor(key: Uint8Array) {
    this.#key = key.slice(0, KEY)
    this.#hash = new Polyval(key.subarray(KEY, PAIR))
  }

  /** XORs the function's value at (`input`, `half`) into `data`, in place. */
  apply(input: Uint8Array, half: 0 | 1, data: Uint8Array): void {
    const counter = this.#hash.ofBlock(input)
    // Six bits are kept free for the counter, so that both halves count without a carry.
    counter[BLOCK - 1] = ((counter[BLOCK - 1] as number) & 0xc0) | (half * SECOND_HALF_BLOCKS)
    data.set(createCipheriv('aes-128-ctr', this.#key, counter).update(data))
  }

  close(): void {
    wipe(this.#key)
    this.#hash.close()
  }
}

/** UIV+ with its nonce; the keys change with every `update`. */
export class WideBlockCipher {
  readonly #direction: 'encipher' | 'decipher'
  readonly #tweak = new Uint8Array(TWEAK_SIZE)
  #block: TweakableCipher
  #stream: PseudorandomFunction

  /** `keys`: J, then S. */
  constructor(direction: 'encipher' | 'decipher', keys: Uint8Array) {
    this.#direction = direction
    this.#block = new TweakableCipher(direction, keys)
    this.#stream = new PseudorandomFunction(keys.subarray(PAIR))
  }

  /** Enciphers or deciphers a body of 509 octets in place, under H (16 octets) and the command. */
  apply(tweak: Uint8Array, command: number, body: Uint8Array): void {
    const left = body.subarray(0, BLOCK)
    const right = body.subarray(BLOCK, RELAY_BODY)
    if (this.#direction === 'decipher') this.#stream.apply(left, 0, right)
    this.#tweak.set(tweak)
    this.#tweak[BLOCK] = command
    this.#tweak.set(right, BLOCK + 1)
    this.#block.apply(this.#tweak, left)
    if (this.#direction === 'encipher') this.#stream.apply(left, 0, right)
  }

  /** Replaces the keys by what they make of `nonce`, and `nonce` by its successor. Returns the new keys, for tests. */
  update(nonce: Uint8Array): Uint8Array {
    const next = new Uint8Array(2 * PAIR + BLOCK)
    this.#stream.apply(nonce, 1, next)
    this.close()
    this.#block = new TweakableCipher(this.#direction, next)
    this.#stream = new PseudorandomFunction(next.subarray(PAIR))
    nonce.set(next.subarray(2 * PAIR))
    return next
  }

  close(): void {
    this.#block.close()
    this.#stream.close()
    wipe(this.#tweak)
  }
}
