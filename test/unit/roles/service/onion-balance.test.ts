import assert from 'node:assert/strict'
import {chmodSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {fromText} from '../../../../src/bytes/octets.ts'
import {ed25519Ready, generateEd25519} from '../../../../src/crypto/ed25519.ts'
import {blindingParameter, blindPublic, subcredential} from '../../../../src/crypto/hs/blinding.ts'
import {decryptIntroduce, encryptIntroduce, openHsNtor} from '../../../../src/crypto/hs/hs-ntor.ts'
import {printOnionAddress} from '../../../../src/crypto/hs/onion-address.ts'
import {generateX25519Key} from '../../../../src/crypto/x25519.ts'
import {loadOnionBalanceMasters} from '../../../../src/datadir/onion-balance-file.ts'
import {MasterSubcredentials} from '../../../../src/roles/service/master-subcredentials.ts'

before(() => ed25519Ready)

const PERIOD = {number: 20_000, lengthMinutes: 1440}

describe('an instance behind a balancer', () => {
  it('reads introductions of clients that go by the master, a time period early, right and late', () => {
    const master = generateEd25519().public
    const subcredentials = new MasterSubcredentials([master]).around(PERIOD)
    assert.equal(subcredentials.length, 3)
    for (const number of [PERIOD.number, PERIOD.number - 1, PERIOD.number + 1]) {
      assert.ok(isRead(master, {...PERIOD, number}, subcredentials), `period ${number}`)
    }
    assert.equal(isRead(master, {...PERIOD, number: PERIOD.number + 2}, subcredentials), false)
    assert.equal(isRead(generateEd25519().public, PERIOD, subcredentials), false)
  })

  it('has those of every master, the present period first', () => {
    const masters = [generateEd25519().public, generateEd25519().public]
    const around = new MasterSubcredentials(masters).around(PERIOD)
    assert.equal(around.length, 6)
    assert.deepEqual(
      around.slice(0, 2),
      masters.map(master => subcredentialOf(master, PERIOD))
    )
  })

  it('takes up another period when there is one', () => {
    const of = new MasterSubcredentials([generateEd25519().public])
    const next = {...PERIOD, number: PERIOD.number + 1}
    assert.deepEqual(of.around(PERIOD)[2], of.around(next)[0])
  })
})

describe('ob_config', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ramson-ob-'))
  chmodSync(directory, 0o700)
  after(() => rmSync(directory, {recursive: true, force: true}))
  const write = (text: string) => writeFileSync(join(directory, 'ob_config'), text)
  const masters = () => loadOnionBalanceMasters(directory)

  it('must be there', () => {
    const loaded = masters()
    assert.ok(!loaded.ok && loaded.fault.data?.message.includes('is missing'))
  })

  it('names one address a line', () => {
    const [a, b] = [generateEd25519().public, generateEd25519().public]
    write(
      `MasterOnionAddress ${printOnionAddress(a)}\n# a remark\n\nmasteronionaddress ${printOnionAddress(b)}\n`
    )
    assert.deepEqual(masters(), {ok: true, value: [a, b]})
  })

  for (const [what, text] of [
    ['nothing', '\n'],
    ['an address that is none', 'MasterOnionAddress example.onion\n'],
    ['another option', 'Master x.onion\n']
  ] as const) {
    it(`is refused with ${what}`, () => {
      write(text)
      assert.equal(masters().ok, false)
    })
  }

  it('names at most sixteen', () => {
    const line = () => `MasterOnionAddress ${printOnionAddress(generateEd25519().public)}\n`
    write(Array.from({length: 17}, line).join(''))
    const loaded = masters()
    assert.ok(!loaded.ok && loaded.fault.code === 'too-large')
  })
})

function subcredentialOf(master: Uint8Array, period: typeof PERIOD): Uint8Array {
  const blinded = blindPublic(master, blindingParameter(master, period))
  assert.ok(blinded)
  return subcredential(master, blinded)
}

/** Whether what a client of the master sends in a period can be decrypted with these. */
function isRead(master: Uint8Array, period: typeof PERIOD, subcredentials: readonly Uint8Array[]): boolean {
  const authKey = generateEd25519().public
  const encryptionKey = generateX25519Key()
  const state = openHsNtor({
    authKey,
    encryptionKey: encryptionKey.public,
    subcredential: subcredentialOf(master, period)
  })
  assert.ok(state.ok)
  const header = fromText('header')
  const encrypted = encryptIntroduce(state.value, header, fromText('plaintext'))
  return decryptIntroduce({authKey, encryptionKey, subcredentials}, header, encrypted).ok
}
