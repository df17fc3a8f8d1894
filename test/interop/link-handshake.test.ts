// Our initiator against C tor's responder, over node:tls: as a client and as a relay that authenticates, on every link
// protocol, with TLS 1.2 and 1.3. C tor's own log says whether it was content.

import assert from 'node:assert/strict'
import {randomBytes} from 'node:crypto'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {connect, type SecureVersion, type TLSSocket} from 'node:tls'
import {fromBase16, toBase16} from '../../src/bytes/base16.ts'
import type {CellFramer} from '../../src/channel/cell-framer.ts'
import {encodeCell} from '../../src/channel/cell-framer.ts'
import type {VerifiedChannel} from '../../src/channel/channel.ts'
import {allocateCircId} from '../../src/channel/circ-id.ts'
import type {ChannelFault} from '../../src/channel/fault.ts'
import type {InitiatorOptions} from '../../src/channel/handshake-options.ts'
import {LinkHandshake} from '../../src/channel/link-handshake.ts'
import {ChannelCommand} from '../../src/wire/channel-cell.ts'
import {DestroyReason} from '../../src/wire/destroy.ts'
import {makeRelay, type Relay} from '../spec/link-handshake/ends.ts'
import {Daemon} from '../support/daemon.ts'
import {freePort} from '../support/free-ports.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {waitUntil, within} from '../support/wait-until.ts'

const LOOPBACK = new Uint8Array([127, 0, 0, 1])
const TIMEOUT_MS = 20_000

interface Opened {
  readonly socket: TLSSocket
  readonly channel: VerifiedChannel
  readonly framer: CellFramer
}

type Changes = Partial<InitiatorOptions>

const skip = whyWithoutTor()

describe('A link to C tor', {skip}, () => {
  let folder: string
  let tor: Daemon
  let port: number
  let us: Relay
  let rsaIdentity: Uint8Array

  before(async () => {
    us = await makeRelay(Math.floor(Date.now() / 1000))
    folder = mkdtempSync(join(tmpdir(), 'ramson-link-'))
    port = await freePort()
    const data = join(folder, 'data')
    mkdirSync(data, {mode: 0o700})
    const torrc = [
      'TestingTorNetwork 1',
      `DirAuthority nobody orport=9 no-v2 v3ident=${'0'.repeat(39)}1 127.0.0.1:9 ${'0'.repeat(39)}1`,
      `DataDirectory ${data}`,
      `ORPort 127.0.0.1:${port}`,
      'Address 127.0.0.1',
      'Nickname responder',
      'ContactInfo nobody',
      'AssumeReachable 1',
      'PublishServerDescriptor 0',
      'SocksPort 0',
      'ProtocolWarnings 1',
      'SafeLogging 0',
      'NumCPUs 1',
      `__OwningControllerProcess ${process.pid}`,
      `Log info file ${join(folder, 'log')}`
    ]
    writeFileSync(join(folder, 'torrc'), `${torrc.join('\n')}\n`)
    const args = ['-f', join(folder, 'torrc'), '--defaults-torrc', '/dev/null']
    tor = new Daemon({name: 'tor', command: 'tor', args, logFile: join(folder, 'log')})
    rsaIdentity = await waitUntil('fingerprint', {timeoutMs: TIMEOUT_MS}, () => {
      const line = readFileSync(join(data, 'fingerprint'), 'latin1')
      return fromBase16(line.trim().split(' ')[1] ?? '')
    })
    // Until C tor has made its descriptor it names no address of its own in NETINFO.
    await waitUntil('descriptor', {timeoutMs: TIMEOUT_MS}, () =>
      log().includes('Rebuilding relay descriptor')
    )
  })

  after(async () => {
    await tor.stop()
    rmSync(folder, {recursive: true})
  })

  const log = () => readFileSync(join(folder, 'log'), 'utf8')

  /** Runs our initiator on a TLS connection to C tor. */
  async function handshake(
    identity: Relay | undefined,
    tlsVersion: SecureVersion,
    changes: Changes
  ): Promise<Opened | ChannelFault> {
    const socket = connect({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      minVersion: tlsVersion,
      maxVersion: tlsVersion
    })
    await within('TLS', TIMEOUT_MS, new Promise(resolve => socket.once('secureConnect', resolve)))
    const driver = LinkHandshake.initiator({
      identity: identity?.identity,
      expected: {rsaIdentity},
      peerTlsCertDer: new Uint8Array(socket.getPeerCertificate().raw),
      address: {octets: LOOPBACK, port},
      ownAddresses: identity === undefined ? [] : [LOOPBACK],
      nowSeconds: () => Math.floor(Date.now() / 1000),
      random: length => new Uint8Array(randomBytes(length)),
      exportKeyingMaterial: (label, context, length) =>
        new Uint8Array(socket.exportKeyingMaterial(length, label, Buffer.from(context))),
      ...changes
    })
    for (const octets of driver.begin()) socket.write(octets)
    return within(
      'end of the handshake',
      TIMEOUT_MS,
      new Promise((resolve, reject) => {
        socket.once('close', () => reject(new Error(`closed; we waited in ${driver.waitsFor}`)))
        socket.on('data', function receive(chunk: Buffer) {
          const step = driver.receive(chunk)
          if (step.kind === 'closed') {
            resolve(step.fault)
            socket.destroy()
            return
          }
          for (const octets of step.send) socket.write(octets)
          if (step.kind === 'continue') return
          socket.off('data', receive)
          resolve({socket, channel: step.channel, framer: step.framer})
        })
      })
    )
  }

  async function open(
    identity: Relay | undefined,
    tlsVersion: SecureVersion,
    changes: Changes
  ): Promise<Opened> {
    const result = await handshake(identity, tlsVersion, changes)
    if (!('channel' in result)) assert.fail(`closed: ${JSON.stringify(result)}`)
    return result
  }

  /** Sends CREATE_FAST on a circuit id and gives the command and the body that come back on it. */
  async function createFast({socket, channel, framer}: Opened, circId: number) {
    const answer = new Promise<{command: number; body: Uint8Array}>(resolve => {
      socket.on('data', (chunk: Buffer) => {
        framer.push(chunk)
        for (const cell of framer) {
          if (cell.circId === circId) resolve({command: cell.command, body: cell.body.slice()})
        }
      })
    })
    socket.write(encodeCell(channel.linkVersion, circId, ChannelCommand.CREATE_FAST, randomBytes(20)))
    return within('answer to CREATE_FAST', TIMEOUT_MS, answer)
  }

  /** What C tor wrote since `from` about being content, and its complaints. */
  async function verdictSince(from: number): Promise<{opened: string; complaints: string[]}> {
    const opened = await waitUntil(
      'C tor to open the channel',
      {timeoutMs: TIMEOUT_MS},
      () => /Got good NETINFO cell on .*/.exec(log().slice(from))?.[0]
    )
    const lines = log().slice(from).split('\n')
    const complaints = lines.filter(line => /\[(?:warn|err)\]/.test(line))
    return {opened, complaints}
  }

  for (const tlsVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    for (const linkVersion of [3, 4, 5]) {
      it(`opens for a client on link protocol ${linkVersion} over ${tlsVersion}`, async () => {
        const from = log().length
        const link = await open(undefined, tlsVersion, {linkVersions: [linkVersion]})
        const {opened, complaints} = await verdictSince(from)
        assert.deepEqual(complaints, [])
        assert.match(opened, new RegExp(`using protocol version ${linkVersion}\\. Its ID digest is 0{40}`))
        assert.equal(link.socket.getProtocol(), tlsVersion)
        assert.equal(link.channel.linkVersion, linkVersion)
        assert.deepEqual(link.channel.observedOwnAddress, LOOPBACK)
        assert.equal(link.channel.isCanonical, true)
        assert.ok(Math.abs(link.channel.clockSkewSeconds ?? 99) <= 2)
        const circId = allocateCircId(linkVersion, link.channel.ownCircIdHalf, () => false, randomBytes)
        assert.ok(circId !== undefined)
        const {command} = await createFast(link, circId)
        assert.equal(command, ChannelCommand.CREATED_FAST)
        link.socket.destroy()
      })

      it(`opens for a relay that authenticates on link protocol ${linkVersion} over ${tlsVersion}`, async () => {
        const from = log().length
        const link = await open(us, tlsVersion, {linkVersions: [linkVersion]})
        const {opened, complaints} = await verdictSince(from)
        assert.deepEqual(complaints, [])
        const ours = toBase16(us.identity.rsaIdentity).toUpperCase()
        assert.match(opened, new RegExp(`using protocol version ${linkVersion}\\. Its ID digest is ${ours}`))
        assert.equal(link.channel.weAuthenticated, true)
        const circId = allocateCircId(linkVersion, link.channel.ownCircIdHalf, () => false, randomBytes)
        assert.ok(circId !== undefined)
        const {command} = await createFast(link, circId)
        assert.equal(command, ChannelCommand.CREATED_FAST)
        link.socket.destroy()
      })
    }
  }

  it('answers a CREATE_FAST from the half of the circuit ids that is its own with DESTROY', async () => {
    const link = await open(us, 'TLSv1.3', {})
    const theirs = link.channel.ownCircIdHalf === 'high' ? 'low' : 'high'
    const circId = allocateCircId(link.channel.linkVersion, theirs, () => false, randomBytes)
    assert.ok(circId !== undefined)
    const {command, body} = await createFast(link, circId)
    assert.equal(command, ChannelCommand.DESTROY)
    assert.equal(body[0], DestroyReason.TORPROTOCOL)
    link.socket.destroy()
  })

  it('is closed by us when it is not the relay that we meant to reach', async () => {
    const expected = {rsaIdentity: us.identity.rsaIdentity}
    const result = await handshake(us, 'TLSv1.3', {expected})
    assert.equal('code' in result && result.code, 'identity-mismatch')
  })

  it('is closed by it when AUTHENTICATE was signed for another TLS session', async () => {
    const result = handshake(us, 'TLSv1.3', {
      exportKeyingMaterial: (_label, _context, length) => new Uint8Array(length)
    })
    const opened = await result.catch(error => error)
    // We cannot know before C tor's answer that it refuses; it has sent NETINFO already.
    if ('socket' in opened)
      await within('close', TIMEOUT_MS, new Promise(resolve => opened.socket.once('close', resolve)))
    await waitUntil('C tor to complain', {timeoutMs: TIMEOUT_MS}, () =>
      log().includes('Some field in the AUTHENTICATE cell body was not as expected')
    )
  })
})
