// C tor's vectors for Counter Galois Onion: each part on the plain twin, and whole cells on every implementation.

import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {fromBase16, toBase16} from '../../src/bytes/base16.ts'
import {concat} from '../../src/bytes/octets.ts'
import {
  PseudorandomFunction,
  TweakableCipher,
  WideBlockCipher
} from '../../src/crypto/relay-crypto/cgo-cipher.ts'
import {CgoDirection} from '../../src/crypto/relay-crypto/cgo-plain.ts'
import {Polyval} from '../../src/crypto/relay-crypto/polyval.ts'
import {readVectors} from '../support/package-root.ts'
import {cgoCryptos} from '../support/relay-cryptos.ts'

interface State {
  readonly keys: string
  readonly nonce: string
  readonly tprime: string
}

interface CgoVectors {
  readonly et: readonly {encrypt: boolean; keys: string; tweak: string; block: string; expect: string}[]
  readonly prf: readonly {keys: string; t: 0 | 1; input: string; expect: string}[]
  readonly uiv: readonly {
    encrypt: boolean
    keys: string
    tweak_H_and_cmd: string
    x_l: string
    x_r: string
    y_l: string
    y_r: string
  }[]
  readonly uiv_update: readonly {keys: string; nonce: string; new_keys: string; new_nonce: string}[]
  readonly relay_process: readonly {
    inbound: boolean
    state_in: State
    cmd: string
    tag: string
    msg: string
    state_out: State
    tag_out: string
    msg_out: string
    recognized_tag?: string | null
  }[]
  readonly relay_originate: readonly {
    state_in: State
    cmd: string
    msg: string
    state_out: State
    tag_out: string
    msg_out: string
  }[]
  readonly client_originate: readonly {
    states_in: readonly State[]
    target_hop_1based: number
    cmd: string
    msg: string
    states_out: readonly State[]
    tag_out: string
    msg_out: string
  }[]
}

const vectors = readVectors<CgoVectors>('cgo.json')
const polyval = readVectors<{vectors: {key_H: string; input: string; tag: string}[]}>('polyval.json').vectors

function octets(...hex: readonly string[]): Uint8Array {
  const value = fromBase16(hex.join(''))
  assert(value)
  return value
}

const ways = (encrypt: boolean) => (encrypt ? 'encipher' : 'decipher')
const UNUSED = '00'.repeat(80)
const NO_TWEAK = '00'.repeat(16)
const directionKeys = ({keys, nonce}: State) => keys + nonce

describe('the parts of CGO', () => {
  it('POLYVAL, block by block and all at once (RFC 8452, appendix A)', () => {
    for (const {key_H, input, tag} of polyval) {
      const hash = new Polyval(octets(key_H))
      assert.equal(toBase16(hash.of(octets(input))), tag)
      let sum = new Uint8Array(16)
      for (let at = 0; at < input.length; at += 32) {
        const block = octets(input.slice(at, at + 32))
        sum = new Uint8Array(hash.ofBlock(block.map((octet, i) => octet ^ (sum[i] as number))))
      }
      assert.equal(toBase16(sum), tag)
    }
  })

  it('ET, the tweakable block cipher', () => {
    for (const {encrypt, keys, tweak, block, expect} of vectors.et) {
      const value = octets(block)
      const padded = new Uint8Array(Math.ceil(tweak.length / 32) * 16)
      padded.set(octets(tweak))
      new TweakableCipher(ways(encrypt), octets(keys)).apply(padded, value)
      assert.equal(toBase16(value), expect)
    }
  })

  it('PRF, in both halves', () => {
    for (const {keys, t, input, expect} of vectors.prf) {
      const value = new Uint8Array(expect.length / 2)
      new PseudorandomFunction(octets(keys)).apply(octets(input), t, value)
      assert.equal(toBase16(value), expect)
    }
  })

  it('UIV+, the wide-block cipher', () => {
    for (const {encrypt, keys, tweak_H_and_cmd, x_l, x_r, y_l, y_r} of vectors.uiv) {
      const tweak = octets(tweak_H_and_cmd)
      const body = octets(x_l, x_r)
      new WideBlockCipher(ways(encrypt), octets(keys)).apply(tweak.subarray(0, 16), tweak[16] as number, body)
      assert.equal(toBase16(body), y_l + y_r)
    }
  })

  it('UIV_UPDATE, the change of keys', () => {
    for (const {keys, nonce, new_keys, new_nonce} of vectors.uiv_update) {
      const value = octets(nonce)
      const next = new WideBlockCipher('encipher', octets(keys)).update(value)
      assert.equal(toBase16(next.subarray(0, 64)), new_keys)
      assert.equal(toBase16(value), new_nonce)
    }
  })

  it('the state that a relay is left with', () => {
    for (const {inbound, state_in, cmd, tag, msg, state_out} of vectors.relay_process) {
      const direction = new CgoDirection('encipher', octets(directionKeys(state_in)), octets(state_in.tprime))
      const body = octets(tag, msg)
      direction.pass(octets(cmd)[0] as number, body, 'after')
      let keys = state_in.keys
      if (!inbound && direction.isNonce(body.subarray(0, 16)))
        keys = toBase16(direction.update().subarray(0, 64))
      assert.equal(keys, state_out.keys)
      assert.equal(toBase16(direction.nonce), state_out.nonce)
      assert.equal(toBase16(direction.tweak), state_out.tprime)
    }
  })
})

for (const crypto of cgoCryptos()) {
  describe(`CGO cells on ${crypto.name}`, () => {
    it('pass a relay, or are recognized by it, as the vectors say', () => {
      for (const {inbound, state_in, cmd, tag, msg, state_out, tag_out, msg_out} of vectors.relay_process) {
        const keys = directionKeys(state_in)
        const relay = inbound
          ? crypto.openRelay(octets(UNUSED, keys), octets(NO_TWEAK, state_in.tprime))
          : crypto.openRelay(octets(keys, UNUSED), octets(state_in.tprime, NO_TWEAK))
        const body = octets(tag, msg)
        const command = octets(cmd)[0] as number
        if (inbound) {
          relay.inbound(command, body)
        } else {
          const isOurs = relay.outbound(command, body)
          assert.equal(isOurs, state_out.keys !== state_in.keys)
          if (isOurs) assert.equal(toBase16(relay.tag()), tag)
        }
        assert.equal(toBase16(body), tag_out + msg_out)
        relay.close()
      }
    })

    it('leave a relay as the vectors say', () => {
      for (const {state_in, cmd, msg, tag_out, msg_out} of vectors.relay_originate) {
        const relay = crypto.openRelay(
          octets(UNUSED, directionKeys(state_in)),
          octets(NO_TWEAK, state_in.tprime)
        )
        const body = octets(NO_TWEAK, msg)
        relay.originate(octets(cmd)[0] as number, body)
        assert.equal(toBase16(body), tag_out + msg_out)
        assert.equal(toBase16(relay.tag()), tag_out)
        relay.close()
      }
    })

    it('leave an origin for a hop as the vectors say', () => {
      for (const {states_in, target_hop_1based, cmd, msg, tag_out, msg_out} of vectors.client_originate) {
        const hops = states_in.map(state =>
          crypto.openOrigin(octets(directionKeys(state), UNUSED), octets(state.tprime, NO_TWEAK))
        )
        const body = octets(NO_TWEAK, msg)
        const command = octets(cmd)[0] as number
        const [target, ...nearer] = hops.slice(0, target_hop_1based).toReversed()
        target?.originate(command, body)
        for (const hop of nearer) hop.outbound(command, body)
        assert.equal(toBase16(body), tag_out + msg_out)
        for (const hop of hops) hop.close()
      }
    })

    it('travel through three hops and back, each recognized where it should be', () => {
      const materials = [1, 2, 3].map(fill => new Uint8Array(160).map((_, i) => i * fill))
      const origin = materials.map(material => crypto.openOrigin(material))
      const relays = materials.map(material => crypto.openRelay(material))
      for (let number = 0; number < 60; number++) {
        const target = number % 3
        const command = number % 2 === 0 ? 3 : 9
        const message = new Uint8Array(493).fill(number)
        const body = concat(new Uint8Array(16), message)
        origin[target]?.originate(command, body)
        const tag = origin[target]?.tag()
        for (const hop of origin.slice(0, target).toReversed()) hop.outbound(command, body)
        const arrivals = relays.slice(0, target + 1).map(relay => relay.outbound(command, body))
        assert.deepEqual(arrivals, [...Array(target).fill(false), true])
        assert.deepEqual(body.subarray(16), message)
        assert.deepEqual(relays[target]?.tag(), tag)

        const answer = concat(new Uint8Array(16), message.toReversed())
        relays[target]?.originate(command, answer)
        for (const relay of relays.slice(0, target).toReversed()) relay.inbound(command, answer)
        const layers = origin.slice(0, target + 1).map(hop => hop.inbound(command, answer))
        assert.deepEqual(layers, [...Array(target).fill(false), true])
        assert.deepEqual(answer.subarray(16), message)
        assert.deepEqual(origin[target]?.tag(), relays[target]?.tag())
      }
      for (const hop of [...origin, ...relays]) hop.close()
    })

    it('are noise from the first change on, and so is all that follows', () => {
      const material = new Uint8Array(160).map((_, i) => i)
      const origin = crypto.openOrigin(material)
      const relay = crypto.openRelay(material)
      for (let number = 0; number < 10; number++) {
        const body = new Uint8Array(509)
        origin.originate(3, body)
        if (number === 5) body[300] = (body[300] as number) ^ 1
        assert.equal(relay.outbound(3, body), number < 5)
      }
      const other = crypto.openRelay(material)
      const body = new Uint8Array(509)
      crypto.openOrigin(material).originate(3, body)
      assert.equal(other.outbound(9, body), false, 'the channel command is authenticated')
    })
  })
}

interface LiveCircuits {
  readonly cases: Record<
    string,
    {
      readonly key_stream_180?: string
      readonly wire?: readonly {readonly dir: 'in' | 'out'; readonly bytes: string}[]
      readonly plain_relay_cells?: readonly {readonly dir: string; readonly plain_without_tag?: string}[]
    }
  >
}

const {cases: live} = readVectors<LiveCircuits>('live_circuits.json')
const liveCgo = Object.entries(live).filter(
  ([, {plain_relay_cells}]) => plain_relay_cells?.[0]?.plain_without_tag !== undefined
)

for (const crypto of cgoCryptos()) {
  describe(`recorded CGO circuits through C tor on ${crypto.name}`, () => {
    for (const [name, {key_stream_180, wire, plain_relay_cells}] of liveCgo) {
      it(name, () => {
        const material = octets(key_stream_180 ?? '').subarray(0, 160)
        const relay = crypto.openRelay(material)
        const origin = crypto.openOrigin(material)
        const relayCells = (wire ?? []).filter(({bytes}) => ['03', '09'].includes(bytes.slice(8, 10)))
        assert(relayCells.length >= 5)
        for (const [i, {dir, bytes}] of relayCells.entries()) {
          const cell = octets(bytes)
          const command = cell[4] as number
          const body = cell.slice(5)
          const plain = octets('00'.repeat(16), plain_relay_cells?.[i]?.plain_without_tag ?? '')
          if (dir === 'out') {
            origin.originate(command, plain)
            assert.deepEqual(plain, body)
            assert(relay.outbound(command, body))
          } else {
            relay.originate(command, plain)
            assert.deepEqual(plain, body)
            assert(origin.inbound(command, body))
          }
          assert.deepEqual(relay.tag(), origin.tag())
          assert.equal(toBase16(body.subarray(16)), plain_relay_cells?.[i]?.plain_without_tag)
        }
      })
    }
  })
}

it('there are recorded CGO circuits', () => {
  assert.equal(liveCgo.length, 2)
})
