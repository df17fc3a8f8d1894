import assert from 'node:assert/strict'
import {connect, type Socket} from 'node:net'
import type {Duplex} from 'node:stream'
import {after, describe, it} from 'node:test'
import {concat, fromText} from '../../../src/bytes/octets.ts'
import {loadConfig} from '../../../src/config/relay-config.ts'
import {parseTorrcText} from '../../../src/config/torrc-text.ts'
import {localFault, peerFault} from '../../../src/fault/fault.ts'
import {err, ok, type Result} from '../../../src/fault/result.ts'
import {AddressMap} from '../../../src/roles/client/address-map.ts'
import type {OnionClientFault} from '../../../src/roles/client/fault.ts'
import type {OnionTarget} from '../../../src/roles/client/onion-client.ts'
import {MAX_NEGOTIATION_OCTETS, SocksNegotiation} from '../../../src/roles/client/socks/negotiation.ts'
import {replyTo} from '../../../src/roles/client/socks/reply.ts'
import {DEFAULT_SOCKS_SERVER_OPTIONS, SocksServer} from '../../../src/roles/client/socks/socks-server.ts'
import {EndReason} from '../../../src/wire/end.ts'
import {duplexPair} from '../../support/duplex-pair.ts'

const ONION = 'pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion'

const greeting = (...methods: number[]) => Uint8Array.of(5, methods.length, ...methods)
const prefixed = (text: string) => concat(Uint8Array.of(text.length), fromText(text))
const credentials = (user: string, password: string) =>
  concat(Uint8Array.of(1), prefixed(user), prefixed(password))
const request = (host: string, port: number, command = 1) =>
  concat(Uint8Array.of(5, command, 0, 3), prefixed(host), Uint8Array.of(port >> 8, port & 255))

describe('the negotiation of SOCKS5', () => {
  it('takes a request without credentials, octet by octet or all at once (RFC 1928)', () => {
    const all = concat(greeting(0), request(ONION, 80), fromText('early'))
    const whole = new SocksNegotiation().receive(all)
    assert.ok(whole.kind === 'request')
    assert.deepEqual(whole.target, {host: ONION, port: 80, isolation: ''})
    assert.deepEqual(whole.rest, fromText('early'))
    assert.deepEqual(whole.send, Uint8Array.of(5, 0))
    const slow = new SocksNegotiation()
    const steps = [...all.subarray(0, all.length - 5)].map(octet => slow.receive(Uint8Array.of(octet)))
    const last = steps.pop()
    assert.ok(steps.every(step => step.kind === 'continue'))
    assert.ok(last?.kind === 'request')
    assert.deepEqual(last.target, whole.target)
    assert.equal(last.rest.length, 0)
  })

  it('takes user name and password where they are offered, as what isolates (RFC 1929)', () => {
    const isolationOf = (user: string, password: string) => {
      const negotiation = new SocksNegotiation()
      const step = negotiation.receive(concat(greeting(0, 2), credentials(user, password), request(ONION, 1)))
      assert.ok(step.kind === 'request')
      assert.deepEqual(step.send, Uint8Array.of(5, 2, 1, 0))
      return step.target.isolation
    }
    assert.equal(isolationOf('a', 'b'), isolationOf('a', 'b'))
    assert.notEqual(isolationOf('ab', 'c'), isolationOf('a', 'bc'))
    assert.notEqual(isolationOf('', ''), '')
  })

  it('refuses other methods, commands and address types', () => {
    const sendOf = (...parts: Uint8Array[]) => {
      const step = new SocksNegotiation().receive(concat(...parts))
      assert.equal(step.kind, 'refused')
      return [...step.send]
    }
    assert.deepEqual(sendOf(greeting(1)), [5, 0xff])
    assert.deepEqual(sendOf(greeting(0), request(ONION, 80, 2)).slice(0, 4), [5, 0, 5, 7])
    assert.deepEqual(sendOf(greeting(0), request(ONION, 80, 3)).slice(0, 4), [5, 0, 5, 7])
    assert.deepEqual(sendOf(greeting(0), Uint8Array.of(5, 1, 0, 9, 0, 0)).slice(0, 4), [5, 0, 5, 8])
    assert.deepEqual(sendOf(greeting(2), Uint8Array.of(2, 0, 0)), [5, 2, 1, 1])
  })

  it('does not answer what is no SOCKS5', () => {
    for (const text of [
      'GET / HTTP/1.1\r\n\r\n'.repeat(20),
      '\x04\x01\x00\x50\x01\x02\x03\x04\x00'.repeat(50)
    ]) {
      const step = new SocksNegotiation().receive(fromText(text))
      assert.equal(step.kind, 'refused')
      assert.equal(step.send.length, 0)
    }
  })

  it('never needs more octets than its bound', () => {
    const long = 'x'.repeat(255)
    const most = concat(
      greeting(...new Array<number>(255).fill(2)),
      credentials(long, long),
      request(long, 1)
    )
    assert.ok(most.length <= MAX_NEGOTIATION_OCTETS)
    assert.equal(new SocksNegotiation().receive(most).kind, 'request')
  })

  it('reads addresses that are no names', () => {
    const hostOf = (...address: number[]) => {
      const type = address.length === 4 ? 1 : 4
      const octets = concat(greeting(0), Uint8Array.of(5, 1, 0, type, ...address, 0, 80))
      const step = new SocksNegotiation().receive(octets)
      assert.ok(step.kind === 'request')
      return step.target.host
    }
    assert.equal(hostOf(127, 0, 0, 1), '127.0.0.1')
    assert.equal(hostOf(...new Array<number>(15).fill(0), 1), '::1')
  })
})

describe('replies for onion services (proposal 304)', () => {
  it('tell what went wrong to those who can use it, and the nearest old code to others', () => {
    const codes: [OnionClientFault['code'] & `onion-${string}`, number, number][] = [
      ['onion-descriptor-not-found', 0xf0, 4],
      ['onion-descriptor-invalid', 0xf1, 4],
      ['onion-introduction-failed', 0xf2, 4],
      ['onion-rendezvous-failed', 0xf3, 4],
      ['onion-client-auth-missing', 0xf4, 4],
      ['onion-client-auth-wrong', 0xf5, 4],
      ['onion-address-bad', 0xf6, 4],
      ['onion-introduction-timeout', 0xf7, 6]
    ]
    for (const [code, extended, plain] of codes) {
      if (code === 'onion-stream-refused') continue
      assert.equal(replyTo(localFault(code), 'extended'), extended)
      assert.equal(replyTo(localFault(code), 'plain'), plain)
    }
    const refused = (reason: number) => replyTo(peerFault('onion-stream-refused', {reason}), 'extended')
    assert.equal(refused(EndReason.CONNECTREFUSED), 5)
    assert.equal(refused(EndReason.TIMEOUT), 6)
    assert.equal(refused(EndReason.MISC), 1)
    assert.equal(refused(99), 1)
  })
})

describe('the SOCKS port', () => {
  const closing: (() => Promise<void> | void)[] = []
  after(async () => {
    for (const close of closing) await close()
  })

  async function startServer(
    connectTo: (target: OnionTarget) => Promise<Result<Duplex, OnionClientFault>>,
    options = {},
    rewrite?: (address: string) => string
  ) {
    const server = new SocksServer(
      {connect: connectTo, rewrite},
      {...DEFAULT_SOCKS_SERVER_OPTIONS, ...options}
    )
    const port = await server.listen('127.0.0.1', 0)
    closing.push(() => server.close())
    return {server, port}
  }

  /** All that comes from the port until it closes the connection, or until `enough` octets have come. */
  function talk(port: number, octets: Uint8Array, enough = Infinity): Promise<{socket: Socket; got: Buffer}> {
    const socket = connect({host: '127.0.0.1', port, allowHalfOpen: true})
    closing.push(() => void socket.destroy())
    socket.write(octets)
    let got = Buffer.alloc(0)
    return new Promise(resolve => {
      const done = () => resolve({socket, got})
      socket.on('data', (chunk: Buffer) => {
        got = Buffer.concat([got, chunk])
        if (got.length >= enough) done()
      })
      socket.on('error', done)
      socket.on('end', done)
    })
  }

  it('MapAddress: what an application asks for is reached elsewhere, an onion service under a name that is none', async () => {
    const lines = parseTorrcText(
      `SocksPort 9050\nMapAddress www.example.com ${ONION}\nMapAddress *.test *.${ONION}`,
      'torrc'
    )
    const config = lines.ok ? loadConfig({torrc: lines.value}) : assert.fail()
    assert.ok(config.ok)
    const addresses = new AddressMap()
    addresses.configure(config.value.addressMappings)
    const asked: string[] = []
    const {port} = await startServer(
      async ({address}) => {
        asked.push(address)
        return err(localFault('onion-descriptor-not-found'))
      },
      {},
      address => addresses.rewrite(address)
    )
    const ask = (host: string) => talk(port, concat(greeting(0), request(host, 80)))
    for (const host of ['www.example.com', 'www.test', 'test', 'www.example.org']) await ask(host)
    assert.deepEqual(asked, [ONION, `www.${ONION}`, ONION])
    addresses.configure([])
    await ask('www.example.com')
    assert.equal(asked.length, 3)
  })

  it('lets octets through in both directions, also those that came before the reply', async () => {
    const targets: OnionTarget[] = []
    const {port} = await startServer(async target => {
      targets.push(target)
      const [ours, theirs] = duplexPair()
      theirs.pipe(theirs)
      return ok(ours)
    })
    const octets = concat(
      greeting(2),
      credentials('u', 'p'),
      request(`www.${ONION}.`, 8080),
      fromText('early')
    )
    const {got} = await talk(port, octets, 4 + 10 + 5)
    assert.deepEqual([...got.subarray(0, 6)], [5, 2, 1, 0, 5, 0])
    assert.equal(got.subarray(14).toString(), 'early')
    assert.equal(targets[0]?.address, `www.${ONION}`)
    assert.equal(targets[0]?.port, 8080)
    assert.match(targets[0]?.isolation ?? '', /up$/)
  })

  it('closes the stream with the connection and the connection with the stream', async () => {
    const streams: Duplex[] = []
    const {port, server} = await startServer(async () => {
      const [ours, theirs] = duplexPair()
      streams.push(ours, theirs)
      return ok(ours)
    })
    const first = await talk(port, concat(greeting(0), request(ONION, 1)), 12)
    first.socket.destroy()
    await new Promise(resolve => streams[0]?.once('close', resolve))
    const second = await talk(port, concat(greeting(0), request(ONION, 1)), 12)
    const closed = new Promise(resolve => second.socket.once('end', resolve))
    streams[2]?.destroy()
    await closed
    second.socket.destroy()
    await new Promise(resolve => setTimeout(resolve, 50))
    assert.equal(server.size, 0)
  })

  it('refuses names and addresses that are no onion services with "not allowed by ruleset"', async () => {
    let asked = 0
    const {port} = await startServer(async () => {
      asked++
      return err(localFault('onion-client-closed'))
    })
    for (const host of ['example.com', 'onion', '10.0.0.1', `${ONION}.example.com`]) {
      const {got} = await talk(port, concat(greeting(0), request(host, 80)))
      assert.deepEqual([...got.subarray(2, 4)], [5, 2], host)
    }
    assert.equal(asked, 0)
  })

  it('ends what takes too long: a negotiation without, a connection with a reply', async () => {
    const {port} = await startServer(() => new Promise(() => {}), {
      negotiationTimeoutMs: 60,
      connectTimeoutMs: 80
    })
    const silent = await talk(port, greeting(0))
    assert.deepEqual([...silent.got], [5, 0])
    const waiting = await talk(port, concat(greeting(0), request(ONION, 80)))
    assert.deepEqual([...waiting.got.subarray(2, 4)], [5, 6])
  })

  it('has no more connections than allowed', async () => {
    const {port, server} = await startServer(() => new Promise(() => {}), {connectionsMax: 2})
    for (let i = 0; i < 2; i++) await talk(port, greeting(0), 2)
    assert.equal(server.size, 2)
    const {got} = await talk(port, greeting(0))
    assert.equal(got.length, 0)
    assert.equal(server.size, 2)
  })
})
