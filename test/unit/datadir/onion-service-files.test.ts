// An onion service's directory: what is made, what is kept, what is refused. That C tor reads and writes the same is shown
// among C tor.

import assert from 'node:assert/strict'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, beforeEach, describe, test} from 'node:test'
import {ed25519Ready} from '../../../src/crypto/ed25519.ts'
import {parseOnionAddress} from '../../../src/crypto/hs/onion-address.ts'
import {generateX25519} from '../../../src/crypto/x25519.ts'
import {
  loadOnionService,
  parseAuthorizedClient,
  printAuthorizedClient
} from '../../../src/datadir/onion-service-files.ts'

describe('the directory of an onion service', () => {
  let top = ''
  let directory = ''
  let count = 0
  before(async () => {
    await ed25519Ready
    top = mkdtempSync(join(tmpdir(), 'ramson-service-'))
  })
  after(() => rmSync(top, {recursive: true}))
  beforeEach(() => {
    directory = join(top, `service${count++}`)
  })

  const load = () => {
    const loaded = loadOnionService(directory)
    assert.ok(loaded.ok, JSON.stringify(loaded))
    return loaded.value
  }
  const faultOf = () => {
    const loaded = loadOnionService(directory)
    assert.ok(!loaded.ok)
    return loaded.fault.code
  }
  const clientFile = (name: string, text: string) => {
    mkdirSync(join(directory, 'authorized_clients'), {recursive: true, mode: 0o700})
    writeFileSync(join(directory, 'authorized_clients', name), text)
  }

  test('is made with an identity and its address, which stay', () => {
    const {address, identity, authorizedClients} = load()
    assert.deepEqual(parseOnionAddress(address), identity.public)
    assert.equal(readFileSync(join(directory, 'hostname'), 'latin1'), `${address}\n`)
    assert.deepEqual(authorizedClients, [])
    assert.equal(statSync(directory).mode & 0o777, 0o700)
    const again = load()
    assert.equal(again.address, address)
    assert.deepEqual(again.identity, identity)
  })

  test('has key files with the headers of C tor', () => {
    load()
    const secret = readFileSync(join(directory, 'hs_ed25519_secret_key'))
    const published = readFileSync(join(directory, 'hs_ed25519_public_key'))
    assert.equal(secret.length, 32 + 64)
    assert.equal(secret.subarray(0, 29).toString('latin1'), '== ed25519v1-secret: type0 ==')
    assert.equal(published.length, 32 + 32)
    assert.equal(published.subarray(0, 29).toString('latin1'), '== ed25519v1-public: type0 ==')
  })

  test('gets back a public key and a hostname that are missing', () => {
    const {address} = load()
    rmSync(join(directory, 'hs_ed25519_public_key'))
    rmSync(join(directory, 'hostname'))
    assert.equal(load().address, address)
    assert.equal(readFileSync(join(directory, 'hostname'), 'latin1'), `${address}\n`)
    assert.equal(readFileSync(join(directory, 'hs_ed25519_public_key')).length, 64)
  })

  test('never gets a new address because the secret is missing, cut off or another one', () => {
    load()
    const file = join(directory, 'hs_ed25519_secret_key')
    const octets = readFileSync(file)
    rmSync(file)
    assert.equal(faultOf(), 'half-identity')
    writeFileSync(file, octets.subarray(0, 95))
    assert.equal(faultOf(), 'malformed-key')
    const other = Buffer.from(octets)
    other.writeUInt8((octets[40] ?? 0) ^ 8, 40)
    writeFileSync(file, other)
    assert.equal(faultOf(), 'key-mismatch')
  })

  test('names the clients that may find the service', () => {
    const [a, b] = [generateX25519().public, generateX25519().public]
    clientFile('alice.auth', printAuthorizedClient(a))
    clientFile('bob.auth', printAuthorizedClient(b).toLowerCase().trim())
    clientFile('bob-again.auth', printAuthorizedClient(b))
    clientFile('readme', 'not a client')
    const {authorizedClients, notices} = load()
    assert.deepEqual(new Set(authorizedClients.map(key => Buffer.from(key).toString('hex'))).size, 2)
    assert.ok(notices.some(notice => notice.includes('readme')))
  })

  test('refuses to let everybody in when no client can be read', () => {
    clientFile('alice.auth', 'descriptor:x25519:abc\n')
    assert.equal(faultOf(), 'malformed-key')
    clientFile('bob.auth', printAuthorizedClient(generateX25519().public))
    assert.equal(load().authorizedClients.length, 1)
  })

  test('a client is written as descriptor:x25519:<base32>, and nothing else is one', () => {
    const key = generateX25519().public
    const text = printAuthorizedClient(key).trim()
    const parse = (line: string) => parseAuthorizedClient(new Uint8Array(Buffer.from(line)))
    assert.deepEqual(parse(text), key)
    const body = text.split(':')[2] ?? ''
    for (const bad of ['', body, `x:x25519:${body}`, `descriptor:rsa:${body}`, `${text}:more`, `${text}aa`]) {
      assert.equal(parse(bad), undefined, bad)
    }
  })
})
