// What cores do on the plain data plane, they do on native shards: the same tests again, with two shards to every core.

import {test} from 'node:test'
import {loadAddon} from '../../src/crypto/binding.ts'

const {reason} = loadAddon()

if (reason !== undefined) test('on native shards', {skip: reason}, () => {})
else {
  process.env['RAMSON_SHARDS'] = '2'
  await import('./begin-dir.test.ts')
  await import('./own-circuits.test.ts')
  await import('./splice.test.ts')
  await import('../spec/dos/over-links.test.ts')
  await import('../spec/dos/queues-over-links.test.ts')
  await import('../spec/onion-roles/over-links.test.ts')
}
