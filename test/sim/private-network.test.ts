// `ramson network`, run as a user runs it: the six steps, the page through SOCKS, the status page, and nothing left behind.

import assert from 'node:assert/strict'
import {execFile, spawnSync} from 'node:child_process'
import {existsSync, mkdtempSync, rmSync} from 'node:fs'
import {createServer} from 'node:http'
import {createServer as listenTcp} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, it} from 'node:test'
import {promisify} from 'node:util'
import {fetchOverSocks} from '../../src/app/network/socks-fetch.ts'
import {STEP_TITLES} from '../../src/app/network/steps.ts'
import type {Status} from '../../src/app/status/status.ts'
import {isListening, NetworkProcess} from '../support/network-process.ts'
import {socksConnect} from '../support/socks-client.ts'

const running: NetworkProcess[] = []
after(() => Promise.all(running.map(network => network.dispose())))

function start(...words: readonly string[]): NetworkProcess {
  const network = new NetworkProcess(words)
  running.push(network)
  return network
}

const run = promisify(execFile)
const hasCurl = spawnSync('curl', ['--version'], {stdio: 'ignore'}).status === 0

/** With the printed command where there is a curl, else by our own means. */
async function page(command: string, socksPort: number, host: string): Promise<string> {
  if (hasCurl) {
    const [program = '', ...words] = command.split(' ')
    const {stdout} = await run(program, ['--silent', '--show-error', ...words], {timeout: 60_000})
    return stdout
  }
  const socket = await socksConnect({socksPort, host, port: 80})
  socket.end(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}

describe('a private network, from its start to SIGINT', () => {
  const network = start()
  let ports: number[] = []

  it('is ready when the six steps are done, each told as it begins and as it ends, in one JSON object per line', async () => {
    const addresses = await network.ready()
    assert.match(addresses.onion, /^[a-z2-7]{56}\.onion$/)
    const states = (step: number) =>
      network.named('step').flatMap(event => (event['step'] === step ? [event['state']] : []))
    for (const [step, title] of STEP_TITLES.entries()) {
      assert.equal(states(step)[0], 'running', title)
      assert.equal(states(step).at(-1), 'done', title)
    }
    const doneAt = (step: number) =>
      network.events.findIndex(event => event['step'] === step && event['state'] === 'done')
    for (const [earlier, later] of [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 5],
      [4, 5],
      [5, 6]
    ] as const) {
      assert.ok(doneAt(earlier) < doneAt(later), `step ${earlier} before step ${later}`)
    }
    assert.equal(network.strayOutput, '')
  })

  it('gives the page by the command that it prints', async () => {
    const {command, socksPort, onion} = await network.ready()
    assert.match(await page(command, socksPort, onion), /You have arrived/)
  })

  it('has a status page that knows every node, who is what for the service, and the steps', async () => {
    const {statusUrl, onion} = await network.ready()
    const status = (await (await fetch(`${statusUrl}status.json`)).json()) as Status
    const kinds = status.nodes.map(({kind}) => kind)
    assert.deepEqual(kinds, ['authority', ...Array<string>(7).fill('relay'), 'service', 'client'])
    assert.deepEqual(
      status.steps.map(({state}) => state),
      STEP_TITLES.map(() => 'done')
    )
    const roles = status.nodes.flatMap(node => node.roles)
    for (const role of [/^introduction point ×/, /^rendezvous ×/, /^HSDir of /]) {
      assert.ok(
        roles.some(each => role.test(each)),
        `${role} in ${roles.join(', ')}`
      )
    }
    for (const {kind, name, flags, channels, cells} of status.nodes) {
      if (kind === 'relay') assert.ok(flags.includes('Running') && flags.includes('HSDir'), name)
      assert.ok(channels > 0 && cells > 0, name)
    }
    assert.ok(status.facts.some(([, value]) => value === onion))
  })

  it('leaves torrcs with which others can join', async () => {
    const {joinRelay, joinClient} = await network.ready()
    assert.ok(existsSync(joinRelay) && existsSync(joinClient))
  })

  it('ends with status 0 at SIGINT and leaves no process, no port and no file', async () => {
    const {socksPort, statusUrl} = await network.ready()
    // All ports are one block, with the SOCKS port first.
    ports = Array.from({length: 5 + 7}, (_, i) => socksPort + i)
    assert.ok(ports.includes(Number(new URL(statusUrl).port)))
    assert.deepEqual(await Promise.all(ports.map(isListening)), Array<boolean>(ports.length).fill(true))
    assert.ok(network.temporaryFiles.length > 0)
    assert.deepEqual(await network.kill('SIGINT'), {code: 0, signal: null})
    assert.equal(network.named('stopped').length, 1)
    assert.equal(network.isAlive, false)
    assert.deepEqual(await Promise.all(ports.map(isListening)), Array<boolean>(ports.length).fill(false))
    assert.deepEqual(network.temporaryFiles, [])
    assert.equal(network.strayOutput, '')
  })
})

describe('a private network that is kept', () => {
  it('has the same addresses and identities when it starts again, and can lead elsewhere', async () => {
    const keep = mkdtempSync(join(tmpdir(), 'ramson-kept-'))
    after(() => rmSync(keep, {recursive: true, force: true}))
    const first = start('--keep', keep, '--once')
    const before = await first.ready()
    assert.equal((await first.ended).code, 0)
    assert.deepEqual(first.temporaryFiles, [])

    const server = createServer((_, response) => response.end('something else'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    after(() => server.close())
    const bound = server.address()
    assert.ok(typeof bound === 'object' && bound !== null)
    const second = start('--keep', keep, '--target', `127.0.0.1:${bound.port}`)
    const again = await second.ready()
    assert.deepEqual({...again, ms: 0, event: ''}, {...before, ms: 0, event: ''})
    assert.match(await page(again.command, again.socksPort, again.onion), /something else/)
    assert.equal((await second.kill('SIGTERM')).code, 0)
    assert.ok(existsSync(join(keep, 'service', 'onion', 'hostname')))
  })
})

describe('a private network that cannot start', () => {
  it('names the step, what is in the way and the way out, and leaves nothing', async () => {
    const inTheWay = listenTcp()
    await new Promise<void>(resolve => inTheWay.listen(0, '127.0.0.1', resolve))
    after(() => inTheWay.close())
    const bound = inTheWay.address()
    assert.ok(typeof bound === 'object' && bound !== null)
    const network = start('--socks-port', `${bound.port}`)
    assert.equal((await network.ended).code, 1)
    const [failed] = network.named('failed')
    assert.deepEqual([failed?.['step'], failed?.['node']], [0, 'client'])
    assert.match(String(failed?.['message']), new RegExp(`port ${bound.port}\\b`))
    assert.match(String(failed?.['wayOut']), /--socks-port/)
    assert.deepEqual(network.temporaryFiles, [])
  })

  it('says that a flag is wrong, and which', async () => {
    const network = start('--relays', '3')
    assert.equal((await network.ended).code, 1)
    assert.match(network.strayOutput, /--relays.*7 to 60/)
  })
})

it('a private network that is interrupted while it starts ends with status 0 and leaves nothing', async () => {
  const network = start()
  await network.seen('step', 30_000)
  assert.deepEqual(await network.kill('SIGINT'), {code: 0, signal: null})
  assert.deepEqual(network.temporaryFiles, [])
  assert.equal(network.isAlive, false)
  assert.equal(network.strayOutput, '')
})

it('a visit by way of a SOCKS port that is none says so', async () => {
  const fetched = await fetchOverSocks({socksPort: 1, host: 'x.onion', port: 80, timeoutMs: 5000})
  assert.deepEqual(fetched, {ok: false, fault: {code: 'socks-unreachable', blame: 'local'}})
})
