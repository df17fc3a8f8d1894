import assert from 'node:assert/strict'
import {test} from 'node:test'
import {joinTorrcs} from '../../../../src/app/network/join-torrcs.ts'
import {planNodes} from '../../../../src/app/network/layout.ts'
import {isFree, ownerOf, portCount, portsFrom, takenPorts} from '../../../../src/app/network/ports.ts'
import {loadConfig, type RelayConfig} from '../../../../src/config/relay-config.ts'
import {parseTorrcText} from '../../../../src/config/torrc-text.ts'
import {freePort} from '../../../support/free-ports.ts'

const layout = {
  directory: '/a place/with "quotes"',
  relays: 8,
  ports: portsFrom(20_000, 8),
  target: {host: '127.0.0.1', port: 8080},
  authority: {fingerprint: 'A'.repeat(40), v3Identity: 'B'.repeat(40)}
}

function load(torrc: string): RelayConfig {
  const lines = parseTorrcText(torrc, 'torrc')
  assert.ok(lines.ok)
  const config = loadConfig({torrc: lines.value})
  return config.ok ? config.value : assert.fail(JSON.stringify(config.fault))
}

test('every node has a torrc that loads, a directory of its own and one authority', () => {
  const plans = planNodes(layout)
  const relays = Array.from({length: 8}, (_, i) => `relay${i + 1}`)
  assert.deepEqual(
    plans.map(({name}) => name),
    ['authority', ...relays, 'service', 'client']
  )
  for (const {torrc, directory, name} of plans) {
    const config = load(torrc)
    assert.equal(config.dataDirectory, directory)
    assert.equal(config.dirAuthorities.length, 1)
    assert.equal(config.authority !== undefined, name === 'authority')
    assert.deepEqual(config.notices, [], name)
  }
})

test('no two listeners have one port, and all lie in the block that the base port begins', () => {
  const configs = planNodes(layout).map(({torrc}) => load(torrc))
  const ports = configs.flatMap(({orPorts, dirPorts, socksPorts}) =>
    [...orPorts, ...dirPorts, ...socksPorts].map(port => ('port' in port ? port.port : 0))
  )
  const {page, status} = layout.ports
  const all = [...ports, page, status]
  assert.equal(new Set(all).size, portCount(8))
  for (const port of all) assert.ok(port >= 20_000 && port < 20_000 + portCount(8))
})

test('the torrcs to join by load, and name the same authority', () => {
  const [first] = planNodes(layout)
  const {relay, client} = joinTorrcs(layout)
  const authorities = load(first?.torrc ?? '').dirAuthorities
  assert.deepEqual(load(relay.text).dirAuthorities, authorities)
  assert.deepEqual(load(client.text).dirAuthorities, authorities)
  assert.equal(load(relay.text).orPorts.length, 1)
  assert.equal(load(client.text).socksPorts.length, 1)
})

test('a port that is in the way is told with the node that it is for', () => {
  const owners = Array.from({length: portCount(8)}, (_, i) => ownerOf(20_000 + i, layout.ports))
  const relays = Array.from({length: 8}, (_, i) => `relay${i + 1}`)
  assert.deepEqual(owners, [
    'client',
    'status page',
    'page of the service',
    'authority',
    'authority',
    ...relays
  ])
})

test('a port that something listens on is told from a free one', async () => {
  const {createServer} = await import('node:net')
  const port = await freePort()
  assert.equal(await isFree(port), true)
  const server = createServer()
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  assert.equal(await isFree(port), false)
  assert.ok((await takenPorts(port, 7)).includes(port))
  await new Promise(resolve => server.close(resolve))
})
