import assert from 'node:assert/strict'
import {chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, it} from 'node:test'
import {generateRsa, rsaFromPem, rsaIdentity, rsaToPem} from '../../../src/crypto/rsa.ts'
import {
  appendPinJournal,
  readPinJournal,
  readSharedRandom,
  writeSharedRandom
} from '../../../src/datadir/authority-files.ts'
import {
  drawAuthorityKeys,
  hasAuthorityKeys,
  loadOrCreateAuthorityKeys
} from '../../../src/datadir/authority-keys.ts'
import {parseAuthorityCert} from '../../../src/netdoc/authority-cert.ts'

const DAY_MS = 86_400_000
const now = new Date('2026-11-22T12:00:00Z')
const folder = mkdtempSync(join(tmpdir(), 'ramson-authority-keys-'))
after(() => rmSync(folder, {recursive: true, force: true}))

function load(at: Date) {
  const loaded = loadOrCreateAuthorityKeys(folder, at)
  assert.ok(loaded.ok, JSON.stringify(loaded))
  return loaded.value
}

describe('the keys of an authority', () => {
  it('are those that were drawn before, where there are none yet', async () => {
    const fresh = join(folder, 'fresh')
    assert.equal(hasAuthorityKeys(fresh), false)
    const drawn = await drawAuthorityKeys()
    const made = loadOrCreateAuthorityKeys(fresh, now, drawn)
    assert.ok(made.ok)
    assert.deepEqual(made.value.cert.identity, rsaIdentity(drawn.identity.public))
    assert.deepEqual(made.value.cert.signingKeyDigest, rsaIdentity(drawn.signing.public))
    assert.equal(hasAuthorityKeys(fresh), true)
    const again = loadOrCreateAuthorityKeys(fresh, now, await drawAuthorityKeys())
    assert.ok(again.ok)
    assert.deepEqual(again.value.cert.octets, made.value.cert.octets)
  })

  it('are made as tor-gencert makes them, for a year, for their owner alone', () => {
    const {cert, signingKey} = load(now)
    const identity = rsaFromPem(readFileSync(join(folder, 'authority_identity_key'), 'utf8'))
    assert.equal(identity?.public.bits, 3072)
    assert.equal(signingKey.public.bits, 2048)
    assert.deepEqual(cert.identity, rsaIdentity(identity?.public ?? assert.fail()))
    assert.equal(Number(cert.expires) - Number(now), 365 * DAY_MS)
    const text = readFileSync(join(folder, 'authority_certificate'), 'utf8')
    assert.ok(parseAuthorityCert(text).ok)
    assert.match(
      text,
      /^dir-key-certificate-version 3\nfingerprint [0-9A-F]{40}\ndir-key-published 2026-11-22 12:00:00\n/
    )
    assert.equal(statSync(join(folder, 'authority_signing_key')).mode & 0o777, 0o600)
  })

  it('are the same after a restart, and certified anew in the last month', () => {
    const {cert} = load(now)
    assert.deepEqual(load(new Date(Number(now) + 300 * DAY_MS)).cert.octets, cert.octets)
    const renewed = load(new Date(Number(now) + 340 * DAY_MS)).cert
    assert.notDeepEqual(renewed.signingKeyDigest, cert.signingKeyDigest)
    assert.deepEqual(renewed.identity, cert.identity)
  })

  it('do without an identity key until a new certificate is needed', () => {
    const path = join(folder, 'authority_identity_key')
    const pem = readFileSync(path)
    rmSync(path)
    const {cert} = load(now)
    const late = loadOrCreateAuthorityKeys(folder, new Date(Number(cert.expires) + DAY_MS))
    assert.ok(!late.ok)
    assert.equal(late.fault.code, 'master-key-missing')
    writeFileSync(path, rsaToPem(generateRsa(2048)))
    const other = loadOrCreateAuthorityKeys(folder, new Date(Number(cert.expires) + DAY_MS))
    assert.ok(!other.ok)
    assert.equal(other.fault.code, 'key-mismatch')
    writeFileSync(path, pem)
  })

  it('must belong together and be readable', () => {
    const path = join(folder, 'authority_signing_key')
    const pem = readFileSync(path)
    writeFileSync(path, rsaToPem(generateRsa(2048)))
    const mixed = loadOrCreateAuthorityKeys(folder, now)
    assert.ok(!mixed.ok)
    assert.equal(mixed.fault.code, 'key-mismatch')
    writeFileSync(path, 'no key')
    const broken = loadOrCreateAuthorityKeys(folder, now)
    assert.ok(!broken.ok)
    assert.equal(broken.fault.code, 'malformed-key')
    writeFileSync(path, pem)
    chmodSync(path, 0o600)
  })
})

describe('what an authority keeps', () => {
  it('is there again: pins line by line, shared random numbers as a whole', () => {
    assert.deepEqual(readPinJournal(folder), {ok: true, value: ''})
    assert.ok(appendPinJournal(folder, 'a b\n').ok && appendPinJournal(folder, 'c d\n').ok)
    assert.deepEqual(readPinJournal(folder), {ok: true, value: 'a b\nc d\n'})
    assert.deepEqual(readSharedRandom(folder), {ok: true, value: undefined})
    assert.ok(writeSharedRandom(folder, 'x\n').ok)
    assert.deepEqual(readSharedRandom(folder), {ok: true, value: 'x\n'})
    assert.equal(appendPinJournal(join(folder, 'nowhere'), 'x').ok, false)
  })
})
