import assert from 'node:assert/strict'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {toBase32} from '../../../src/bytes/base32.ts'
import {fromText} from '../../../src/bytes/octets.ts'
import {ed25519Ready, generateEd25519} from '../../../src/crypto/ed25519.ts'
import {printOnionAddress} from '../../../src/crypto/hs/onion-address.ts'
import {generateX25519} from '../../../src/crypto/x25519.ts'
import {
  loadClientAuthKeys,
  parseClientAuthKey,
  printClientAuthKey
} from '../../../src/datadir/client-auth-files.ts'

describe('ClientOnionAuthDir', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ramson-auth-'))
  before(() => ed25519Ready)
  after(() => rmSync(directory, {recursive: true}))

  const write = (name: string, text: string) => writeFileSync(join(directory, name), text, {mode: 0o600})

  it('has a key for each service that one of its files names, the first where there are two', () => {
    const [one, two] = [generateEd25519().public, generateEd25519().public]
    const [first, second, third] = [generateX25519(), generateX25519(), generateX25519()]
    write('a.auth_private', printClientAuthKey({identity: one, secret: first.secret}))
    write('b.auth_private', printClientAuthKey({identity: one, secret: second.secret}))
    write('c.auth_private', printClientAuthKey({identity: two, secret: third.secret}))
    write('d.auth_private', 'nonsense\n')
    write('e.txt', printClientAuthKey({identity: two, secret: first.secret}))
    const loaded = loadClientAuthKeys(directory)
    assert.ok(loaded.ok)
    const keys = loaded.value
    assert.equal(keys.size, 2)
    assert.deepEqual(keys.keyFor(one), first.secret)
    assert.deepEqual(keys.keyFor(two), third.secret)
    assert.equal(keys.keyFor(generateEd25519().public), undefined)
    assert.deepEqual(
      keys.notices.map(notice => /\/([a-e])\.\S+ was passed over/.exec(notice)?.[1]),
      ['b', 'd', 'e']
    )
  })

  it('reads what C tor writes, upper or lower case, and nothing else', () => {
    const {public: identity} = generateEd25519()
    const {secret} = generateX25519()
    const address = printOnionAddress(identity).replace('.onion', '')
    const text = toBase32(secret)
    const parse = (line: string) => parseClientAuthKey(fromText(line))
    for (const line of [
      `${address}:descriptor:x25519:${text}`,
      ` ${address}:descriptor:x25519:${text.toUpperCase()}\n`
    ]) {
      assert.deepEqual(parse(line), {identity, secret})
    }
    const wrong = `${address.startsWith('a') ? 'b' : 'a'}${address.slice(1)}`
    for (const line of [
      '',
      `${address}:descriptor:x25519`,
      `${address}:descriptor:x25519:${text}:more`,
      `${address}:stealth:x25519:${text}`,
      `${address}:descriptor:x448:${text}`,
      `${address}.onion:descriptor:x25519:${text}`,
      `${wrong}:descriptor:x25519:${text}`,
      `${address}:descriptor:x25519:${text.slice(1)}`,
      `${address}:descriptor:x25519:${'a'.repeat(52)}`
    ]) {
      assert.equal(parse(line), undefined, line)
    }
  })
})
