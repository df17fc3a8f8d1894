// When enough of a network is known to build circuits in it.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {knownNetwork, knownPaths} from '../../../src/app/known-network.ts'
import {loadConfig} from '../../../src/config/relay-config.ts'
import {parseTorrcText} from '../../../src/config/torrc-text.ts'
import type {NetDir} from '../../../src/netdir/net-dir.ts'
import {type MadeNetDirRelay, makeNetDir} from '../../support/made-net-dir.ts'

const FLAGS = ['Fast', 'Running', 'Stable', 'V2Dir', 'Valid']
const GUARD = {flags: [...FLAGS, 'Guard']}
const MIDDLE = {flags: FLAGS}
const EXIT = {flags: [...FLAGS, 'Exit']}

/** The network of these relays, of which the keys of some are known. */
function network(relays: readonly MadeNetDirRelay[], isKnown: readonly boolean[], params?: string): NetDir {
  const made = relays.map((relay, i) => ({...relay, isUnknown: isKnown[i] === false}))
  return makeNetDir({relays: made, ...(params === undefined ? {} : {params})})
}

function pathsNeeded(line: string): number | undefined {
  const lines = parseTorrcText(`ORPort 1\n${line}`, 'torrc')
  assert.ok(lines.ok)
  const config = loadConfig({torrc: lines.value})
  assert.ok(config.ok)
  return config.value.pathsNeededToBuildCircuits
}

test('PathsNeededToBuildCircuits: the part of the paths that must be known, or what the consensus says', () => {
  const half = network([GUARD, GUARD, MIDDLE, MIDDLE], [true, true, true, false])
  assert.equal(knownPaths(half), 0.75)
  assert.equal(knownNetwork(half, pathsNeeded('PathsNeededToBuildCircuits 0.75')), half)
  assert.equal(knownNetwork(half, pathsNeeded('PathsNeededToBuildCircuits 0.8')), undefined)
  assert.equal(knownNetwork(half, pathsNeeded('')), half)
  const strict = network(
    [GUARD, GUARD, MIDDLE, MIDDLE],
    [true, true, true, false],
    'min_paths_for_circs_pct=80'
  )
  assert.equal(knownNetwork(strict, undefined), undefined)
  assert.equal(knownNetwork(strict, pathsNeeded('PathsNeededToBuildCircuits 0.7')), strict)
})

test('PathsNeededToBuildCircuits is taken from 0.25 to 0.95', () => {
  assert.equal(pathsNeeded('PathsNeededToBuildCircuits 0.1'), 0.25)
  assert.equal(pathsNeeded('PathsNeededToBuildCircuits 3'), 0.95)
  assert.equal(pathsNeeded('PathsNeededToBuildCircuits -1'), undefined)
})

test('what is known of guards, middles and exits is multiplied, by bandwidth', () => {
  assert.equal(
    knownPaths(network([GUARD, GUARD, MIDDLE, EXIT, EXIT], [true, false, true, true, false])),
    0.5 * 0.6 * 0.5
  )
  const fast = {...MIDDLE, weight: 'Bandwidth=300'}
  assert.equal(knownPaths(network([MIDDLE, fast], [false, true])), 0.75 * 0.75)
  assert.equal(knownPaths(network([], [])), 0)
})
