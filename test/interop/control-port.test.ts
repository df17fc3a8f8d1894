// The control port as those use it who steer C tor: applications with stem, operators with nyx, onionbalance. One private
// network of ramson; in it a client and a relay that are steered, a service behind a balancer, and C tor as a client, with
// which onionbalance has to get as far as with ramson. RAMSON_SUBJECT=tor puts C tor in the place of client and relay.

import assert from 'node:assert/strict'
import {execFile} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createConnection, createServer, type Server} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {promisify} from 'node:util'
import {NetworkNodes} from '../../src/app/network/network-nodes.ts'
import {type Preparation, prepare} from '../../src/app/network/prepare.ts'
import {fetchOverSocks} from '../../src/app/network/socks-fetch.ts'
import {Steps} from '../../src/app/network/steps.ts'
import {toBase32} from '../../src/bytes/base32.ts'
import {toBase64} from '../../src/bytes/base64.ts'
import {ed25519Ready} from '../../src/crypto/ed25519.ts'
import {hashPassword} from '../../src/crypto/secret-to-key.ts'
import {generateX25519} from '../../src/crypto/x25519.ts'
import {Daemon} from '../support/daemon.ts'
import {PYTHON, whyWithoutControllers} from '../support/needs-controllers.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {Nyx} from '../support/nyx.ts'
import {OnionBalancer} from '../support/onion-balancer.ts'
import {packageRoot} from '../support/package-root.ts'
import {programFile, subjectImplementation} from '../support/subject.ts'
import {waitUntil} from '../support/wait-until.ts'

const RELAYS = 7
/** What onionbalance takes for granted of a test network. */
const INTERVAL_SECONDS = 20
const PASSWORD = 'open sesame'
const START_MS = 60_000
const CHECK_MS = 90_000
const BALANCED_MS = 120_000
/** C tor is there to compare with, not to be tested: it gets so much more time. */
const TOR_MORE_MS = 10_000
const FETCH_MS = 20_000

interface Steered {
  readonly daemon: Daemon
  readonly cookieFile: string
  readonly controlPort: number
  /** 0 where there is none. */
  readonly socksPort: number
}

const run = promisify(execFile)
const without = whyWithoutTor() || whyWithoutControllers()

describe('the control port', {skip: without}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'ramson-control-'))
  let preparation: Preparation
  let nodes: NetworkNodes
  let page: Server
  let client: Steered
  let relay: Steered
  let balancers: Promise<readonly [OnionBalancer, OnionBalancer]>
  let consensusEvent: Promise<unknown>
  const daemons: Daemon[] = []

  before(async () => {
    await ed25519Ready
    const steps = new Steps(() => {})
    const prepared = await prepare(
      {relays: RELAYS, intervalSeconds: INTERVAL_SECONDS, parts: 'relays'},
      steps
    )
    assert.ok(prepared.ok, JSON.stringify(prepared))
    preparation = prepared.value
    nodes = new NetworkNodes(preparation, steps)
    assert.ok((await nodes.startRelays()).ok)
    await waitUntil('all relays in the consensus', {timeoutMs: START_MS, everyMs: 50}, () => {
      return nodes.listed.length === RELAYS + 1
    })
    page = createServer(socket => socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\n\r\nhere')))
    await new Promise<void>(resolve => page.listen(0, '127.0.0.1', resolve))
    const started = await Promise.all([
      steered('client', ['SocksPort 127.0.0.1:auto']),
      steered('relay', [
        'SocksPort 0',
        'ORPort 127.0.0.1:auto',
        'Address 127.0.0.1',
        'Nickname steered',
        ...RELAY
      ])
    ])
    client = started[0]
    relay = started[1]
    // Begun early, because they work by clocks of their own.
    balancers = balance()
    balancers.catch(() => {})
  })

  after(async () => {
    for (const balancer of (await balancers?.catch(() => [])) ?? []) await balancer.stop()
    await Promise.all(daemons.map(daemon => daemon.stop()))
    await nodes?.close()
    await preparation?.close()
    page?.close()
    rmSync(folder, {recursive: true, force: true})
  })

  const RELAY = ['AssumeReachable 1', 'ExitRelay 0', 'ContactInfo of a test']

  /** A node of the network, run as an operator runs it, and where its control port listens. */
  async function steered(
    name: string,
    lines: readonly string[],
    implementation = subjectImplementation
  ): Promise<Steered> {
    const directory = join(folder, name)
    mkdirSync(directory, {mode: 0o700})
    const dataDirectory = join(directory, 'data')
    mkdirSync(dataDirectory, {mode: 0o700})
    const ports = join(directory, 'ports')
    const torrc = [
      ...networkLines(),
      `DataDirectory ${dataDirectory}`,
      'ControlPort 127.0.0.1:auto',
      `ControlPortWriteToFile ${ports}`,
      'CookieAuthentication 1',
      `HashedControlPassword ${hashPassword(Buffer.from(PASSWORD))}`,
      `Log info file ${join(directory, 'log')}`,
      ...lines
    ]
    const file = join(directory, 'torrc')
    writeFileSync(file, `${torrc.join('\n')}\n`)
    const isTor = implementation === 'tor'
    const daemon = new Daemon({
      name,
      command: isTor ? 'tor' : process.execPath,
      args: [...(isTor ? [] : [programFile]), '-f', file],
      logFile: join(directory, 'log')
    })
    daemons.push(daemon)
    const controlPort = await waitUntil(`${name}'s control port`, {timeoutMs: START_MS, everyMs: 50}, () => {
      if (daemon.end !== undefined) throw new Error(daemon.interestingLines())
      return Number(/^PORT=127\.0\.0\.1:(\d+)$/m.exec(readIfThere(ports))?.[1] ?? 0) || undefined
    })
    const found = {daemon, cookieFile: join(dataDirectory, 'control_auth_cookie'), controlPort}
    const socks = await waitUntil(
      `${name} to know the network`,
      {timeoutMs: START_MS, everyMs: 250},
      async () => {
        const known = await ask(found, 'status/enough-dir-info', 'net/listeners/socks')
        return /enough-dir-info=1/.test(known)
          ? (/socks="127\.0\.0\.1:(\d+)"/.exec(known)?.[1] ?? '0')
          : undefined
      }
    )
    return {...found, socksPort: Number(socks)}
  }

  /** One onionbalance that speaks to the subject, one that speaks to C tor, and the instance that both have. */
  async function balance(): Promise<readonly [OnionBalancer, OnionBalancer]> {
    const ours = new OnionBalancer(join(folder, 'balancer'))
    const theirs = new OnionBalancer(join(folder, 'balancer-of-tor'))
    const onion = join(folder, 'instance-onion')
    mkdirSync(onion, {mode: 0o700})
    const masters = [ours, theirs].map(({address}) => `MasterOnionAddress ${address}\n`)
    writeFileSync(join(onion, 'ob_config'), masters.join(''))
    const bound = page.address()
    assert.ok(typeof bound === 'object' && bound !== null)
    const service = [
      `HiddenServiceDir ${onion}`,
      `HiddenServicePort 80 127.0.0.1:${bound.port}`,
      'HiddenServiceOnionBalanceInstance 1'
    ]
    const [, tor] = await Promise.all([
      steered('instance', ['SocksPort 0', ...service], 'ramson'),
      steered('tor', ['SocksPort 127.0.0.1:auto', 'PathsNeededToBuildCircuits 0.67'], 'tor')
    ])
    const instance = readFileSync(join(onion, 'hostname'), 'utf8').trim()
    ours.start(client.controlPort, instance)
    theirs.start(tor.controlPort, instance)
    return [ours, theirs]
  }

  function networkLines(): string[] {
    const torrc = readFileSync(preparation.joinClient, 'utf8').split('\n')
    return torrc.filter(line => /^(?:TestingTorNetwork|DirAuthority) /.test(line))
  }

  /** One check of stem_checks.py; what it found. */
  async function check(name: string, node: Steered, ...words: readonly string[]): Promise<unknown> {
    const script = join(packageRoot(), 'test', 'support', 'controllers', 'stem_checks.py')
    const parameters = [script, name, `${node.controlPort}`, node.cookieFile, PASSWORD, ...words]
    try {
      const {stdout} = await run(PYTHON, parameters, {timeout: CHECK_MS})
      return JSON.parse(stdout)
    } catch (error) {
      const shown = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
      throw new Error(`${shown}\n${node.daemon.interestingLines()}`)
    }
  }

  describe('through stem', () => {
    before(() => {
      // The next consensus takes its time, in which the rest is tried.
      consensusEvent = check('consensus_event', relay)
      consensusEvent.catch(() => {})
    })

    it('lets in whoever has a cookie, proves to have it, or knows a password, and nobody else', async () => {
      const found = (await check('authentication', client)) as {readonly methods: readonly string[]}
      assert.deepEqual(found.methods, ['Cookie', 'Password', 'Safecookie'])
    })

    it('tells what is known of node and network', async () => {
      const found = (await check('information', client, 'relay1', 'relay2')) as {readonly relays: number}
      assert.ok(found.relays > RELAYS)
    })

    it('tells events as they come, and in their own lines', async () => {
      assert.deepEqual(await check('events', client), ['BW', 'NOTICE', 'SIGNAL'])
    })

    it('reads, changes, saves and reloads settings, all of a command or none', async () => {
      await check('settings', client)
    })

    it('builds circuits along a path, makes them longer, and closes them', async () => {
      await check('circuits', client, 'relay1', 'relay2', 'relay3', 'relay4')
    })

    it('adds an onion service, which is reached through SOCKS, and takes it away', async () => {
      await check('onion_service', client, `${client.socksPort}`)
    })

    it('adds one that lets in those with a key alone, and takes keys for such services', async () => {
      const key = generateX25519()
      const keys = [toBase64(key.secret), toBase32(key.public).toUpperCase()]
      await check('client_authorization', client, `${client.socksPort}`, ...keys)
    })

    it('leaves streams to be attached, attaches and closes them', async () => {
      await check('attach', client, `${client.socksPort}`)
    })

    it('of a relay does all of that too, and never shows what it relays', async () => {
      await check('circuits', relay, 'relay1', 'relay2', 'relay3', 'relay4')
      const status = await ask(relay, 'fingerprint', 'circuit-status', 'orconn-status')
      const own = /fingerprint=([0-9A-F]{40})/.exec(status)?.[1] ?? assert.fail(status)
      // Whatever it is a hop of for others, it built none through itself but to test whether it can be reached.
      const shown = status.replace(`fingerprint=${own}`, '').replace(/^.*PURPOSE=TESTING.*$/gm, '')
      assert.doesNotMatch(shown, new RegExp(own))
    })
  })

  it('tells of a new consensus, with all that it says', async () => {
    const found = (await consensusEvent) as {readonly relays: number}
    assert.ok(found.relays > RELAYS)
  })

  describe('through nyx', () => {
    let nyx: Nyx
    after(() => nyx?.stop())
    const pages: readonly (readonly [string, RegExp])[] = [
      ['bandwidth and log', /page 1 \/ 5[\s\S]*Download \([\s\S]*total: [1-9]/],
      ['connections', /page 2 \/ 5[\s\S]*Connections \(.*control\)[\s\S]*127\.0\.0\.1:\d+/],
      ['settings', /page 3 \/ 5[\s\S]*Tor Configuration[\s\S]*ControlPort +127\.0\.0\.1:auto/],
      ['torrc', /page 4 \/ 5[\s\S]*Tor Configuration File \(.*torrc\)[\s\S]*TestingTorNetwork 1/],
      ['interpreter', /page 5 \/ 5[\s\S]*Control Interpreter/]
    ]

    for (const [i, [name, shown]] of pages.entries()) {
      it(`the page of ${name} has data and no error`, async () => {
        if (i === 0) nyx = Nyx.start(join(folder, 'nyx'), relay.controlPort)
        else nyx.press('Right')
        const screen = await nyx.shows(shown)
        assert.match(screen, /steered - 127\.0\.0\.1:\d+, Control Port \(password\)|steered - /)
        assert.match(screen, /fingerprint: [0-9A-F]{40}/)
        assert.doesNotMatch(screen, /Traceback|Error:|\[(?:NYX_)?(?:ERR|ERROR)\]|disconnected/i)
      })
    }

    it('the interpreter answers', async () => {
      nyx.press('Enter')
      nyx.press('GETINFO version', 'Enter')
      await nyx.shows(/0\.4\.9\.\d+/)
    })
  })

  describe('through onionbalance', () => {
    it('a balancer publishes for instances of ramson, and clients reach them by its address, as with C tor', async t => {
      const [balancer, other] = await balancers
      const ours = await distance(balancer, client.socksPort, BALANCED_MS)
      const theirs = await distance(other, client.socksPort, TOR_MORE_MS)
      t.diagnostic(`onionbalance with the subject as its tor: ${ours.join(', ')}`)
      t.diagnostic(`onionbalance with C tor as its tor: ${theirs.join(', ')}`)
      const last = subjectImplementation === 'ramson' ? [REACHED] : []
      assert.deepEqual(ours.slice(0, STAGES.length + last.length), [
        ...STAGES.map(([stage]) => stage),
        ...last
      ])
    })
  })
})

/** How far onionbalance has come, by what its log says. */
const STAGES = [
  ['knows the network', /Initialized \d+ nodes/],
  ['has fetched the instance', /Successfuly decrypted descriptor/],
  ['has made descriptors', /created second descriptor \(\d+ intro points\)/],
  ['has uploaded them', /Successfully uploaded descriptor/]
] as const

const REACHED = 'is reached'

/** The stages that it comes to in time, being reached by clients the last. */
async function distance(balancer: OnionBalancer, socksPort: number, timeoutMs: number): Promise<string[]> {
  const stages = () => STAGES.filter(([, said]) => said.test(balancer.log())).map(([stage]) => stage)
  const wait = {timeoutMs, everyMs: 1000}
  const isReached = await waitUntil('a balancer to be reached', wait, async () => {
    return stages().length === STAGES.length && (await reaches(socksPort, balancer.address))
  }).then(
    () => true,
    () => false
  )
  return [...stages(), ...(isReached ? [REACHED] : [])]
}

async function reaches(socksPort: number, host: string): Promise<boolean> {
  const fetched = await fetchOverSocks({socksPort, host, port: 80, timeoutMs: FETCH_MS})
  return fetched.ok && fetched.value.status === 200
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** GETINFO of these keys, as it came. */
async function ask(
  {controlPort, cookieFile}: Pick<Steered, 'controlPort' | 'cookieFile'>,
  ...keys: readonly string[]
): Promise<string> {
  const socket = createConnection({host: '127.0.0.1', port: controlPort})
  socket.end(
    `AUTHENTICATE ${readFileSync(cookieFile).toString('hex')}\r\nGETINFO ${keys.join(' ')}\r\nQUIT\r\n`
  )
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  return text
}
