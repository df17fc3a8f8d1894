// What cores do on native links, they do on links of node:tls: shards that cannot have the others are as good.

import {test} from 'node:test'
import {loadAddon} from '../../src/crypto/binding.ts'

const {reason} = loadAddon()

if (reason !== undefined) test('on links of node:tls', {skip: reason}, () => {})
else {
  process.env['RAMSON_SHARDS'] = '2'
  process.env['RAMSON_LINKS'] = 'node'
  await import('./own-circuits.test.ts')
  await import('./splice.test.ts')
  await import('../spec/dos/queues-over-links.test.ts')
}
