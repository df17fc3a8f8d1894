// Handshakes of C tor 0.4.9.11 as a responder, one for each link protocol, as they were on the wire: our framer reads them,
// our checks accept the certificates, and our initiator, given the responder's octets, says the octets that were said then.

import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import {CellFramer, encodeCell} from '../../src/channel/cell-framer.ts'
import {LinkHandshake} from '../../src/channel/link-handshake.ts'
import {checkResponderCerts} from '../../src/channel/peer-certs.ts'
import {decode} from '../../src/codec/codec.ts'
import {ed25519Ready} from '../../src/crypto/ed25519.ts'
import {certs} from '../../src/wire/certs.ts'
import {ChannelCommand} from '../../src/wire/channel-cell.ts'
import {hex} from '../support/hex.ts'
import {readVectors} from '../support/package-root.ts'

interface Handshake {
  readonly tls_cert_der: string
  readonly versions_offered_by_relay: readonly number[]
  readonly negotiated: number
  readonly certs: readonly {readonly type: number; readonly body: string}[]
  readonly auth_challenge_body: string
  readonly netinfo_body_nonzero: string
  readonly transcript: readonly {readonly dir: 'in' | 'out'; readonly bytes: string}[]
}

interface Vectors {
  readonly relay_ed25519_id: string
  readonly relay_rsa_id_sha1: string
  readonly cases: Readonly<Record<string, Handshake>>
}

const vectors = readVectors<Vectors>('live_link_handshake.json')
/** When the handshakes were recorded: the time of the relay's NETINFO. */
const RECORDED_AT = 0x6b02c773
const LOOPBACK = hex('7f000001')
const {VERSIONS, CERTS, AUTH_CHALLENGE, NETINFO} = ChannelCommand

function octetsOf(handshake: Handshake, direction: 'in' | 'out'): Uint8Array[] {
  return handshake.transcript.filter(({dir}) => dir === direction).map(({bytes}) => hex(bytes))
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces))
}

function initiatorFor(handshake: Handshake, ed25519Identity = vectors.relay_ed25519_id): LinkHandshake {
  const offered = octetsOf(handshake, 'out')[0] as Uint8Array
  const linkVersions = Array.from({length: (offered.length - 5) / 2}, (_, i) => offered[6 + 2 * i] as number)
  return LinkHandshake.initiator({
    identity: undefined,
    expected: {rsaIdentity: hex(vectors.relay_rsa_id_sha1), ed25519Identity: hex(ed25519Identity)},
    peerTlsCertDer: hex(handshake.tls_cert_der),
    address: {octets: LOOPBACK, port: 9001},
    ownAddresses: [],
    nowSeconds: () => RECORDED_AT,
    random: length => new Uint8Array(length),
    exportKeyingMaterial: () => undefined,
    linkVersions
  })
}

before(() => ed25519Ready)

for (const [name, handshake] of Object.entries(vectors.cases)) {
  describe(`The handshake ${name} of C tor`, () => {
    it('comes out of the framer cell by cell, however it is cut into chunks', () => {
      const octets = joined(octetsOf(handshake, 'in'))
      for (const size of [1, 2, 3, 5, 7, 100, 511, 515, octets.length]) {
        const framer = new CellFramer()
        const commands: number[] = []
        for (let at = 0; at < octets.length; at += size) {
          framer.push(octets.subarray(at, at + size))
          for (let cell = framer.next(); cell !== undefined; cell = framer.next()) {
            commands.push(cell.command)
            assert.equal(cell.circId, 0)
            assert.deepEqual(
              encodeCell(framer.linkVersion, cell.circId, cell.command, cell.body),
              framer.octets.slice()
            )
            if (cell.command === AUTH_CHALLENGE)
              assert.deepEqual(cell.body.slice(), hex(handshake.auth_challenge_body))
            if (cell.command === VERSIONS) framer.linkVersion = handshake.negotiated
          }
        }
        assert.deepEqual(commands, [VERSIONS, CERTS, AUTH_CHALLENGE, NETINFO])
        assert.equal(framer.pending, 0)
      }
    })

    it('has certificates that prove the identity of the relay for its TLS certificate, and for no other', () => {
      const [, cell] = octetsOf(handshake, 'in')
      const body = (cell as Uint8Array).subarray(handshake.negotiated === 3 ? 5 : 7)
      const decoded = decode(certs, body)
      assert.ok(decoded.ok)
      assert.deepEqual(
        decoded.value.certs.map(({type, cert}) => ({type, body: Buffer.from(cert).toString('hex')})),
        handshake.certs
      )
      const proven = checkResponderCerts(body, hex(handshake.tls_cert_der), RECORDED_AT)
      assert.ok(proven.ok)
      assert.deepEqual(proven.value.ed25519Identity, hex(vectors.relay_ed25519_id))
      assert.deepEqual(proven.value.rsaIdentity, hex(vectors.relay_rsa_id_sha1))
      const other = checkResponderCerts(body, hex(`${handshake.tls_cert_der}00`), RECORDED_AT)
      assert.equal(!other.ok && other.fault.code, 'cert-wrong-key')
      const threeDays = 3 * 24 * 3600
      const late = checkResponderCerts(body, hex(handshake.tls_cert_der), RECORDED_AT + threeDays)
      assert.equal(!late.ok && late.fault.code, 'cert-expired')
    })

    it('is accepted by our initiator, which says what the recorded client said', () => {
      const initiator = initiatorFor(handshake)
      const said = [...initiator.begin()]
      const step = initiator.receive(joined(octetsOf(handshake, 'in')))
      assert.equal(step.kind, 'verified')
      if (step.kind !== 'verified') return
      said.push(...step.send)
      assert.deepEqual(said, octetsOf(handshake, 'out'))
      assert.equal(step.channel.linkVersion, handshake.negotiated)
      assert.deepEqual(step.channel.observedOwnAddress, LOOPBACK)
      assert.deepEqual(step.channel.peerAddresses, [LOOPBACK])
      assert.equal(step.channel.isCanonical, true)
      assert.equal(step.channel.peerTime, RECORDED_AT)
    })

    it('is refused by our initiator when it wanted another relay', () => {
      const initiator = initiatorFor(handshake, vectors.relay_ed25519_id.replace('2e', '2f'))
      const step = initiator.receive(joined(octetsOf(handshake, 'in')))
      assert.deepEqual(step.kind === 'closed' && step.fault.code, 'identity-mismatch')
    })
  })
}
