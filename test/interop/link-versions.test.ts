// A relay that has no consensus, and whose authorities never answer, already answers links of every version and circuits.

import assert from 'node:assert/strict'
import {X509Certificate} from 'node:crypto'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {freePort} from '../support/free-ports.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {RawCircuit} from '../support/raw-circuit.ts'
import {RawCommand, RawLink} from '../support/raw-link.ts'
import {Subject, subjectImplementation} from '../support/subject.ts'

const BEGIN = 1
const CONNECTED = 4
const DATA = 2
const END = 3
const BEGIN_DIR = 13

/** Only where C tor stands in for the subject does this suite need it. */
const skip = subjectImplementation === 'tor' && whyWithoutTor()

describe('a relay whose authorities are silent', {skip}, () => {
  const directory = mkdtempSync(join(tmpdir(), 'ramson-alone-'))
  let subject: Subject

  before(async () => {
    const silent = await freePort()
    subject = new Subject({
      nickname: 'alone',
      directory,
      orPort: await freePort(),
      torrc: [
        `DirAuthority silent orport=${silent} v3ident=${'A'.repeat(40)} 127.0.0.1:${await freePort()} ${'B'.repeat(40)}`,
        'TestingTorNetwork 1',
        'AssumeReachable 1',
        'Address 127.0.0.1',
        'ExitRelay 0',
        'SocksPort 0',
        'ContactInfo nobody'
      ]
    })
    await subject.start()
  })

  after(async () => {
    await subject?.stop()
    rmSync(directory, {recursive: true, force: true})
  })

  for (const version of [3, 4, 5]) {
    it(`answers a link handshake that offers version ${version} alone`, async () => {
      const {link, version: agreed, cells} = await RawLink.handshake(subject.orPort, [version])
      assert.equal(agreed, version)
      const order = cells.map(cell => cell.command).filter(command => command !== 128)
      assert.deepEqual(order, [
        RawCommand.VERSIONS,
        RawCommand.CERTS,
        RawCommand.AUTH_CHALLENGE,
        RawCommand.NETINFO
      ])
      // An initiator takes the upper half of the circuit ids (tor-spec 5.1.1), where ids have four octets.
      const circuit = await RawCircuit.create(link, version >= 4 ? 0x80000007 : 0x8007)
      circuit.send(BEGIN, 1, Buffer.from('127.0.0.1:80\0'))
      const answer = await circuit.next()
      assert.ok(answer.kind === 'message' && answer.message.command === END)
      link.close()
    })
  }

  it('chooses the highest version both sides know', async () => {
    const {link, version} = await RawLink.handshake(subject.orPort, [3, 4, 5, 9])
    assert.equal(version, 5)
    link.close()
  })

  it('closes a link that offers no version it knows', async () => {
    const link = await RawLink.open(subject.orPort)
    link.sendVersions([2, 9])
    assert.ok(await link.closesWithin(15_000))
  })

  it('presents one self-made RSA-2048 link certificate', async () => {
    const link = await RawLink.open(subject.orPort)
    const certificate = new X509Certificate(link.socket.getPeerCertificate().raw)
    assert.equal(certificate.publicKey.asymmetricKeyType, 'rsa')
    assert.equal(certificate.publicKey.asymmetricKeyDetails?.modulusLength, 2048)
    link.close()
  })

  it('answers BEGIN_DIR on a one-hop circuit, and 404 while it has no consensus', async () => {
    const {link} = await RawLink.handshake(subject.orPort)
    const circuit = await RawCircuit.create(link, 0x80000001)
    circuit.send(BEGIN_DIR, 3, Buffer.alloc(0))
    const connected = await circuit.next()
    assert.ok(connected.kind === 'message' && connected.message.command === CONNECTED)
    circuit.send(DATA, 3, Buffer.from('GET /tor/status-vote/current/consensus-microdesc HTTP/1.0\r\n\r\n'))
    let text = ''
    for (;;) {
      const answer = await circuit.next()
      assert.equal(answer.kind, 'message')
      if (answer.kind !== 'message' || answer.message.command === END) break
      if (answer.message.command === DATA) text += answer.message.data.toString('latin1')
    }
    assert.match(text, /^HTTP\/1\.[01] 404 /)
    link.close()
  })
})
