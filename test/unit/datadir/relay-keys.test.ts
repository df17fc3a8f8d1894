import assert from 'node:assert/strict'
import {chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {equal} from '../../../src/bytes/octets.ts'
import {checkEd25519Cert} from '../../../src/crypto/ed25519-cert.ts'
import {x25519Public} from '../../../src/crypto/x25519.ts'
import {type DataDirCode, printDataDirFault} from '../../../src/datadir/fault.ts'
import {DEFAULT_ONION_KEY_SCHEDULE} from '../../../src/datadir/onion-key-files.ts'
import {
  loadOrCreateRelayKeys,
  type RelayKeyOptions,
  type RelayKeys,
  tendRelayKeys
} from '../../../src/datadir/relay-keys.ts'
import {CertType} from '../../../src/wire/certs.ts'

const DAY = 86_400_000
const NOW = new Date('2026-11-22T10:20:30Z')

const folders: string[] = []
after(() => {
  for (const folder of folders) rmSync(folder, {recursive: true, force: true})
})

function optionsIn(folder: string): RelayKeyOptions {
  return {
    keyDirectory: folder,
    signingKeyLifetimeMs: 30 * DAY,
    signingKeySlopMs: DAY,
    offlineMasterKey: false
  }
}

function fresh(): RelayKeyOptions {
  const folder = mkdtempSync(join(tmpdir(), 'ramson-keys-'))
  folders.push(folder)
  return optionsIn(join(folder, 'keys'))
}

function later(days: number): Date {
  return new Date(NOW.getTime() + days * DAY)
}

async function load(options: RelayKeyOptions, now = NOW): Promise<RelayKeys> {
  const loaded = await loadOrCreateRelayKeys(options, now)
  return loaded.ok ? loaded.value.keys : assert.fail(printDataDirFault(loaded.fault))
}

async function refused(options: RelayKeyOptions, now = NOW): Promise<DataDirCode> {
  const loaded = await loadOrCreateRelayKeys(options, now)
  return loaded.ok ? assert.fail('was loaded') : loaded.fault.code
}

function tend(keys: RelayKeys, options: RelayKeyOptions, now: Date): RelayKeys {
  const tended = tendRelayKeys(keys, options, DEFAULT_ONION_KEY_SCHEDULE, now)
  return tended.ok ? tended.value : assert.fail(printDataDirFault(tended.fault))
}

function without(options: RelayKeyOptions, ...names: string[]): void {
  for (const name of names) rmSync(join(options.keyDirectory, name))
}

test('an empty directory gets all keys, for the owner alone', async () => {
  const options = fresh()
  const {identity, onion} = await load(options)
  assert.deepEqual(readdirSync(options.keyDirectory).sort(), [
    'ed25519_master_id_public_key',
    'ed25519_master_id_secret_key',
    'ed25519_signing_cert',
    'ed25519_signing_secret_key',
    'secret_id_key',
    'secret_onion_key',
    'secret_onion_key_ntor'
  ])
  assert.equal(statSync(options.keyDirectory).mode & 0o777, 0o700)
  for (const name of readdirSync(options.keyDirectory)) {
    assert.equal(statSync(join(options.keyDirectory, name)).mode & 0o777, 0o600, name)
  }
  assert.equal(identity.rsa.public.bits, 1024)
  assert.equal(onion.tap.public.bits, 1024)
  assert.equal(onion.setAt, NOW)
  assert.ok(equal(x25519Public(onion.ntor.secret), onion.ntor.public))
  assert.equal((onion.ntor.secret[0] ?? 0) & 7, 0)
})

test('the signing key is certified by the master identity, which is embedded, for its lifetime up to the hour', async () => {
  const {identity} = await load(fresh())
  const demands = {
    type: CertType.IDENTITY_V_SIGNING,
    signer: identity.ed25519,
    embedded: 'required',
    now: NOW
  } as const
  const checked = checkEd25519Cert(identity.signing.cert, demands)
  assert.ok(checked.ok)
  assert.ok(equal(checked.value.certifiedKey, identity.signing.key.public))
  assert.equal(identity.signing.expiresAt.toISOString(), '2026-12-22T11:00:00.000Z')
})

test('a second start finds the same keys', async () => {
  const options = {...fresh(), lastRotatedOnionKey: later(-3)}
  const first = await load(options)
  const second = await load(options, later(1))
  assert.ok(equal(first.identity.ed25519, second.identity.ed25519))
  assert.ok(equal(first.identity.rsa.public.der, second.identity.rsa.public.der))
  assert.ok(equal(first.identity.signing.cert, second.identity.signing.cert))
  assert.ok(equal(first.onion.ntor.secret, second.onion.ntor.secret))
  assert.equal(second.onion.setAt, options.lastRotatedOnionKey)
})

test('a rotation time that lies ahead does not keep the onion keys for ever', async () => {
  const options = {...fresh(), lastRotatedOnionKey: later(400)}
  assert.equal((await load(options)).onion.setAt, NOW)
})

test('both identities or none: one without the other is refused and nothing is made', async () => {
  for (const missing of [
    ['secret_id_key'],
    [
      'ed25519_master_id_public_key',
      'ed25519_master_id_secret_key',
      'ed25519_signing_cert',
      'ed25519_signing_secret_key'
    ]
  ]) {
    const options = fresh()
    await load(options)
    without(options, ...missing)
    const before = readdirSync(options.keyDirectory)
    assert.equal(await refused(options), 'half-identity')
    assert.deepEqual(readdirSync(options.keyDirectory), before)
  }
})

test('a signing key that is about to expire is replaced, by tending and at a start', async () => {
  const options = fresh()
  const keys = await load(options)
  assert.equal(tend(keys, options, later(28)).identity.signing, keys.identity.signing)
  const tended = tend(keys, options, later(29.5)).identity
  assert.ok(!equal(tended.signing.key.public, keys.identity.signing.key.public))
  assert.ok(tended.signing.expiresAt >= later(59.5))
  assert.ok(equal((await load(options, later(30))).identity.signing.cert, tended.signing.cert))
  const atStart = await load(options, later(100))
  assert.ok(atStart.identity.signing.expiresAt > later(129))
  assert.ok(equal(atStart.identity.ed25519, keys.identity.ed25519))
})

test('with the master key elsewhere the signing key works until it expires, and then the start is refused', async () => {
  const made = fresh()
  const keys = await load(made)
  without(made, 'ed25519_master_id_secret_key')
  for (const options of [made, {...made, offlineMasterKey: true}]) {
    assert.ok(equal((await load(options, later(29.5))).identity.signing.cert, keys.identity.signing.cert))
    assert.equal(await refused(options, later(31)), 'master-key-missing')
  }
  without(made, 'ed25519_master_id_public_key')
  assert.ok(equal((await load(made)).identity.ed25519, keys.identity.ed25519))
  assert.ok(readdirSync(made.keyDirectory).includes('ed25519_master_id_public_key'))
})

test('OfflineMasterKey makes no identity and does not look at a master key that is there', async () => {
  assert.equal(await refused({...fresh(), offlineMasterKey: true}), 'master-key-missing')
  const options = fresh()
  await load(options)
  assert.equal(await refused({...options, offlineMasterKey: true}, later(31)), 'master-key-missing')
})

test('files that do not belong together are refused', async () => {
  const ours = fresh()
  const theirs = fresh()
  await load(ours)
  await load(theirs)
  const swap = async (name: string): Promise<DataDirCode> => {
    const path = join(ours.keyDirectory, name)
    const before = readFileSync(path)
    writeFileSync(path, readFileSync(join(theirs.keyDirectory, name)))
    const code = await refused(ours)
    writeFileSync(path, before)
    return code
  }
  assert.equal(await swap('ed25519_master_id_public_key'), 'key-mismatch')
  assert.equal(await swap('ed25519_master_id_secret_key'), 'key-mismatch')
  assert.equal(await swap('ed25519_signing_secret_key'), 'key-mismatch')
  assert.equal(await swap('ed25519_signing_cert'), 'key-mismatch')
  await load(ours)
})

test('every key file that is cut, grown or of another kind is refused by name, and left alone', async () => {
  const options = fresh()
  await load(options)
  for (const name of readdirSync(options.keyDirectory)) {
    const path = join(options.keyDirectory, name)
    const good = readFileSync(path)
    for (const bad of [
      good.subarray(0, good.length / 2),
      Buffer.concat([good, good]),
      Buffer.from('something')
    ]) {
      writeFileSync(path, bad)
      const loaded = await loadOrCreateRelayKeys(options, NOW)
      // Of two PEM texts OpenSSL reads the first.
      if (loaded.ok) assert.ok(good.includes('BEGIN') && bad.length > good.length, name)
      else assert.deepEqual([loaded.fault.code, loaded.fault.data?.path], ['malformed-key', path])
      assert.ok(equal(readFileSync(path), bad))
    }
    writeFileSync(path, good)
  }
  await load(options)
})

test('an empty onion key file, as a crash may leave it, is replaced', async () => {
  const options = fresh()
  await load(options)
  for (const name of ['secret_onion_key', 'secret_onion_key_ntor']) {
    writeFileSync(join(options.keyDirectory, name), '')
  }
  const {onion} = await load(options)
  assert.equal(onion.tap.public.bits, 1024)
})

test('onion keys rotate at 28 days; the one before is answered for 7 days more', async () => {
  const options = fresh()
  const keys = await load(options)
  assert.equal(tend(keys, options, later(27.9)).onion, keys.onion)
  const rotated = tend(keys, options, later(28))
  assert.ok(!equal(rotated.onion.ntor.public, keys.onion.ntor.public))
  assert.ok(!equal(rotated.onion.tap.public.der, keys.onion.tap.public.der))
  assert.ok(equal(rotated.onion.previousNtor?.secret ?? new Uint8Array(), keys.onion.ntor.secret))
  assert.deepEqual(rotated.onion.setAt, later(28))
  const restarted = await load({...options, lastRotatedOnionKey: later(28)}, later(30))
  assert.ok(equal(restarted.onion.previousNtor?.secret ?? new Uint8Array(), keys.onion.ntor.secret))
  assert.equal(tend(restarted, options, later(34.9)).onion, restarted.onion)
  const forgotten = tend(restarted, options, later(35))
  assert.equal(forgotten.onion.previousNtor, undefined)
  assert.ok(equal(forgotten.onion.ntor.secret, rotated.onion.ntor.secret))
  assert.equal(readdirSync(options.keyDirectory).filter(name => name.endsWith('.old')).length, 0)
})

test('rights that others have are taken away, with a notice', async () => {
  const options = fresh()
  await load(options)
  chmodSync(options.keyDirectory, 0o755)
  chmodSync(join(options.keyDirectory, 'secret_id_key'), 0o644)
  const loaded = await loadOrCreateRelayKeys(options, NOW)
  assert.ok(loaded.ok)
  assert.equal(loaded.value.notices.length, 2)
  assert.equal(statSync(options.keyDirectory).mode & 0o777, 0o700)
  assert.equal(statSync(join(options.keyDirectory, 'secret_id_key')).mode & 0o777, 0o600)
})

test('a key directory that is a file, or lies below one, is refused', async () => {
  const options = fresh()
  writeFileSync(options.keyDirectory, 'x')
  assert.equal(await refused(options), 'not-a-directory')
  assert.equal(await refused(optionsIn(join(options.keyDirectory, 'below'))), 'not-a-directory')
})
