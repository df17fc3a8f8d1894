import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import fc from 'fast-check'
import {toBase16Upper} from '../../../src/bytes/base16.ts'
import {fromText, toLatin1} from '../../../src/bytes/octets.ts'
import {sha3_256} from '../../../src/crypto/digest.ts'
import type {Consensus} from '../../../src/netdoc/consensus/consensus.ts'
import {parseConsensus} from '../../../src/netdoc/consensus/parse.ts'
import {findAnchors} from '../../../src/netdoc/consensus-diff/anchors.ts'
import {applyConsensusDiff, diffBaseDigest} from '../../../src/netdoc/consensus-diff/apply.ts'
import {makeConsensusDiff} from '../../../src/netdoc/consensus-diff/make.ts'
import {readLiveDirectory} from '../../support/live-directory.ts'

const live = readLiveDirectory()

function parse(text: string, flavour: 'ns' | 'microdesc' = 'microdesc'): Consensus {
  const result = parseConsensus(text, flavour)
  assert.ok(result.ok, JSON.stringify(result))
  return result.value
}

function applied(base: Consensus, diff: string): string {
  const result = applyConsensusDiff(base, diff)
  return result.ok ? toLatin1(result.value) : result.fault.code
}

/** Text as if it were a consensus; a diff only looks at its octets and at where its signatures begin. */
function textOnly(text: string): Consensus {
  const octets = fromText(text)
  const signedLength = text.indexOf('directory-signature ') + 'directory-signature '.length
  return {octets, signedLength} as unknown as Consensus
}

/** A diff with these commands that promises `target`. */
function diffTo(base: Consensus, target: string, commands: string): string {
  const hashes = [diffBaseDigest(base), sha3_256(fromText(target))].map(toBase16Upper)
  return `network-status-diff-version 1\nhash ${hashes.join(' ')}\n${commands}`
}

describe('consensus diffs of C tor', () => {
  for (const flavour of ['ns', 'microdesc'] as const) {
    for (const name of ['first', 'second'] as const) {
      it(`turn the ${name} ${flavour} consensus into the newest`, () => {
        const base = parse(live.consensuses[flavour][name], flavour)
        const result = applied(base, live.consensus_diffs[flavour][name])
        assert.equal(result, live.consensuses[flavour].newest)
      })
    }
  }

  it('do not fit another base', () => {
    const base = parse(live.consensuses.microdesc.second)
    assert.equal(applied(base, live.consensus_diffs.microdesc.first), 'diff-wrong-base')
  })

  it('do not hold when any octet of them changes', () => {
    const base = parse(live.consensuses.microdesc.first)
    const diff = live.consensus_diffs.microdesc.first
    for (let at = 0; at < diff.length; at += 3) {
      const changed = diff.slice(0, at) + String.fromCharCode(diff.charCodeAt(at) ^ 1) + diff.slice(at + 1)
      const result = applied(base, changed)
      // A hash may be written in either case; every other change shows.
      if (result.startsWith('network')) assert.equal(result, live.consensuses.microdesc.newest)
      else assert.match(result, /^diff-/)
    }
  })
})

describe('the commands of a diff (dir-spec, appendix E)', () => {
  const text = 'one\ntwo\nthree\nfour\ndirectory-signature x\n'
  const base = textOnly(text)

  it('delete, change and append, from the end to the start', () => {
    const cases = [
      ['', text],
      ['5,$d\n', 'one\ntwo\nthree\nfour\n'],
      ['2d\n', 'one\nthree\nfour\ndirectory-signature x\n'],
      ['2,3d\n1a\nnew\n.\n', 'one\nnew\nfour\ndirectory-signature x\n'],
      ['0a\nzero\n.\n', `zero\n${text}`],
      ['5a\nsix\nseven\n.\n', `${text}six\nseven\n`],
      ['4c\nIV\n.\n2c\nII\nii\n.\n', 'one\nII\nii\nthree\nIV\ndirectory-signature x\n'],
      ['1,5c\n..\n.\n', '..\n']
    ] as const
    for (const [commands, target] of cases) {
      assert.equal(applied(base, diffTo(base, target, commands)), target, JSON.stringify(commands))
    }
  })

  it('are refused when they are none, out of order or out of range', () => {
    const cases = [
      ['x\n', 'diff-bad-command'],
      ['\n', 'diff-bad-command'],
      ['0d\n', 'diff-bad-command'],
      ['3,2d\n', 'diff-bad-command'],
      ['1,2a\nx\n.\n', 'diff-bad-command'],
      ['1,$c\nx\n.\n', 'diff-bad-command'],
      ['4d\n3,$d\n', 'diff-bad-command'],
      ['-1d\n', 'diff-bad-command'],
      ['99999999999d\n', 'diff-bad-command'],
      ['6d\n', 'diff-out-of-range'],
      ['6a\nx\n.\n', 'diff-out-of-range'],
      ['6,$d\n', 'diff-bad-command'],
      ['2d\n3d\n', 'diff-out-of-order'],
      ['2,4d\n3,4d\n', 'diff-out-of-order'],
      ['2c\nx\n', 'diff-malformed'],
      ['2c\n.\n', 'diff-malformed'],
      ['2a\nx\n.', 'diff-malformed'],
      ['2d\n', 'diff-wrong-result']
    ] as const
    for (const [commands, code] of cases) {
      assert.equal(applied(base, diffTo(base, text, commands)), code, JSON.stringify(commands))
    }
  })

  it('need a header with both digests', () => {
    for (const diff of [
      '',
      'network-status-diff-version 2\n',
      'network-status-diff-version 1\n',
      'network-status-diff-version 1\nhash 00 00\n'
    ]) {
      assert.equal(applied(base, diff), 'diff-malformed')
    }
  })

  it('cannot make a result that is larger than a consensus may be', () => {
    const large = textOnly(`${'a'.repeat(20 * 1024 * 1024)}\ndirectory-signature x\n`)
    const commands = `2a\n${'b'.repeat(20 * 1024 * 1024)}\n.\n`
    assert.equal(applied(large, diffTo(large, '', commands)), 'diff-too-large')
  })
})

describe('diffs that ramson makes', () => {
  it('turn each consensus of a network into each other', () => {
    for (const flavour of ['ns', 'microdesc'] as const) {
      const all = Object.values(live.consensuses[flavour]).map(text => parse(text, flavour))
      for (const base of all) {
        for (const target of all) {
          const diff = makeConsensusDiff(base, target)
          assert.equal(applied(base, diff), toLatin1(target.octets))
        }
      }
    }
  })

  it('are not much longer than those of C tor', () => {
    const [base, target] = [parse(live.consensuses.ns.first, 'ns'), parse(live.consensuses.ns.newest, 'ns')]
    const ours = makeConsensusDiff(base, target).length
    const theirs = live.consensus_diffs.ns.first.length
    assert.ok(ours <= theirs * 1.1, `${ours} octets, C tor ${theirs}`)
  })

  it('do not depend on the signatures of the base', () => {
    const [text, newest] = [live.consensuses.microdesc.first, live.consensuses.microdesc.newest]
    const lastSignature = text.lastIndexOf('directory-signature ')
    const fewer = parse(text.slice(0, lastSignature))
    assert.equal(applied(fewer, makeConsensusDiff(parse(text), parse(newest))), newest)
  })

  it('turn any lines into any others', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'r x', 'r y', 'r z', 'm 1', 'm 2', ''), {
      maxLength: 30
    })
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const [base, target] = [before, after].map(part =>
          textOnly(`${['start', ...part, 'directory-signature x'].join('\n')}\n`)
        ) as [Consensus, Consensus]
        assert.equal(applied(base, makeConsensusDiff(base, target)), toLatin1(target.octets))
      }),
      {numRuns: 500, seed: 20261122}
    )
  })

  it('of two large consensuses take no longer than sorting', () => {
    const lines = (seed: number) =>
      Array.from({length: 60_000}, (_, i) =>
        i % 7 === seed % 7 ? `m ${i * seed}` : i % 5 === 0 ? 's Fast' : `r ${i}`
      )
    const start = process.cpuUsage()
    const anchors = findAnchors(lines(3), lines(11))
    const reversed = findAnchors(lines(3), [...lines(3)].reverse())
    const {user, system} = process.cpuUsage(start)
    assert.ok(anchors.length > 20_000)
    assert.equal(reversed.length, 1)
    assert.ok((user + system) / 1000 < 5000, `${(user + system) / 1000} ms`)
  })
})
