import assert from 'node:assert/strict'
import {test} from 'node:test'
import {
  editDistance,
  findAbbreviated,
  findOption,
  knownOptionNames,
  nearestOption
} from '../../../src/config/option-names.ts'
import {OWN_OPTIONS} from '../../../src/config/options.ts'

test('every option that C tor 0.4.9 lists is known, and some of our own', () => {
  const names = knownOptionNames()
  assert.equal(names.length, 372 + OWN_OPTIONS.length)
  assert.equal(new Set(names).size, names.length)
  for (const name of names) assert.notEqual(findOption(name), undefined, name)
  assert.equal(findOption('DataDirectoryGroupReadable')?.kind, 'known')
})

test('the beginning of one name alone stands for it', () => {
  assert.equal(findAbbreviated('contactinf')?.name, 'ContactInfo')
  assert.equal(findAbbreviated('Bandwidth'), undefined)
  assert.equal(findAbbreviated('Tor2webM'), undefined)
})

test('the nearest name is found within a third of the letters, or none', () => {
  assert.equal(nearestOption('ORprot'), 'ORPort')
  assert.equal(nearestOption('RelayBandwithRate'), 'RelayBandwidthRate')
  assert.equal(nearestOption('contactinf'), 'ContactInfo')
  assert.equal(nearestOption('foo'), undefined)
  assert.equal(editDistance('kitten', 'sitting', 9), 3)
  assert.equal(editDistance('', 'abc', 9), 3)
  assert.equal(editDistance('abcdef', 'x', 3), 3)
})
