// OpenSSL as the peer of a native link: TLS 1.3 keys that follow on keys, on its side and, where it asks for that, on ours
// (RFC 8446, section 4.6.3). Its s_client updates its key when a line says K (and ours, too) or k.

import assert from 'node:assert/strict'
import {type ChildProcessWithoutNullStreams, spawn, spawnSync} from 'node:child_process'
import {after, before, describe, it} from 'node:test'
import {loadAddon} from '../../src/crypto/binding.ts'
import {startCore, type TestCore} from '../support/core.ts'
import {RawCommand} from '../support/raw-link.ts'
import {waitUntil} from '../support/wait-until.ts'

const SOON = {timeoutMs: 20_000, everyMs: 20}

/** False when there is what this needs; otherwise the reason to leave it out. */
function whyNot(): string | false {
  const {reason} = loadAddon()
  if (reason !== undefined) return reason
  if (spawnSync('openssl', ['version']).error === undefined) return false
  if (process.env['RAMSON_REQUIRE_TOR'] === '1') throw new Error('openssl is not installed')
  return 'openssl is not installed'
}

/** A link of link protocol 4 over `openssl s_client`, which says on stderr what it does. */
class OpensslLink {
  readonly process: ChildProcessWithoutNullStreams
  #received = Buffer.alloc(0)
  #said = ''

  constructor(port: number) {
    this.process = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-brief', '-tls1_3'])
    this.process.stdout.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk])
    })
    this.process.stderr.on('data', (chunk: Buffer) => {
      this.#said += chunk.toString()
    })
  }

  async handshake(): Promise<void> {
    await waitUntil('TLS', SOON, () => this.#said.includes('Protocol version: TLSv1.3'))
    this.process.stdin.write(Buffer.of(0, 0, RawCommand.VERSIONS, 0, 2, 0, 4))
    await waitUntil('the link handshake of the relay', SOON, () => this.#received.length > 514)
    this.#send(0, RawCommand.NETINFO, Buffer.of(0, 0, 0, 0, 4, 4, 127, 0, 0, 1, 0))
  }

  /** Updates its key and, with `asks`, has the relay update its own. */
  async updateKey(asks: boolean): Promise<void> {
    const before = this.#said.split('KEYUPDATE').length
    this.process.stdin.write(asks ? 'K\n' : 'k\n')
    await waitUntil('a key update', SOON, () => this.#said.split('KEYUPDATE').length > before)
  }

  async createFast(circuitId: number): Promise<void> {
    this.#send(circuitId, RawCommand.CREATE_FAST, new Uint8Array(20))
    const answer = Buffer.alloc(5)
    answer.writeUInt32BE(circuitId)
    answer[4] = RawCommand.CREATED_FAST
    await waitUntil('CREATED_FAST', SOON, () => this.#received.includes(answer))
  }

  #send(circuitId: number, command: number, body: Uint8Array): void {
    const cell = Buffer.alloc(514)
    cell.writeUInt32BE(circuitId)
    cell[4] = command
    cell.set(body, 5)
    this.process.stdin.write(cell)
  }
}

describe('OpenSSL as the peer of a native link', {skip: whyNot()}, () => {
  let relay: TestCore
  let link: OpensslLink

  before(async () => {
    process.env['RAMSON_SHARDS'] = '1'
    relay = await startCore()
    link = new OpensslLink(relay.hop.addresses[0]?.port ?? 0)
    await link.handshake()
  })

  after(async () => {
    link.process.kill()
    await relay.close()
  })

  it('goes on when its key is updated, whether it asks for ours or not', async () => {
    for (const [i, asks] of [true, false, true, true, false].entries()) {
      await link.createFast(0x80000001 + 2 * i)
      await link.updateKey(asks)
      await link.createFast(0x80000002 + 2 * i)
    }
    assert.equal(link.process.exitCode, null)
    const {linksMalformed, linksAlerted, channelsOpened} = relay.core.plane.counters
    assert.deepEqual(
      {linksMalformed, linksAlerted, channelsOpened},
      {linksMalformed: 0, linksAlerted: 0, channelsOpened: 1}
    )
  })
})
