// The states of the end that accepted the connection (tor-spec 4).
//
//   ExpectVersions ── VERSIONS ──▶ sends VERSIONS, CERTS, AUTH_CHALLENGE, NETINFO at once
//   ExpectCerts ───── CERTS ─────▶ ExpectAuthenticate ── AUTHENTICATE ──▶ ExpectNetinfo ── NETINFO ──▶ a relay's channel
//        └────────── NETINFO ──────────────┴── NETINFO ──▶ a client's channel
//
// Whoever sends NETINFO without AUTHENTICATE before it has proved nothing and is a client, whatever its CERTS said.

import {equal} from '../bytes/octets.ts'
import {encode} from '../codec/codec.ts'
import {authChallenge} from '../wire/auth-challenge.ts'
import {AuthType} from '../wire/authenticate.ts'
import {ChannelCommand} from '../wire/channel-cell.ts'
import {versions} from '../wire/versions.ts'
import {checkAuthenticate} from './authentication.ts'
import type {Cell} from './cell-framer.ts'
import {responderCertsBody} from './certs-cell.ts'
import {type UnverifiedChannel, verifiedChannel} from './channel.ts'
import {channelFault} from './fault.ts'
import {LINK_VERSIONS, type ResponderOptions} from './handshake-options.ts'
import {
  failed,
  type HandshakeOutcome,
  type HandshakeState,
  next,
  unexpected,
  verified
} from './handshake-state.ts'
import {netinfoBody, readNetinfo} from './netinfo.ts'
import {type ClaimedRelay, checkInitiatorCerts, type ProvenRelay} from './peer-certs.ts'
import type {TranscriptDigests} from './transcript.ts'
import {agreeOnLinkVersion} from './versions-agreement.ts'

const CHALLENGE_LENGTH = 32

export class ExpectVersions implements HandshakeState {
  readonly name = 'responder-expect-versions'
  readonly linkVersion = 0
  readonly #options: ResponderOptions

  constructor(options: ResponderOptions) {
    this.#options = options
  }

  handle(cell: Cell): HandshakeOutcome {
    if (cell.command !== ChannelCommand.VERSIONS) return unexpected(this, cell)
    const {linkVersions: ours = LINK_VERSIONS, identity, tlsLinkCert, address, ownAddresses} = this.#options
    const agreed = agreeOnLinkVersion(cell.body, ours)
    if (!agreed.ok) return failed(agreed.fault)
    const startedAtSeconds = this.#options.nowSeconds()
    const channel: UnverifiedChannel = {
      role: 'responder',
      linkVersion: agreed.value,
      address,
      ownAddresses,
      startedAtSeconds
    }
    const challenge = {
      challenge: this.#options.random(CHALLENGE_LENGTH),
      methods: [AuthType.ED25519_SHA256_RFC5705]
    }
    return next(
      new ExpectCerts(this.#options, channel),
      {command: ChannelCommand.VERSIONS, body: encode(versions, {versions: ours})},
      {command: ChannelCommand.CERTS, body: responderCertsBody(identity, tlsLinkCert)},
      {command: ChannelCommand.AUTH_CHALLENGE, body: encode(authChallenge, challenge)},
      {command: ChannelCommand.NETINFO, body: netinfoBody(startedAtSeconds, address.octets, ownAddresses)}
    )
  }
}

class ExpectCerts implements HandshakeState {
  readonly name = 'responder-expect-certs'
  readonly linkVersion: number
  readonly #options: ResponderOptions
  readonly #channel: UnverifiedChannel

  constructor(options: ResponderOptions, channel: UnverifiedChannel) {
    this.linkVersion = channel.linkVersion
    this.#options = options
    this.#channel = channel
  }

  handle(cell: Cell): HandshakeOutcome {
    if (cell.command === ChannelCommand.NETINFO) return open(cell, this.#options, this.#channel, undefined)
    if (cell.command !== ChannelCommand.CERTS) return unexpected(this, cell)
    const claimed = checkInitiatorCerts(cell.body, this.#options.nowSeconds())
    if (!claimed.ok) return failed(claimed.fault)
    return next(new ExpectAuthenticate(this.#options, this.#channel, claimed.value))
  }
}

class ExpectAuthenticate implements HandshakeState {
  readonly name = 'responder-expect-authenticate'
  readonly linkVersion: number
  readonly #options: ResponderOptions
  readonly #channel: UnverifiedChannel
  readonly #claimed: ClaimedRelay

  constructor(options: ResponderOptions, channel: UnverifiedChannel, claimed: ClaimedRelay) {
    this.linkVersion = channel.linkVersion
    this.#options = options
    this.#channel = channel
    this.#claimed = claimed
  }

  handle(cell: Cell, transcript: TranscriptDigests): HandshakeOutcome {
    if (cell.command === ChannelCommand.NETINFO) return open(cell, this.#options, this.#channel, undefined)
    if (cell.command !== ChannelCommand.AUTHENTICATE) return unexpected(this, cell)
    const {identity, tlsLinkCert, exportKeyingMaterial} = this.#options
    const initiator = checkAuthenticate(
      cell.body,
      {
        initiator: this.#claimed.identity,
        responder: identity,
        initiatorLog: transcript.received(),
        responderLog: transcript.sent(),
        tlsCertSha256: tlsLinkCert.tlsCertSha256,
        exportKeyingMaterial
      },
      this.#claimed
    )
    if (!initiator.ok) return failed(initiator.fault)
    if (equal(initiator.value.ed25519Identity, identity.ed25519Identity)) {
      return failed(channelFault('connected-to-self'))
    }
    return next(new ExpectNetinfo(this.#options, this.#channel, initiator.value))
  }
}

class ExpectNetinfo implements HandshakeState {
  readonly name = 'responder-expect-netinfo'
  readonly linkVersion: number
  readonly #options: ResponderOptions
  readonly #channel: UnverifiedChannel
  readonly #initiator: ProvenRelay

  constructor(options: ResponderOptions, channel: UnverifiedChannel, initiator: ProvenRelay) {
    this.linkVersion = channel.linkVersion
    this.#options = options
    this.#channel = channel
    this.#initiator = initiator
  }

  handle(cell: Cell): HandshakeOutcome {
    if (cell.command !== ChannelCommand.NETINFO) return unexpected(this, cell)
    return open(cell, this.#options, this.#channel, this.#initiator)
  }
}

/** @param initiator undefined: whoever sends this NETINFO has proved nothing and is a client */
function open(
  cell: Cell,
  options: ResponderOptions,
  channel: UnverifiedChannel,
  initiator: ProvenRelay | undefined
): HandshakeOutcome {
  const claims = readNetinfo(cell.body)
  if (!claims.ok) return failed(claims.fault)
  return verified(
    verifiedChannel({
      channel,
      relay: initiator,
      weAuthenticated: true,
      ownRsaKeyDer: options.identity.rsaKeyDer,
      netinfo: claims.value,
      nowSeconds: options.nowSeconds()
    })
  )
}
