// A DataDirectory that C tor wrote, octet for octet: read by us, and written again by us as the same octets.

import assert from 'node:assert/strict'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {after, before, test} from 'node:test'
import {toBase16Upper} from '../../src/bytes/base16.ts'
import {toBase64Unpadded} from '../../src/bytes/base64.ts'
import {equal} from '../../src/bytes/octets.ts'
import {ed25519Ready} from '../../src/crypto/ed25519.ts'
import {rsaIdentity, rsaPublicPem} from '../../src/crypto/rsa.ts'
import {fingerprintLine, writeFingerprints} from '../../src/datadir/fingerprint.ts'
import {familyKeyFile, type KeyFile, keyFiles} from '../../src/datadir/key-file.ts'
import {loadOrCreateRelayKeys, type RelayKeys} from '../../src/datadir/relay-keys.ts'
import {loadState, parseState, printState} from '../../src/datadir/state-file.ts'
import {readVectors} from '../support/package-root.ts'

interface Sample {
  readonly family_id_line: string
  readonly files: Readonly<Record<string, {readonly mode: string; readonly bytes_hex: string}>>
  readonly server_descriptor: string
}

const sample = readVectors<Sample>('datadir_sample.json')
const folder = mkdtempSync(join(tmpdir(), 'ramson-datadir-'))
after(() => rmSync(folder, {recursive: true}))

/** When the sample was taken. */
const THEN = new Date('2026-11-22T10:43:00Z')

function octetsOf(name: string): Buffer {
  const file = sample.files[name]
  assert.ok(file, `the sample has no ${name}`)
  return Buffer.from(file.bytes_hex, 'hex')
}

before(async () => {
  await ed25519Ready
  for (const [name, {mode}] of Object.entries(sample.files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), {recursive: true, mode: 0o700})
    writeFileSync(path, octetsOf(name), {mode: Number.parseInt(mode, 8)})
  }
})

async function load(): Promise<RelayKeys> {
  const state = loadState(folder)
  assert.ok(state.ok)
  const loaded = await loadOrCreateRelayKeys(
    {
      keyDirectory: join(folder, 'keys'),
      signingKeyLifetimeMs: 30 * 86_400_000,
      signingKeySlopMs: 86_400_000,
      offlineMasterKey: false,
      lastRotatedOnionKey: state.value.time('LastRotatedOnionKey')
    },
    THEN
  )
  assert.ok(loaded.ok)
  assert.deepEqual(loaded.value.notices, [])
  return loaded.value.keys
}

function rewrite<T>(file: KeyFile<T>): Uint8Array {
  const value = file.decode(octetsOf(`keys/${file.name}`))
  assert.notEqual(value, undefined)
  return file.encode(value as T)
}

test('every key file is read and written again as the same octets', () => {
  const files: KeyFile<unknown>[] = [
    keyFiles.identityRsa,
    keyFiles.masterSecret,
    keyFiles.masterPublic,
    keyFiles.signingSecret,
    keyFiles.signingCert,
    keyFiles.onionTap,
    keyFiles.onionNtor,
    familyKeyFile('fam')
  ] as KeyFile<unknown>[]
  for (const file of files) {
    assert.ok(equal(rewrite(file), octetsOf(`keys/${file.name}`)), file.name)
  }
  const keysInSample = Object.keys(sample.files).filter(name => name.startsWith('keys/'))
  assert.deepEqual(keysInSample.sort(), files.map(file => `keys/${file.name}`).sort())
})

test('loading the directory changes no file in it', async () => {
  await load()
  for (const name of Object.keys(sample.files)) {
    assert.ok(equal(readFileSync(join(folder, name)), octetsOf(name)), name)
  }
})

test('the keys are those of the descriptor that C tor made with them', async () => {
  const {identity, onion} = await load()
  const hex = toBase16Upper(rsaIdentity(identity.rsa.public))
  const grouped = hex.match(/.{4}/g)?.join(' ')
  assert.match(sample.server_descriptor, new RegExp(`^fingerprint ${grouped}$`, 'm'))
  assert.ok(sample.server_descriptor.includes(`master-key-ed25519 ${toBase64Unpadded(identity.ed25519)}\n`))
  assert.ok(sample.server_descriptor.includes(`ntor-onion-key ${toBase64Unpadded(onion.ntor.public)}\n`))
  assert.ok(sample.server_descriptor.includes(`onion-key\n${rsaPublicPem(onion.tap.public)}`))
  assert.ok(sample.server_descriptor.includes(`signing-key\n${rsaPublicPem(identity.rsa.public)}`))
  const cert = Buffer.from(identity.signing.cert).toString('base64')
  assert.ok(sample.server_descriptor.replaceAll('\n', '').includes(cert))
  assert.equal(identity.signing.expiresAt.toISOString(), '2026-12-22T11:00:00.000Z')
  assert.equal(onion.setAt.toISOString(), '2026-11-22T10:31:10.000Z')
  assert.equal(onion.previousNtor, undefined)
  const family = familyKeyFile('fam').decode(octetsOf('keys/fam.secret_family_key'))
  assert.ok(family)
  assert.equal(sample.family_id_line, `FamilyId ${toBase64Unpadded(family.public)}`)
})

test('the fingerprint files are written as C tor wrote them', async () => {
  const {identity} = await load()
  assert.equal(octetsOf('fingerprint').toString(), fingerprintLine('scratchrelay', identity, 'rsa', 'plain'))
  const ed25519 = fingerprintLine('scratchrelay', identity, 'ed25519', 'plain')
  assert.equal(octetsOf('fingerprint-ed25519').toString(), ed25519)
  rmSync(join(folder, 'fingerprint'))
  assert.ok(writeFingerprints(folder, 'scratchrelay', identity).ok)
  assert.ok(equal(readFileSync(join(folder, 'fingerprint')), octetsOf('fingerprint')))
})

test('the state file is written as C tor wrote it, but for the time on top', () => {
  const text = octetsOf('state').toString()
  const withoutTime = (state: string) => state.replace(/on \S+ \S+ local/, 'on … local')
  const state = parseState(text)
  assert.equal(withoutTime(printState(state, THEN)), withoutTime(text))
  assert.equal(state.get('TorVersion'), 'Tor 0.4.9.11')
  assert.equal(state.time('LastWritten')?.toISOString(), '2026-11-22T10:42:53.000Z')
})
