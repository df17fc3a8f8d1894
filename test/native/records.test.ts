// The native record layer of TLS 1.3 on every kernel: AES-GCM against node:crypto, and connections against node:tls, whose
// handshake a TLSSocket does and whose records are then sealed and opened with the secrets that it tells.

import assert from 'node:assert/strict'
import {createCipheriv} from 'node:crypto'
import {once} from 'node:events'
import {type AddressInfo, createServer, connect as netConnect, Socket} from 'node:net'
import {describe, it} from 'node:test'
import {connect, createSecureContext, TLSSocket} from 'node:tls'
import fc from 'fast-check'
import {concat} from '../../src/bytes/octets.ts'
import {type Addon, AddonStatus, NativeRecordEnd} from '../../src/crypto/binding.ts'
import {generateRsa} from '../../src/crypto/rsa.ts'
import {makeTlsCertificates} from '../../src/crypto/x509.ts'
import {RecordTap} from '../../src/dataplane/record-tap.ts'
import {TrafficSecrets} from '../../src/dataplane/traffic-secrets.ts'
import {onAddon} from '../support/addon.ts'

const SUITES = [
  {name: 'TLS_AES_128_GCM_SHA256', number: 0x1301},
  {name: 'TLS_AES_256_GCM_SHA384', number: 0x1302}
] as const
const [CLIENT, SERVER] = [0, 1]
const [SEAL, OPEN] = [0, 1]
const TAG = 16
const DATA = Uint8Array.from({length: 300_000}, (_, i) => (i * 7) ^ (i >> 8))

const octets = (size: number) => fc.uint8Array({minLength: size, maxLength: size})
const plaintext = fc.oneof(fc.uint8Array({maxLength: 1700, size: 'max'}), octets(16_385))

/** Identity and link key, and what a TLS server shows of them. */
const certificates = makeTlsCertificates({identity: generateRsa(1024), now: new Date()})

/** What came of a connection whose records the addon did at our end. */
interface Exchange {
  /** What node:tls received from us. */
  readonly received: Uint8Array
  /** What it sent, and how that ended. */
  readonly opened: Uint8Array
  readonly report: readonly number[]
}

/** Two ends of a connection: ours over a tap, and one that node:tls has alone, which answers with DATA and ends. */
async function connected(suite: string, isServer: boolean) {
  const {linkKeyPem: key, linkCertPem: cert} = await certificates
  const context = createSecureContext({key, cert, ciphers: suite, minVersion: 'TLSv1.3'})
  const listener = createServer({pauseOnConnect: true}).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const far = netConnect((listener.address() as AddressInfo).port, '127.0.0.1')
  const [near] = (await once(listener, 'connection')) as [Socket]
  listener.close()
  const tap = new RecordTap(near)
  const end = (socket: RecordTap | Socket, serves: boolean) =>
    serves
      ? new TLSSocket(socket, {isServer: true, secureContext: context})
      : connect({socket, secureContext: context, rejectUnauthorized: false})
  const [ours, theirs] = [end(tap, isServer), end(far, !isServer)]
  const secrets = new TrafficSecrets()
  ours.on('keylog', (line: Buffer) => secrets.note(line))
  const arrived: Uint8Array[] = []
  theirs.on('data', (chunk: Buffer) => arrived.push(chunk))
  theirs.once('data', () => theirs.write(DATA))
  const ended = once(theirs, 'end')
  const secure = (socket: TLSSocket, serves: boolean) => once(socket, serves ? 'secure' : 'secureConnect')
  await Promise.all([secure(ours, isServer), secure(theirs, !isServer)])
  return {tap, ours, secrets, theirs, arrived, ended}
}

/** A TLSSocket does the handshake, and the addon all records after it. */
async function exchange(
  addon: Addon,
  kernel: number,
  suite: (typeof SUITES)[number],
  isServer: boolean
): Promise<Exchange> {
  const {tap, secrets, theirs, arrived, ended} = await connected(suite.name, isServer)
  tap.stop()
  while (!tap.isIdle) await new Promise(setImmediate)
  // Tickets come out after the handshake is said to be over.
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
  const {client = new Uint8Array(0), server = new Uint8Array(0)} = secrets
  const [reading, writing] = isServer ? [client, server] : [server, client]
  const open = (secret: Uint8Array, sequence: number, data: Uint8Array) => {
    const report = new Uint32Array(5)
    // Tickets come from servers: whoever reads them is a client.
    const end = secret === client ? SERVER : CLIENT
    assert.equal(addon.openRecords(kernel, suite.number, end, secret, sequence, data, report), undefined)
    return report
  }
  const opens = (secret: Uint8Array) => (record: Uint8Array) =>
    open(secret, 0, record.slice())[0] === NativeRecordEnd.MORE
  // None came or went under the last secrets yet, or else it was the first of its kind that was kept.
  const sent = tap.sent.countFrom(opens(writing)) ?? 0
  const read = tap.received.countFrom(opens(reading)) ?? 0
  const taken = tap.letGo(descriptor => addon.duplicateDescriptor(descriptor))
  assert.ok(taken !== undefined)
  const raw = new Socket({fd: taken.descriptor})
  const chunks: Uint8Array[] = [taken.behind.slice()]
  raw.on('data', (chunk: Buffer) => chunks.push(chunk))

  const records = new Uint8Array(DATA.length + 1000 * 22)
  const size = addon.sealRecords(kernel, suite.number, writing, sent, DATA, 5000, records)
  assert.ok(size > DATA.length)
  raw.write(records.subarray(0, size))
  await ended
  theirs.end()
  await once(raw, 'end')
  raw.destroy()
  const wire = concat(...chunks)
  const report = open(reading, read, wire)
  return {received: concat(...arrived), opened: wire.subarray(0, report[2]), report: [...report]}
}

onAddon(addon => {
  for (const [kernel, name] of addon.kernels.entries()) {
    describe(`records on ${name}`, () => {
      for (const bits of [128, 256] as const) {
        it(`AES-${bits}-GCM is node:crypto's, and opens what it has sealed, and nothing else`, () => {
          fc.assert(
            fc.property(
              octets(bits / 8),
              octets(12),
              fc.uint8Array({maxLength: 16}),
              plaintext,
              fc.nat(),
              (key, nonce, additional, plain, place) => {
                const cipher = createCipheriv(`aes-${bits}-gcm`, key, nonce).setAAD(additional)
                const wanted = concat(cipher.update(plain), cipher.final(), cipher.getAuthTag())
                const record = concat(plain, new Uint8Array(TAG))
                const run = (direction: number, data: Uint8Array) =>
                  addon.galoisMode(kernel, direction, key, nonce, additional, data, data.length)
                assert.equal(run(SEAL, record), 1)
                assert.deepEqual(record, wanted)
                const tampered = record.slice()
                const at = place % tampered.length
                tampered[at] = (tampered[at] ?? 0) ^ (1 << (place % 8))
                assert.equal(run(OPEN, tampered), 0)
                assert.equal(run(OPEN, record), 1)
                assert.deepEqual(record.subarray(0, plain.length), plain)
              }
            ),
            {numRuns: 200, seed: 3}
          )
        })
      }

      for (const suite of SUITES) {
        for (const isServer of [false, true]) {
          it(`${suite.name} as ${isServer ? 'a server' : 'a client'}: node:tls reads our records and KeyUpdate, and we its`, {
            timeout: 60_000
          }, async () => {
            const {received, opened, report} = await exchange(addon, kernel, suite, isServer)
            assert.deepEqual(received, DATA)
            assert.deepEqual(opened, DATA)
            assert.deepEqual(report, [NativeRecordEnd.CLOSED, 0, DATA.length, 0, 0])
          })
        }
      }
    })
  }

  it('sizes and choices that do not fit are refused, not read past', () => {
    const [key, nonce, none] = [new Uint8Array(16), new Uint8Array(12), new Uint8Array(0)]
    const gcm = (
      changes: {kernel?: number; direction?: number; key?: Uint8Array; nonce?: Uint8Array},
      step = 16
    ) =>
      addon.galoisMode(
        changes.kernel ?? 0,
        changes.direction ?? SEAL,
        changes.key ?? key,
        changes.nonce ?? nonce,
        none,
        new Uint8Array(48),
        step
      )
    assert.equal(gcm({}), 3)
    assert.equal(gcm({kernel: addon.kernels.length}), -AddonStatus.BAD_CHOICE)
    assert.equal(gcm({direction: 2}), -AddonStatus.BAD_CHOICE)
    assert.equal(gcm({key: key.subarray(1)}), -AddonStatus.BAD_SIZE)
    assert.equal(gcm({nonce: key}), -AddonStatus.BAD_SIZE)
    assert.equal(gcm({}, 15), -AddonStatus.BAD_SIZE)
    assert.equal(gcm({}, 17), -AddonStatus.BAD_SIZE)
    const secret = new Uint8Array(32)
    const seal = (suite: number, step: number, out: number) =>
      addon.sealRecords(0, suite, secret, 0, key, step, new Uint8Array(out))
    assert.equal(seal(0x1301, 16, 16 + 22 + 27 + 24), 16 + 22 + 27 + 24)
    assert.equal(seal(0x1301, 16, 16 + 22 + 27 + 23), -AddonStatus.BAD_SIZE)
    assert.equal(seal(0x1301, 0, 1000), -AddonStatus.BAD_SIZE)
    assert.equal(seal(0x1301, 16_385, 1000), -AddonStatus.BAD_SIZE)
    assert.equal(seal(0x1302, 16, 1000), -AddonStatus.BAD_CHOICE)
    assert.equal(seal(0x1303, 16, 1000), -AddonStatus.BAD_CHOICE)
    const open = (suite: number, end: number, report: number) =>
      addon.openRecords(0, suite, end, secret, 0, none, new Uint32Array(report))
    assert.equal(open(0x1301, CLIENT, 5), undefined)
    assert.equal(open(0x1301, CLIENT, 4), AddonStatus.BAD_SIZE)
    assert.equal(open(0x1301, 2, 5), AddonStatus.BAD_CHOICE)
    assert.equal(open(0x1302, CLIENT, 5), AddonStatus.BAD_CHOICE)
  })
})
