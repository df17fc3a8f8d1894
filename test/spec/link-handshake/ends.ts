// Two relays with real keys and certificates, and a wire in memory between the two ends of a link handshake. TLS is not
// here: both ends get the same exporter, and the responder's certificate is handed over as TLS would show it.

import {randomBytes} from 'node:crypto'
import type {InitiatorOptions, ResponderOptions} from '../../../src/channel/handshake-options.ts'
import {makeTlsLinkCert, type TlsLinkCert} from '../../../src/channel/link-cert.ts'
import {type HandshakeStep, LinkHandshake} from '../../../src/channel/link-handshake.ts'
import {type LinkIdentity, makeLinkIdentity} from '../../../src/channel/link-identity.ts'
import {sha256} from '../../../src/crypto/digest.ts'
import {type Ed25519KeyPair, ed25519Ready, generateEd25519} from '../../../src/crypto/ed25519.ts'
import {makeEd25519Cert} from '../../../src/crypto/ed25519-cert.ts'
import {generateRsa, type RsaPrivateKey} from '../../../src/crypto/rsa.ts'
import {makeTlsCertificates} from '../../../src/crypto/x509.ts'
import {CertType} from '../../../src/wire/certs.ts'
import {ChannelCommand} from '../../../src/wire/channel-cell.ts'

export const NOW = 1_795_348_800
const SIGNING_KEY_LIFETIME = 30 * 24 * 3600

export interface Relay {
  readonly rsaKey: RsaPrivateKey
  readonly masterKey: Ed25519KeyPair
  readonly identity: LinkIdentity
  readonly tlsLinkCert: TlsLinkCert
}

export async function makeRelay(nowSeconds = NOW): Promise<Relay> {
  await ed25519Ready
  const rsaKey = generateRsa(1024)
  const masterKey = generateEd25519()
  const signingKey = generateEd25519()
  const {linkCertDer, identityCertDer} = await makeTlsCertificates({
    identity: rsaKey,
    now: new Date(nowSeconds * 1000)
  })
  const signingCertExpiresSeconds = nowSeconds + SIGNING_KEY_LIFETIME
  const signingCert = makeEd25519Cert({
    type: CertType.IDENTITY_V_SIGNING,
    expiresAt: new Date(signingCertExpiresSeconds * 1000),
    certifiedKey: signingKey.public,
    signer: masterKey,
    includeSigner: true
  })
  const identity = makeLinkIdentity(
    {
      rsaKey,
      rsaIdentityCertDer: identityCertDer,
      ed25519Identity: masterKey.public,
      signingKey,
      signingCert,
      signingCertExpiresSeconds
    },
    nowSeconds
  )
  return {rsaKey, masterKey, identity, tlsLinkCert: makeTlsLinkCert(identity, linkCertDer, nowSeconds)}
}

export const RESPONDER_ADDRESS = new Uint8Array([127, 0, 0, 2])
export const INITIATOR_ADDRESS = new Uint8Array([127, 0, 0, 3])

/** Both ends of one TLS session export the same, and another session exports something else. */
export function exporter(session: string) {
  return (label: string, context: Uint8Array, length: number) =>
    sha256(new TextEncoder().encode(session + label), context).subarray(0, length)
}

export function responderOptions(relay: Relay, changes: Partial<ResponderOptions> = {}): ResponderOptions {
  return {
    identity: relay.identity,
    tlsLinkCert: relay.tlsLinkCert,
    address: {octets: INITIATOR_ADDRESS, port: 40_000},
    ownAddresses: [RESPONDER_ADDRESS],
    nowSeconds: () => NOW,
    random: length => new Uint8Array(randomBytes(length)),
    exportKeyingMaterial: exporter('session'),
    ...changes
  }
}

/** @param relay whom we are; undefined: a client */
export function initiatorOptions(
  relay: Relay | undefined,
  responder: Relay,
  changes: Partial<InitiatorOptions> = {}
): InitiatorOptions {
  return {
    identity: relay?.identity,
    expected: {},
    peerTlsCertDer: responder.tlsLinkCert.tlsCertDer,
    address: {octets: RESPONDER_ADDRESS, port: 9001},
    ownAddresses: relay === undefined ? [] : [INITIATOR_ADDRESS],
    nowSeconds: () => NOW,
    random: length => new Uint8Array(randomBytes(length)),
    exportKeyingMaterial: exporter('session'),
    ...changes
  }
}

type Ended = Exclude<HandshakeStep, {kind: 'continue'}>

export interface Ends {
  readonly initiator: Ended | undefined
  readonly responder: Ended | undefined
}

/** Changes, drops or adds octets on their way; each call gets what one step of one end sent. */
export type Meddler = (from: Role, octets: readonly Uint8Array[]) => readonly Uint8Array[]

/** Runs both ends against each other until both have ended or nobody says anything more. */
export function runHandshake(
  initiatorSide: InitiatorOptions,
  responderSide: ResponderOptions,
  meddle: Meddler = (_from, octets) => octets
): Ends {
  const ends = {
    initiator: {handshake: LinkHandshake.initiator(initiatorSide), ended: undefined as Ended | undefined},
    responder: {handshake: LinkHandshake.responder(responderSide), ended: undefined as Ended | undefined}
  }
  const wire: {to: Role; octets: Uint8Array}[] = []
  const send = (from: Role, octets: readonly Uint8Array[]) => {
    const to = from === 'initiator' ? 'responder' : 'initiator'
    for (const piece of meddle(from, octets)) wire.push({to, octets: piece.slice()})
  }
  send('initiator', ends.initiator.handshake.begin())
  send('responder', ends.responder.handshake.begin())
  for (let piece = wire.shift(); piece !== undefined; piece = wire.shift()) {
    const end = ends[piece.to]
    if (end.ended !== undefined) continue
    const step = end.handshake.receive(piece.octets)
    if (step.kind !== 'closed') send(piece.to, step.send)
    if (step.kind !== 'continue') end.ended = step
  }
  return {initiator: ends.initiator.ended, responder: ends.responder.ended}
}

export type Role = 'initiator' | 'responder'

/** One end of a handshake between two relays that has come as far as the state named; its peer has gone no further. */
export function endIn(
  state: string,
  initiatorSide: InitiatorOptions,
  responderSide: ResponderOptions
): {readonly end: LinkHandshake; readonly linkVersion: number; readonly nextCells: readonly Uint8Array[]} {
  const role: Role = state.startsWith('initiator') ? 'initiator' : 'responder'
  const handshakes = {
    initiator: LinkHandshake.initiator(initiatorSide),
    responder: LinkHandshake.responder(responderSide)
  }
  const end = handshakes[role]
  const wire: {to: Role; octets: Uint8Array}[] = []
  const send = (to: Role, octets: readonly Uint8Array[]) =>
    wire.push(...octets.map(piece => ({to, octets: piece})))
  send('responder', handshakes.initiator.begin())
  let linkVersion = 0
  for (;;) {
    const index = wire.findIndex(piece => piece.to === role)
    const theirs = wire.findIndex(piece => piece.to !== role)
    // The peer goes first, so that what it would say next lies ready when the end has arrived.
    if (theirs >= 0) {
      const {to, octets} = wire.splice(theirs, 1)[0] as {to: Role; octets: Uint8Array}
      const step = handshakes[to].receive(octets)
      if (step.kind === 'closed') throw new Error(step.fault.code)
      send(role, step.send)
    } else if (end.waitsFor === state) {
      return {end, linkVersion, nextCells: wire.map(({octets}) => octets)}
    } else {
      if (index < 0) throw new Error(`no more cells, and the end waits in ${end.waitsFor}`)
      const {octets} = wire.splice(index, 1)[0] as {octets: Uint8Array}
      const step = end.receive(octets)
      if (step.kind !== 'continue') throw new Error(`ended before ${state}`)
      if (linkVersion === 0) linkVersion = Math.max(...(initiatorSide.linkVersions ?? [5]))
      send(role === 'initiator' ? 'responder' : 'initiator', step.send)
    }
  }
}

/** How one end ended: the code of its fault, or whose channel it has. */
export function faultOf(ends: Ends, role: Role): string {
  const end = ends[role]
  if (end?.kind === 'closed') return end.fault.code
  return end?.kind === 'verified' ? `verified ${end.channel.peer.kind}` : 'waits'
}

/** On links of version 4 and 5: the command of a cell that is not VERSIONS. */
export function commandOf(octets: Uint8Array): number {
  return octets[2] === ChannelCommand.VERSIONS && octets[0] === 0 && octets[1] === 0
    ? ChannelCommand.VERSIONS
    : (octets[4] as number)
}

/** Changes the cells of one command that one end sends. */
export function changing(
  role: Role,
  command: number,
  change: (octets: Uint8Array) => readonly Uint8Array[]
): Meddler {
  return (from, pieces) =>
    pieces.flatMap(octets => (from === role && commandOf(octets) === command ? change(octets) : [octets]))
}
