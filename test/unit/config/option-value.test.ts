import assert from 'node:assert/strict'
import {test} from 'node:test'
import {parseOptionValue} from '../../../src/config/option-value.ts'

test('amounts come in octets and in bits, in powers of 1024, in any case, with or without a blank', () => {
  const bytes = (text: string) => parseOptionValue('bytes', text)
  assert.equal(bytes('100'), 100)
  assert.equal(bytes('1 KB'), 1024)
  assert.equal(bytes('75 KBytes'), 76800)
  assert.equal(bytes('2mbytes'), 2097152)
  assert.equal(bytes('20 MBits'), 2621440)
  assert.equal(bytes('1 GB'), 1073741824)
  assert.equal(bytes('1 tbit'), 137438953472)
  assert.equal(bytes('1.5 KB'), 1536)
  for (const bad of ['', 'KB', '-1', '1 kbs', '1 KiB', '1 constructor', '1e3', '10 000', '99999999 TB']) {
    assert.equal(bytes(bad), undefined, bad)
  }
})

test('times are seconds where no unit stands and come out in milliseconds', () => {
  const interval = (text: string) => parseOptionValue('interval', text)
  assert.equal(interval('30'), 30_000)
  assert.equal(interval('6 hours'), 21_600_000)
  assert.equal(interval('30 DAYS'), 2_592_000_000)
  assert.equal(interval('1 month'), 2_629_728_000)
  assert.equal(interval('1.5 minutes'), 90_000)
  assert.equal(interval('5 msec'), undefined)
  assert.equal(interval('2147483648'), undefined)
})

test('millisecond times are milliseconds where no unit stands', () => {
  assert.equal(parseOptionValue('msec-interval', '1750'), 1750)
  assert.equal(parseOptionValue('msec-interval', '500 msec'), 500)
  assert.equal(parseOptionValue('msec-interval', '1 second'), 1000)
  assert.equal(parseOptionValue('msec-interval', '1 month'), undefined)
})

test('booleans are 0 or 1, and nothing else', () => {
  assert.equal(parseOptionValue('boolean', '1'), true)
  assert.equal(parseOptionValue('boolean', '0'), false)
  for (const bad of ['yes', 'true', '2', '']) assert.equal(parseOptionValue('boolean', bad), undefined, bad)
  assert.equal(parseOptionValue('autobool', 'AUTO'), 'auto')
  assert.equal(parseOptionValue('autobool', '1'), true)
})

test('whole numbers fit into 32 bits and counts are not negative', () => {
  assert.equal(parseOptionValue('int', '-5'), -5)
  assert.equal(parseOptionValue('count', '-5'), undefined)
  assert.equal(parseOptionValue('count', '2147483647'), 2147483647)
  assert.equal(parseOptionValue('count', '2147483648'), undefined)
  assert.equal(parseOptionValue('int', '1.5'), undefined)
})

test('lists are separated by commas, and empty words do not count', () => {
  assert.deepEqual(parseOptionValue('csv', 'a, b,,c '), ['a', 'b', 'c'])
  assert.deepEqual(parseOptionValue('csv-interval', '0, 30 minutes'), [0, 1_800_000])
  assert.equal(parseOptionValue('csv-interval', '0, soon'), undefined)
  assert.equal(parseOptionValue('double', '-1'), -1)
  assert.equal(parseOptionValue('double', '0.67'), 0.67)
  assert.equal(parseOptionValue('double', 'much'), undefined)
})
