// The states of the end that opened the connection (tor-spec 4).
//
//   (sends VERSIONS) ExpectVersions ── VERSIONS ──▶ ExpectCerts ── CERTS ──▶ ExpectAuthChallenge ── … ──▶ ExpectNetinfo
//
// As a relay we answer CERTS with our own, and AUTH_CHALLENGE with AUTHENTICATE and NETINFO. As a client we answer CERTS
// with NETINFO and pass over AUTH_CHALLENGE. A responder that sends NETINFO without a challenge before it, or a challenge
// with no method that we know, gets no proof of who we are; the channel opens all the same.

import {equal} from '../bytes/octets.ts'
import {decode, encode} from '../codec/codec.ts'
import {sha256} from '../crypto/digest.ts'
import {err, ok, type Result} from '../fault/result.ts'
import {authChallenge} from '../wire/auth-challenge.ts'
import {AuthType} from '../wire/authenticate.ts'
import {ChannelCommand} from '../wire/channel-cell.ts'
import {versions} from '../wire/versions.ts'
import {authenticateBody} from './authentication.ts'
import type {Cell} from './cell-framer.ts'
import {initiatorCertsBody} from './certs-cell.ts'
import {type UnverifiedChannel, verifiedChannel} from './channel.ts'
import {type ChannelFault, channelFault} from './fault.ts'
import {type InitiatorOptions, LINK_VERSIONS} from './handshake-options.ts'
import {
  failed,
  type HandshakeCell,
  type HandshakeOutcome,
  type HandshakeState,
  next,
  unexpected,
  verified
} from './handshake-state.ts'
import {netinfoBody, readNetinfo} from './netinfo.ts'
import {checkResponderCerts, type ProvenRelay} from './peer-certs.ts'
import type {TranscriptDigests} from './transcript.ts'
import {agreeOnLinkVersion} from './versions-agreement.ts'

const RANDOM_LENGTH = 24

/** What the initiator sends before it has received anything. */
export function firstCell(options: InitiatorOptions): HandshakeCell {
  const body = encode(versions, {versions: options.linkVersions ?? LINK_VERSIONS})
  return {command: ChannelCommand.VERSIONS, body}
}

export class ExpectVersions implements HandshakeState {
  readonly name = 'initiator-expect-versions'
  readonly linkVersion = 0
  readonly #options: InitiatorOptions
  readonly #startedAtSeconds: number

  constructor(options: InitiatorOptions) {
    this.#options = options
    this.#startedAtSeconds = options.nowSeconds()
  }

  handle(cell: Cell): HandshakeOutcome {
    if (cell.command !== ChannelCommand.VERSIONS) return unexpected(this, cell)
    const {linkVersions: ours = LINK_VERSIONS, address, ownAddresses} = this.#options
    const agreed = agreeOnLinkVersion(cell.body, ours)
    if (!agreed.ok) return failed(agreed.fault)
    return next(
      new ExpectCerts(this.#options, {
        role: 'initiator',
        linkVersion: agreed.value,
        address,
        ownAddresses,
        startedAtSeconds: this.#startedAtSeconds
      })
    )
  }
}

class ExpectCerts implements HandshakeState {
  readonly name = 'initiator-expect-certs'
  readonly linkVersion: number
  readonly #options: InitiatorOptions
  readonly #channel: UnverifiedChannel

  constructor(options: InitiatorOptions, channel: UnverifiedChannel) {
    this.linkVersion = channel.linkVersion
    this.#options = options
    this.#channel = channel
  }

  handle(cell: Cell): HandshakeOutcome {
    if (cell.command !== ChannelCommand.CERTS) return unexpected(this, cell)
    const {identity, peerTlsCertDer, nowSeconds} = this.#options
    const proven = checkResponderCerts(cell.body, peerTlsCertDer, nowSeconds())
    if (!proven.ok) return failed(proven.fault)
    const wanted = checkWanted(proven.value, this.#options)
    if (!wanted.ok) return failed(wanted.fault)
    const state = new ExpectAuthChallenge(this.#options, this.#channel, proven.value)
    if (identity === undefined) return next(state, ownNetinfo(this.#options))
    return next(state, {command: ChannelCommand.CERTS, body: initiatorCertsBody(identity)})
  }
}

class ExpectAuthChallenge implements HandshakeState {
  readonly name = 'initiator-expect-auth-challenge'
  readonly linkVersion: number
  readonly #options: InitiatorOptions
  readonly #channel: UnverifiedChannel
  readonly #responder: ProvenRelay

  constructor(options: InitiatorOptions, channel: UnverifiedChannel, responder: ProvenRelay) {
    this.linkVersion = channel.linkVersion
    this.#options = options
    this.#channel = channel
    this.#responder = responder
  }

  handle(cell: Cell, transcript: TranscriptDigests): HandshakeOutcome {
    if (cell.command === ChannelCommand.NETINFO) return this.#openUnchallenged(cell)
    if (cell.command !== ChannelCommand.AUTH_CHALLENGE) return unexpected(this, cell)
    const challenge = decode(authChallenge, cell.body)
    if (!challenge.ok) {
      const {command} = cell
      return failed(channelFault('cell-malformed', {command, detail: challenge.fault.code}))
    }
    const {identity} = this.#options
    if (identity === undefined) return next(this.#expectNetinfo(false))
    if (!challenge.value.methods.includes(AuthType.ED25519_SHA256_RFC5705)) {
      return next(this.#expectNetinfo(false), ownNetinfo(this.#options))
    }
    const body = authenticateBody(
      {
        initiator: identity,
        responder: this.#responder,
        initiatorLog: transcript.sent(),
        responderLog: transcript.received(),
        tlsCertSha256: sha256(this.#options.peerTlsCertDer),
        exportKeyingMaterial: this.#options.exportKeyingMaterial
      },
      identity.authKey,
      this.#options.random(RANDOM_LENGTH)
    )
    if (!body.ok) return failed(body.fault)
    return next(
      this.#expectNetinfo(true),
      {command: ChannelCommand.AUTHENTICATE, body: body.value},
      ownNetinfo(this.#options)
    )
  }

  #openUnchallenged(cell: Cell): HandshakeOutcome {
    const opened = this.#expectNetinfo(false).handle(cell)
    // A client has sent its NETINFO already, in answer to CERTS.
    const silent = this.#options.identity === undefined || opened.kind !== 'verified'
    return silent ? opened : verified(opened.channel, ownNetinfo(this.#options))
  }

  #expectNetinfo(weAuthenticated: boolean): ExpectNetinfo {
    return new ExpectNetinfo(this.#options, this.#channel, this.#responder, weAuthenticated)
  }
}

class ExpectNetinfo implements HandshakeState {
  readonly name = 'initiator-expect-netinfo'
  readonly linkVersion: number
  readonly #options: InitiatorOptions
  readonly #channel: UnverifiedChannel
  readonly #responder: ProvenRelay
  readonly #weAuthenticated: boolean

  constructor(
    options: InitiatorOptions,
    channel: UnverifiedChannel,
    responder: ProvenRelay,
    weAuthenticated: boolean
  ) {
    this.linkVersion = channel.linkVersion
    this.#options = options
    this.#channel = channel
    this.#responder = responder
    this.#weAuthenticated = weAuthenticated
  }

  handle(cell: Cell): HandshakeOutcome {
    if (cell.command !== ChannelCommand.NETINFO) return unexpected(this, cell)
    const claims = readNetinfo(cell.body)
    if (!claims.ok) return failed(claims.fault)
    return verified(
      verifiedChannel({
        channel: this.#channel,
        relay: this.#responder,
        weAuthenticated: this.#weAuthenticated,
        ownRsaKeyDer: this.#options.identity?.rsaKeyDer,
        netinfo: claims.value,
        nowSeconds: this.#options.nowSeconds()
      })
    )
  }
}

/** Clients tell neither the time nor an address of theirs (tor-spec 4.5). */
function ownNetinfo(options: InitiatorOptions): HandshakeCell {
  const {identity, address, ownAddresses, nowSeconds} = options
  const body =
    identity === undefined
      ? netinfoBody(0, address.octets, [])
      : netinfoBody(nowSeconds(), address.octets, ownAddresses)
  return {command: ChannelCommand.NETINFO, body}
}

/** A relay that is not the one we meant to reach must not get the circuits meant for that one; nor must we ourselves. */
function checkWanted(proven: ProvenRelay, options: InitiatorOptions): Result<true, ChannelFault> {
  const {identity, expected} = options
  const {rsaIdentity, ed25519Identity} = expected
  if (rsaIdentity !== undefined && !equal(rsaIdentity, proven.rsaIdentity)) {
    return err(channelFault('identity-mismatch', {detail: 'rsa'}))
  }
  if (ed25519Identity !== undefined && !equal(ed25519Identity, proven.ed25519Identity)) {
    return err(channelFault('identity-mismatch', {detail: 'ed25519'}))
  }
  if (identity !== undefined && equal(identity.ed25519Identity, proven.ed25519Identity)) {
    return err(channelFault('connected-to-self'))
  }
  return ok(true)
}
