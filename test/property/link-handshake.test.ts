// Link handshakes with somebody in the middle: whatever happens to the octets, neither end throws, and nobody is taken for
// a relay unless every octet that AUTHENTICATE vouches for arrived as it was sent.

import assert from 'node:assert/strict'
import {before, test} from 'node:test'
import fc from 'fast-check'
import {LinkHandshake} from '../../src/channel/link-handshake.ts'
import {
  type Ends,
  endIn,
  initiatorOptions,
  type Meddler,
  makeRelay,
  type Relay,
  responderOptions,
  runHandshake
} from '../spec/link-handshake/ends.ts'

const RUNS = {seed: 20261122, numRuns: 250}

let alice: Relay
let bob: Relay

before(async () => {
  alice = await makeRelay()
  bob = await makeRelay()
})

/** The cells of a handshake in the order in which both ends together send them: VERSIONS, VERSIONS, CERTS, … */
const arbitraryCellIndex = fc.nat(8)

function run(meddle: Meddler): Ends {
  return runHandshake(initiatorOptions(alice, bob), responderOptions(bob), meddle)
}

/** Applies a change to the cell of one index, counted over both directions. */
function onCell(index: number, change: (octets: Uint8Array) => readonly Uint8Array[]): Meddler {
  let count = 0
  return (_from, pieces) => pieces.flatMap(octets => (count++ === index ? change(octets) : [octets]))
}

function isRelay(ends: Ends): boolean {
  return ends.responder?.kind === 'verified' && ends.responder.channel.peer.kind === 'relay'
}

function isNetinfo(octets: Uint8Array): boolean {
  return octets.length === 514
}

test('a handshake that nobody touches ends well', () => {
  assert.equal(isRelay(run((_from, octets) => octets)), true)
})

test('one changed bit before NETINFO, in either direction, leaves no relay at the responder', () => {
  fc.assert(
    fc.property(arbitraryCellIndex, fc.nat(), fc.nat(7), (index, place, bit) => {
      let touched = false
      const ends = run(
        onCell(index, octets => {
          if (isNetinfo(octets)) return [octets]
          touched = true
          const changed = octets.slice()
          const at = place % changed.length
          changed[at] = (changed[at] as number) ^ (1 << bit)
          return [changed]
        })
      )
      assert.equal(isRelay(ends), !touched)
    }),
    RUNS
  )
})

test('cells cut short, doubled, dropped, swapped or followed by others never make anything throw', () => {
  const arbitraryMischief = fc.constantFrom('cut', 'double', 'drop', 'splice', 'append')
  fc.assert(
    fc.property(
      arbitraryCellIndex,
      arbitraryMischief,
      fc.nat(),
      fc.uint8Array({maxLength: 40}),
      (index, mischief, place, octets) => {
        const ends = run(
          onCell(index, cell => {
            const at = place % cell.length
            switch (mischief) {
              case 'cut':
                return [cell.subarray(0, at)]
              case 'double':
                return [cell, cell]
              case 'drop':
                return []
              case 'splice':
                return [cell.subarray(0, at), octets, cell.subarray(at)]
              default:
                return [cell, octets]
            }
          })
        )
        for (const end of [ends.initiator, ends.responder]) {
          if (end?.kind === 'closed') assert.equal(end.fault.blame, 'peer')
        }
      }
    ),
    RUNS
  )
})

test('octets out of nowhere never make either end throw, in any state', () => {
  const states = [
    'responder-expect-versions',
    'responder-expect-certs',
    'responder-expect-authenticate',
    'responder-expect-netinfo',
    'initiator-expect-versions',
    'initiator-expect-certs',
    'initiator-expect-auth-challenge',
    'initiator-expect-netinfo'
  ]
  const arbitraryStart = fc.constantFrom(
    [],
    [0, 0, 7, 0, 4],
    [0, 0, 0, 0, 129, 0, 90, 4],
    [0, 0, 0, 0, 130, 0, 40],
    [0, 0, 0, 0, 131, 1, 100, 0, 3, 1, 96],
    [0, 0, 0, 0, 8]
  )
  fc.assert(
    fc.property(
      fc.constantFrom(...states),
      arbitraryStart,
      fc.array(fc.uint8Array({maxLength: 600}), {maxLength: 4}),
      (state, start, chunks) => {
        const {end} = endIn(state, initiatorOptions(alice, bob), responderOptions(bob))
        for (const chunk of [new Uint8Array(start), ...chunks]) {
          const step = end.receive(chunk)
          if (step.kind !== 'continue') return
        }
      }
    ),
    RUNS
  )
})

test('the outcome does not depend on where chunks end', () => {
  const script = endIn('responder-expect-versions', initiatorOptions(undefined, bob), responderOptions(bob))
  const versions = script.nextCells[0] as Uint8Array
  const client = LinkHandshake.initiator(initiatorOptions(undefined, bob))
  const responder = LinkHandshake.responder(responderOptions(bob))
  const answered = responder.receive(versions)
  assert.ok(answered.kind === 'continue')
  const ended = client.receive(new Uint8Array(Buffer.concat(answered.send)))
  assert.ok(ended.kind === 'verified')
  const all = new Uint8Array(Buffer.concat([versions, ...ended.send]))
  fc.assert(
    fc.property(fc.array(fc.nat(all.length), {maxLength: 12}), cuts => {
      const edges = [...new Set([0, ...cuts, all.length])].sort((a, b) => a - b)
      const end = LinkHandshake.responder(responderOptions(bob))
      const steps = edges.slice(1).map((edge, i) => end.receive(all.slice(edges[i], edge)))
      assert.equal(steps.at(-1)?.kind, 'verified')
    }),
    RUNS
  )
})
