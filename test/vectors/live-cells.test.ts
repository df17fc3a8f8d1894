// Every cell that a C tor relay and its peer put on links of version 3, 4 and 5, and every relay cell of circuits whose
// keys are known: each is declared, is read to its end, and is written as it came.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {toBase16} from '../../src/bytes/base16.ts'
import {isAllZero} from '../../src/bytes/octets.ts'
import {decode, encode} from '../../src/codec/codec.ts'
import {describe} from '../../src/codec/describe.ts'
import type {AnyFormat, AnyMessage} from '../../src/codec/format.ts'
import type {AuthChallenge} from '../../src/wire/auth-challenge.ts'
import {AuthType} from '../../src/wire/authenticate.ts'
import type {Certs} from '../../src/wire/certs.ts'
import {
  ChannelCommand,
  fixedCell,
  isVariableLength,
  narrowFixedCell,
  narrowVariableCell,
  variableCell
} from '../../src/wire/channel-cell.ts'
import {circuitExtensions} from '../../src/wire/circuit-extensions.ts'
import type {Netinfo} from '../../src/wire/netinfo.ts'
import {channelMessages, relayMessages} from '../../src/wire/registry.ts'
import {RelayCommand, relayCellV0} from '../../src/wire/relay-cell.ts'
import type {Versions} from '../../src/wire/versions.ts'
import {hex} from '../support/hex.ts'
import {readVectors} from '../support/package-root.ts'

interface Sent {
  readonly dir: 'in' | 'out'
  readonly bytes: string
}

interface LinkVectors {
  readonly cases: Readonly<
    Record<
      string,
      {
        readonly negotiated: number
        readonly versions_offered_by_relay: readonly number[]
        readonly certs: readonly {readonly type: number; readonly body: string}[]
        readonly auth_challenge_body: string
        readonly transcript: readonly Sent[]
      }
    >
  >
}

interface CircuitVectors {
  readonly cases: Readonly<
    Record<
      string,
      {
        readonly client_message?: string
        readonly server_message?: string
        readonly wire?: readonly Sent[]
        readonly plain_relay_cells?: readonly {readonly plain?: string}[]
      }
    >
  >
}

const links = readVectors<LinkVectors>('live_link_handshake.json')
const circuits = readVectors<CircuitVectors>('live_circuits.json')
const byCommand = new Map<number, AnyMessage>(channelMessages.map(message => [message.command, message]))
const relayByCommand = new Map<number, AnyMessage>(relayMessages.map(message => [message.command, message]))
const opaque = new Set<number>([ChannelCommand.RELAY, ChannelCommand.RELAY_EARLY])

/** Decodes octets that must be good and be written as they came, and gives what they say. */
function reads(format: AnyFormat, octets: Uint8Array): unknown {
  const decoded = decode(format, octets)
  assert.ok(decoded.ok, describe(format, octets))
  const written = encode(format, decoded.value)
  assert.deepEqual(written, octets.subarray(0, written.length))
  assert.ok(isAllZero(octets.subarray(written.length)), 'something follows that is not padding')
  return decoded.value
}

interface ReadCell {
  readonly command: number
  readonly message: unknown
}

function readCell(octets: Uint8Array, linkVersion: number): ReadCell {
  const isNarrow = linkVersion < 4
  const command = octets[isNarrow ? 2 : 4] ?? 0
  const format = isVariableLength(command)
    ? isNarrow
      ? narrowVariableCell
      : variableCell
    : isNarrow
      ? narrowFixedCell
      : fixedCell
  const cell = reads(format, octets) as {command: number; body: Uint8Array}
  assert.equal(cell.command, command)
  if (opaque.has(command)) return {command, message: undefined}
  const message = byCommand.get(command)
  assert.ok(message !== undefined, `no declaration for command ${command}`)
  return {command, message: reads(message, cell.body)}
}

for (const [name, vector] of Object.entries(links.cases)) {
  test(`the cells of ${name} are read and written`, () => {
    const isVersions = (digits: string): boolean => digits.startsWith('000007')
    const inbound = new Map<number, unknown>()
    for (const {dir, bytes} of vector.transcript) {
      const cell = readCell(hex(bytes), isVersions(bytes) ? 0 : vector.negotiated)
      if (dir === 'in') inbound.set(cell.command, cell.message)
    }
    const versions = inbound.get(ChannelCommand.VERSIONS) as Versions
    assert.deepEqual(versions.versions, vector.versions_offered_by_relay)
    const {certs} = inbound.get(ChannelCommand.CERTS) as Certs
    assert.deepEqual(
      certs.map(({type, cert}) => ({type, body: toBase16(cert)})),
      vector.certs
    )
    const challenge = inbound.get(ChannelCommand.AUTH_CHALLENGE) as AuthChallenge
    assert.ok(vector.auth_challenge_body.startsWith(toBase16(challenge.challenge)))
    assert.deepEqual(challenge.methods, [AuthType.ED25519_SHA256_RFC5705])
    const {otherAddress, myAddresses} = inbound.get(ChannelCommand.NETINFO) as Netinfo
    const loopback = {kind: 'ipv4', address: Uint8Array.of(127, 0, 0, 1)}
    assert.deepEqual({otherAddress, myAddresses}, {otherAddress: loopback, myAddresses: [loopback]})
  })
}

for (const [name, vector] of Object.entries(circuits.cases)) {
  test(`the cells of ${name} are read and written`, () => {
    for (const {bytes} of vector.wire ?? []) readCell(hex(bytes), 5)
    for (const digits of [vector.client_message, vector.server_message]) {
      if (digits !== undefined) reads(circuitExtensions, hex(digits))
    }
  })

  // The cells of a CGO circuit have another layout.
  const plain = vector.plain_relay_cells?.flatMap(cell => cell.plain ?? []) ?? []
  if (plain.length === 0) continue
  test(`the relay messages of ${name} are read and written`, () => {
    const commands = plain.map(digits => {
      const cell = decode(relayCellV0, hex(digits))
      assert.ok(cell.ok)
      assert.deepEqual(encode(relayCellV0, cell.value), hex(digits))
      const message = relayByCommand.get(cell.value.command)
      assert.ok(message !== undefined)
      reads(message, cell.value.data)
      return cell.value.command
    })
    assert.deepEqual(commands.slice(0, 3), [
      RelayCommand.BEGIN_DIR,
      RelayCommand.CONNECTED,
      RelayCommand.DATA
    ])
    assert.equal(commands.at(-1), RelayCommand.END)
  })
}
