// The bounds of the control port and the life of a connection, each against the port itself on a real socket.

import assert from 'node:assert/strict'
import {mkdtempSync, rmSync} from 'node:fs'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, describe, it} from 'node:test'
import {Authentication} from '../../../src/control/authentication.ts'
import {LINE_MAX, STRANGER_LINE_MAX} from '../../../src/control/command-reader.ts'
import {ControlPorts} from '../../../src/control/control-ports.ts'
import {ControlEvents} from '../../../src/control/events.ts'
import {type OpenedControl, openControl, RecordedNode} from '../../support/controlled-node.ts'
import {waitUntil} from '../../support/wait-until.ts'

const COOKIE = {cookie: {octets: new Uint8Array(32).fill(7), file: '/x'}, passwords: []}
const SOON = {timeoutMs: 5000, everyMs: 10}

let opened: OpenedControl | undefined
const open = async (...parameters: Parameters<typeof openControl>) => {
  opened = await openControl(...parameters)
  return opened
}
afterEach(() => opened?.close())

describe('a stranger', () => {
  it('may ask once how to authenticate, and nothing else', async () => {
    const {connect: connectTo, ports} = await open({}, COOKIE)
    const one = await connectTo()
    assert.match(await one.ask('PROTOCOLINFO 1'), /^250-PROTOCOLINFO 1\n250-AUTH METHODS=COOKIE,SAFECOOKIE /)
    assert.equal(await one.ask('PROTOCOLINFO 1'), '514 Authentication required.')
    await one.closed
    const two = await connectTo()
    assert.equal(await two.ask('GETINFO version'), '514 Authentication required.')
    await two.closed
    const three = await connectTo()
    assert.equal(await three.ask('NONSENSE'), '514 Authentication required.')
    await three.closed
    assert.equal(ports.counters.commandsRefused, 3)
  })

  it('with a wrong secret waits, and has to connect again', async () => {
    const {connect: connectTo, ports} = await open({}, COOKIE)
    const started = performance.now()
    for (let i = 0; i < 3; i++) {
      const controller = await connectTo()
      assert.match(await controller.ask(`AUTHENTICATE ${'00'.repeat(32)}`), /^515 Authentication failed: /)
      await controller.closed
    }
    assert.ok(performance.now() - started >= 650, 'the three waits together')
    assert.equal(ports.counters.authenticationsFailed, 3)
    const good = await connectTo()
    const before = performance.now()
    assert.equal(await good.ask(`AUTHENTICATE ${'07'.repeat(32)}`), '250 OK')
    assert.ok(performance.now() - before < 400, 'who knows the secret does not wait')
    assert.equal(ports.counters.authenticated, 1)
  })

  it('with a text that is no base16 is told of quotes', async () => {
    const {connect: connectTo} = await open({}, COOKIE)
    const controller = await connectTo()
    assert.match(await controller.ask('AUTHENTICATE secret'), /^551 .*double quotes/)
  })

  it('is cut off with a long line', async () => {
    const {connect: connectTo, ports} = await open({}, COOKIE)
    const controller = await connectTo()
    controller.send('a'.repeat(STRANGER_LINE_MAX + 1))
    assert.equal(await controller.reply(), '500 Line too long.')
    await controller.closed
    assert.equal(ports.counters.linesTooLong, 1)
  })

  it('is cut off when nothing comes of it in time', async () => {
    const {connect: connectTo, open: openOne, ports} = await open({strangerTimeoutMs: 50})
    const friend = await openOne()
    const stranger = await connectTo()
    await stranger.closed
    assert.equal(ports.counters.strangersTimedOut, 1)
    assert.match(await friend.ask('GETINFO version'), /^250-version=/)
  })

  it('that speaks HTTP is a browser that somebody led here', async () => {
    const {connect: connectTo, recorded} = await open()
    const controller = await connectTo()
    controller.send('POST / HTTP/1.1\r\n\r\nAUTHENTICATE\r\nSIGNAL HALT\r\n')
    await controller.closed
    assert.deepEqual(recorded.calls, [])
  })
})

describe('the control port', () => {
  it('has no more connections than its bound', async () => {
    const {open: openOne, connect: connectTo, ports} = await open({connectionsMax: 2})
    const [first] = [await openOne(), await openOne()]
    await (await connectTo()).closed
    assert.equal(ports.counters.connectionsRefused, 1)
    first?.end()
    await waitUntil('a place to be free', SOON, () => ports.connections === 1)
    assert.match(await (await openOne()).ask('GETINFO version'), /^250-version=/)
    assert.equal(ports.counters.connectionsAccepted, 3)
  })

  it('answers commands in their order, also when they come at once', async () => {
    const {open: openOne} = await open()
    const controller = await openOne()
    controller.send('GETINFO version\r\nGETCONF Nickname\r\nFOO\r\n')
    assert.match(await controller.reply(), /^250-version=/)
    assert.equal(await controller.reply(), '250 Nickname=foo')
    assert.equal(await controller.reply(), '510 Unrecognized command "FOO"')
  })

  it('ends a controller whose line passes even the bound of C tor', async () => {
    const {open: openOne, ports} = await open()
    const controller = await openOne()
    controller.send('a'.repeat(LINE_MAX + 1))
    assert.equal(await controller.reply(), '500 Line too long.')
    await controller.closed
    assert.equal(ports.counters.linesTooLong, 1)
  })

  it('leaves out events for a controller that does not read, and counts them', async () => {
    const {open: openOne, events, ports} = await open({eventsWaitingMax: 1000})
    const controller = await openOne()
    await controller.ask('SETEVENTS NOTICE')
    controller.pause()
    const long = 'x'.repeat(100_000)
    for (let i = 0; i < 200; i++) events.tell('NOTICE', () => long)
    assert.ok(ports.counters.eventsDropped > 0)
    controller.resume()
    assert.match(await controller.reply(), /^650 NOTICE x+$/)
  })

  it('tells each controller what it asked for, and nobody else', async () => {
    const {open: openOne, events} = await open()
    const [a, b] = [await openOne(), await openOne()]
    assert.equal(await a.ask('SETEVENTS bw NOTICE'), '250 OK')
    assert.equal(await b.ask('SETEVENTS EXTENDED WARN'), '250 OK')
    assert.deepEqual([events.wants('BW'), events.wants('WARN'), events.wants('CIRC')], [true, true, false])
    events.tell('BW', () => '1 2')
    events.tell('WARN', () => 'careful')
    events.tell('CIRC', () => assert.fail('nobody listens'))
    assert.equal(await a.reply(), '650 BW 1 2')
    assert.equal(await b.reply(), '650 WARN careful')
    assert.equal(await a.ask('SETEVENTS'), '250 OK')
    assert.equal(events.wants('BW'), false)
    assert.equal(await a.ask('SETEVENTS FOO'), '552 Unrecognized event "FOO"')
  })

  it('ends the services of a controller with its connection, but not those it detached', async () => {
    const {open: openOne, recorded, ports} = await open()
    const controller = await openOne()
    await controller.ask('ADD_ONION NEW:BEST Port=80')
    await controller.ask('ADD_ONION NEW:BEST Flags=Detach Port=80')
    assert.equal(recorded.onions.size, 2)
    controller.end()
    await waitUntil('one to be left', SOON, () => recorded.onions.size === 1)
    assert.deepEqual([...ports.detachedOnions], [...recorded.onions.keys()])
  })

  it('tells when the owner has gone, once it has taken the node and not given it back', async () => {
    const {open: openOne, ports, ownersGone} = await open()
    const [a, b] = [await openOne(), await openOne()]
    await a?.ask('TAKEOWNERSHIP')
    await b?.ask('TAKEOWNERSHIP')
    await b?.ask('DROPOWNERSHIP')
    b?.end()
    await waitUntil('one to be left', SOON, () => ports.connections === 1)
    assert.equal(ownersGone(), 0)
    a?.end()
    await waitUntil('the owner to be gone', SOON, () => ownersGone() === 1)
  })

  it('listens on Unix sockets, and says which port is taken', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ramson-control-'))
    const path = join(directory, 'socket')
    const deps = {
      node: new RecordedNode().node,
      authentication: new Authentication({cookie: undefined, passwords: []}),
      events: new ControlEvents(),
      failed: (error: unknown) => assert.fail(String(error)),
      ownerGone: () => {}
    }
    const listening = await ControlPorts.listen([{path}], deps)
    assert.ok(listening.ok)
    assert.deepEqual(listening.value.bound, [path])
    const socket = connect(path)
    const [greeting] = await Promise.all([
      new Promise<string>(resolve => socket.once('data', octets => resolve(octets.toString()))),
      socket.write('QUIT\r\n')
    ])
    assert.equal(greeting, '250 closing connection\r\n')
    const taken = await ControlPorts.listen([{path}], deps)
    assert.ok(!taken.ok && taken.fault.data?.message.includes('EADDRINUSE'))
    await listening.value.close()
    rmSync(directory, {recursive: true, force: true})
  })
})
