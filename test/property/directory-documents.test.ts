// Whatever octets come, a parser of directory documents answers with a value or a fault, and soon (TROVE-2020-002,
// TROVE-2016-12-002, TROVE-2021-006). Each starts from documents that it accepts and spoils them.

import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import fc from 'fast-check'
import {concat, fromText, toLatin1} from '../../src/bytes/octets.ts'
import {ed25519Ready} from '../../src/crypto/ed25519.ts'
import type {Fault} from '../../src/fault/fault.ts'
import type {Result} from '../../src/fault/result.ts'
import {parseAuthorityCert, parseAuthorityCerts} from '../../src/netdoc/authority-cert.ts'
import {parseConsensus} from '../../src/netdoc/consensus/parse.ts'
import {applyConsensusDiff} from '../../src/netdoc/consensus-diff/apply.ts'
import {parseDetachedSignatures} from '../../src/netdoc/detached-signatures/detached-signatures.ts'
import {printDetachedSignatures} from '../../src/netdoc/detached-signatures/print.ts'
import {parseExtraInfo} from '../../src/netdoc/extra-info/extra-info.ts'
import {parseOuterHsDescriptor} from '../../src/netdoc/hs-descriptor/outer.ts'
import {parseMicrodescriptors} from '../../src/netdoc/microdescriptor.ts'
import {parseProtocols} from '../../src/netdoc/protocols.ts'
import {parseRouterDescriptor} from '../../src/netdoc/router-descriptor/parse.ts'
import {parseRouterDescriptors} from '../../src/netdoc/router-descriptor/parse-many.ts'
import {tokenize} from '../../src/netdoc/tokenize.ts'
import {parseVote} from '../../src/netdoc/vote/parse.ts'
import {readLiveDirectory} from '../support/live-directory.ts'
import {readVectors} from '../support/package-root.ts'

const live = readLiveDirectory()
const sample = readVectors<{server_descriptor: string; extra_info: string}>('datadir_sample.json')
const hsDescriptors = readVectors<{documents: Record<string, string>}>('hs_descriptors.json')
const voting = readVectors<{votes: string[]}>('voting.json')
const RUNS = 200
const SEED = 20261122

interface Subject {
  readonly name: string
  readonly document: string
  readonly parse: (octets: Uint8Array) => Result<unknown, Fault>
}

function must<T>(result: Result<T, Fault>): T {
  assert.ok(result.ok)
  return result.value
}

const base = must(parseConsensus(live.consensuses.microdesc.first, 'microdesc'))

function detachedSignatures(): string {
  const {validAfter, freshUntil, validUntil} = base
  const of = (text: string, flavour: 'ns' | 'microdesc', length: number) => ({
    digest: new Uint8Array(length).fill(1),
    signatures: must(parseConsensus(text, flavour)).signatures
  })
  const ns = of(live.consensuses.ns.first, 'ns', 20)
  const microdesc = of(live.consensuses.microdesc.first, 'microdesc', 32)
  return toLatin1(printDetachedSignatures({validAfter, freshUntil, validUntil, flavours: {ns, microdesc}}))
}

function subjects(): readonly Subject[] {
  const {identityKey} = must(parseRouterDescriptor(sample.server_descriptor))
  const hsDescriptor = (hsDescriptors.documents['HS_DESC_BAD_SIG'] ?? '').replace(
    '\n signature',
    '\nsignature'
  )
  const hsNow = new Date('2017-08-12T00:00:00Z')
  const cert = live.authority_certs.slice(0, live.authority_certs.indexOf('dir-key-certificate-version', 10))
  return [
    {name: 'a consensus', document: live.consensuses.ns.first, parse: octets => parseConsensus(octets, 'ns')},
    {
      name: 'a microdesc consensus',
      document: live.consensuses.microdesc.first,
      parse: octets => parseConsensus(octets, 'microdesc')
    },
    {name: 'a vote', document: voting.votes[0] ?? '', parse: parseVote},
    {name: 'detached signatures', document: detachedSignatures(), parse: parseDetachedSignatures},
    {
      name: 'a consensus diff',
      document: live.consensus_diffs.microdesc.first,
      parse: octets => applyConsensusDiff(base, octets)
    },
    {name: 'an authority certificate', document: cert, parse: parseAuthorityCert},
    {name: 'authority certificates', document: live.authority_certs, parse: parseAuthorityCerts},
    {name: 'microdescriptors', document: live.microdescriptors, parse: parseMicrodescriptors},
    {
      name: 'a router descriptor',
      document: sample.server_descriptor,
      parse: octets => parseRouterDescriptor(octets)
    },
    {name: 'router descriptors', document: live.server_descriptors, parse: parseRouterDescriptors},
    {
      name: 'an extra-info',
      document: sample.extra_info,
      parse: octets => parseExtraInfo(octets, identityKey)
    },
    {
      name: 'an onion service descriptor',
      document: hsDescriptor,
      parse: octets => parseOuterHsDescriptor(octets, {now: hsNow})
    }
  ]
}

/** Ways to spoil a document that keep enough of it to get past the first checks. */
function spoiled(document: string): fc.Arbitrary<Uint8Array> {
  const octets = fromText(document)
  const lines = document.split('\n')
  const at = fc.nat(octets.length - 1)
  const line = fc.nat(lines.length - 1)
  const join = (changed: readonly string[]) => fromText(changed.join('\n'))
  return fc.oneof(
    fc.tuple(at, fc.nat(255)).map(([i, value]) => octets.with(i, value)),
    at.map(i => octets.subarray(0, i)),
    at.map(i => octets.subarray(i)),
    fc
      .tuple(at, fc.uint8Array({maxLength: 40}))
      .map(([i, more]) => concat(octets.subarray(0, i), more, octets.subarray(i))),
    fc.tuple(at, fc.nat(200)).map(([i, count]) => concat(octets.subarray(0, i), octets.subarray(i + count))),
    line.map(i => join(lines.toSpliced(i, 1))),
    line.map(i => join(lines.toSpliced(i, 0, lines[i] ?? ''))),
    fc.tuple(line, line).map(([i, j]) => join(lines.with(i, lines[j] ?? '').with(j, lines[i] ?? ''))),
    line.map(i => join(lines.with(i, (lines[i] ?? '').split(' ')[0] ?? ''))),
    fc
      .tuple(line, fc.constantFrom('opt ', '@', ' ', '\t', '\0', '\r', '-----BEGIN X-----\n'))
      .map(([i, prefix]) => join(lines.with(i, `${prefix}${lines[i]}`))),
    fc
      .tuple(line, fc.constantFrom('99999999999999999999', '-1', '', '\u00e9', '='.repeat(50)))
      .map(([i, argument]) => join(lines.with(i, `${(lines[i] ?? '').split(' ')[0]} ${argument}`)))
  )
}

describe('parsers of directory documents', () => {
  let all: readonly Subject[] = []

  before(async () => {
    await ed25519Ready
    all = subjects()
  })

  it('accept the documents as they are', () => {
    for (const {name, document, parse} of all) assert.ok(parse(fromText(document)).ok, name)
  })

  it('answer with a value or a fault, whatever was done to the document', () => {
    for (const {name, document, parse} of all) {
      fc.assert(
        fc.property(spoiled(document), octets => {
          const result = parse(octets)
          assert.ok(result.ok || (result.fault.blame === 'peer' && result.fault.code.length > 0), name)
        }),
        {numRuns: RUNS, seed: SEED}
      )
    }
  })

  it('answer at every length that a document can be cut to', () => {
    for (const {document, parse} of all) {
      const octets = fromText(document)
      const step = Math.ceil(octets.length / 400)
      for (let length = 0; length < octets.length; length += step) parse(octets.subarray(0, length))
    }
  })

  it('answer with a fault to octets that are no document at all', () => {
    fc.assert(
      fc.property(fc.uint8Array({maxLength: 300}), octets => {
        for (const {parse} of all) parse(octets)
      }),
      {numRuns: RUNS, seed: SEED}
    )
  })

  it('take time in proportion to the length of what was made to keep them busy (TROVE-2020-002)', () => {
    const megabyte = 1024 * 1024
    const fill = (text: string, length = megabyte) => fromText(text.repeat(Math.floor(length / text.length)))
    const hostile = [
      fill('r a b c d e f g h\n'),
      fill('network-status-version 3 microdesc\n'),
      fill('dir-source a b c d e f\ncontact x\n'),
      fill('directory-signature a b\n-----BEGIN SIGNATURE-----\nAAAA\n-----END SIGNATURE-----\n'),
      fill('onion-key\n'),
      fill('router a\n'),
      fill('dir-key-certificate-version 3\n'),
      fill('@a\n'),
      fill('k\n-----BEGIN X-----\nAAAA\n-----END X-----\n'),
      fill('params a=1\n'),
      concat(fromText('params '), fill('a=1 ', 100 * 1024), fromText('\n')),
      concat(fromText('pr '), fill('A=0-63,', 100 * 1024), fromText('\n')),
      fill('1,2c\nx\n.\n')
    ]
    for (const [i, octets] of hostile.entries()) {
      for (const {name, parse} of all) {
        const start = process.cpuUsage()
        parse(octets)
        const {user, system} = process.cpuUsage(start)
        assert.ok((user + system) / 1000 < 4000, `${name}, text ${i}: ${(user + system) / 1000} ms`)
      }
    }
  })
})

describe('the pieces that parsers are made of', () => {
  it('give items that follow one another without gap but blank lines', () => {
    const text = fc.array(
      fc.constantFrom('a', 'key word', '', ' ', '-----BEGIN X-----', 'AAAA', '-----END X-----', '@n x')
    )
    fc.assert(
      fc.property(text, lines => {
        const document = `${lines.join('\n')}\n`
        const result = tokenize(document)
        if (!result.ok) return
        let end = 0
        for (const item of result.value) {
          assert.match(document.slice(end, item.span.start), /^\s*$/)
          assert.ok(item.span.start < item.span.lineEnd && item.span.lineEnd <= item.span.end)
          end = item.span.end
        }
        assert.match(document.slice(end), /^\s*$/)
      }),
      {numRuns: 2000, seed: SEED}
    )
  })

  it('give protocol lists that contain exactly what was written', () => {
    const version = fc.nat(63)
    const list = fc.dictionary(
      fc.stringMatching(/^[A-Za-z0-9-]{1,10}$/),
      fc.uniqueArray(version, {minLength: 1}),
      {maxKeys: 6}
    )
    fc.assert(
      fc.property(list, entries => {
        const text = Object.entries(entries)
          .map(([name, versions]) => `${name}=${versions.join(',')}`)
          .join(' ')
        const parsed = parseProtocols(text) ?? assert.fail(text)
        for (const [name, versions] of Object.entries(entries)) {
          assert.deepEqual(
            parsed.versions(name),
            versions.toSorted((a, b) => a - b)
          )
        }
      }),
      {numRuns: 500, seed: SEED}
    )
  })
})
