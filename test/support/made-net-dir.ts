// A network that exists only in memory: relays with microdescriptors in a consensus that was signed and verified for real.

import assert from 'node:assert/strict'
import {toBase64, toBase64Unpadded} from '../../src/bytes/base64.ts'
import {writeU16} from '../../src/bytes/octets.ts'
import {sha256} from '../../src/crypto/digest.ts'
import {generateX25519} from '../../src/crypto/x25519.ts'
import {NetDir} from '../../src/netdir/net-dir.ts'
import {parseAuthorityCerts} from '../../src/netdoc/authority-cert.ts'
import {parseConsensus} from '../../src/netdoc/consensus/parse.ts'
import {verifyConsensus} from '../../src/netdoc/consensus/verify.ts'
import {parseMicrodescriptors} from '../../src/netdoc/microdescriptor.ts'
import {type MadeRelay, makeAuthority, makeConsensus} from './made-consensus.ts'

export interface MadeNetDirRelay extends Partial<MadeRelay> {
  readonly family?: string
  /** Its microdescriptor has not come. */
  readonly isUnknown?: boolean
  readonly ntorOnionKey?: Uint8Array
  readonly ed25519?: Uint8Array
}

export interface MadeNetDir {
  readonly relays: readonly MadeNetDirRelay[]
  readonly validAfter?: Date
  readonly params?: string
  /** Octet that the 32 of a shared random value are filled with. */
  readonly previousRandom?: number
  readonly currentRandom?: number
}

const ALL_FLAGS = ['Fast', 'Guard', 'HSDir', 'Running', 'Stable', 'V2Dir', 'Valid']
const authority = makeAuthority(new Date('2026-11-20T00:00:00Z'), new Date('2027-11-20T00:00:00Z'))

export function makeNetDir({relays, params, ...options}: MadeNetDir): NetDir {
  const validAfter = options.validAfter ?? new Date('2026-11-22T12:00:00Z')
  const parts = relays.map(({family, isUnknown = false, ntorOnionKey, ed25519, ...changes}, i) => {
    const descriptor = parseMicrodescriptors(
      [
        'onion-key\n',
        `ntor-onion-key ${toBase64Unpadded(ntorOnionKey ?? generateX25519().public)}\n`,
        family === undefined ? '' : `family ${family}\n`,
        `id ed25519 ${toBase64Unpadded(ed25519 ?? sha256(numbered(32, i)))}\n`
      ].join('')
    )
    assert.ok(descriptor.ok)
    const [microdescriptor] = descriptor.value.accepted
    assert.ok(microdescriptor)
    const relay: MadeRelay = {
      nickname: `relay${i}`,
      identity: numbered(20, i),
      descriptorDigest: microdescriptor.digest,
      flags: ALL_FLAGS,
      protocols: 'HSDir=2 HSIntro=4-5 HSRend=2 Link=4-5 Relay=2-4',
      weight: 'Bandwidth=100',
      ipv4: `127.0.${i >>> 8}.${i & 255}`,
      ...changes
    }
    return {relay, microdescriptor, isUnknown}
  })
  const random = (name: string, octet: number | undefined) =>
    octet === undefined ? [] : [`shared-rand-${name}-value 9 ${toBase64(new Uint8Array(32).fill(octet))}`]
  const text = makeConsensus({
    flavour: 'microdesc',
    authorities: [authority],
    validAfter,
    relays: parts.map(({relay}) => relay),
    headerLines: [...random('previous', options.previousRandom), ...random('current', options.currentRandom)],
    ...(params === undefined ? {} : {params})
  })
  const certs = parseAuthorityCerts(authority.cert)
  const consensus = parseConsensus(text, 'microdesc')
  assert.ok(certs.ok && consensus.ok, JSON.stringify(consensus))
  const trust = {authorities: [authority.identity], certs: certs.value.accepted, now: validAfter}
  const verified = verifyConsensus(consensus.value, trust)
  assert.ok(verified.ok)
  return NetDir.fromMicrodescriptors(
    verified.value,
    parts.filter(({isUnknown}) => !isUnknown).map(({microdescriptor}) => microdescriptor)
  )
}

function numbered(length: number, i: number): Uint8Array {
  const out = new Uint8Array(length)
  writeU16(out, 0, i + 1)
  return out
}
