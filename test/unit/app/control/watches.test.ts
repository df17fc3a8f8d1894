import assert from 'node:assert/strict'
import {mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {ClientAuth} from '../../../../src/app/client-auth.ts'
import {ClientStreams} from '../../../../src/app/client-streams.ts'
import {BandwidthCache} from '../../../../src/app/control/bandwidth-cache.ts'
import {CircuitTrafficWatch} from '../../../../src/app/control/circuit-traffic-watch.ts'
import {StreamTrafficWatch} from '../../../../src/app/control/stream-traffic-watch.ts'
import type {OriginCircuit} from '../../../../src/circuit/origin-circuit.ts'
import {OwnCircuits} from '../../../../src/circuit/own-circuits.ts'
import {loadConfig} from '../../../../src/config/relay-config.ts'
import {parseTorrcText} from '../../../../src/config/torrc-text.ts'
import {purposeLine} from '../../../../src/control/own-lines.ts'
import {ed25519Ready, generateEd25519} from '../../../../src/crypto/ed25519.ts'
import {localFault} from '../../../../src/fault/fault.ts'
import {err} from '../../../../src/fault/result.ts'
import {RelayStream} from '../../../../src/stream/relay-stream.ts'

describe('the cache of BW events', () => {
  it('has what each second was, for five minutes', () => {
    const cache = new BandwidthCache({bytesRead: 100, bytesWritten: 200})
    assert.deepEqual(cache.second({bytesRead: 103, bytesWritten: 204}), [3, 4])
    for (let i = 1; i <= 400; i++) cache.second({bytesRead: 103 + i, bytesWritten: 204})
    assert.equal(cache.list().length, 300)
    assert.deepEqual(cache.list().at(-1), [1, 0])
  })
})

describe('control-spec 4.1.19: CIRC_BW', () => {
  it('tells what a circuit carried since it was asked last, and nothing where that is nothing', () => {
    const traffic = {cellsSent: 2, cellsReceived: 1, octetsSent: 600, octetsReceived: 498}
    const circuit = {traffic} as unknown as OriginCircuit
    const watch = new CircuitTrafficWatch()
    const shown = watch.since(circuit) ?? ''
    assert.match(shown, /^READ=509 WRITTEN=1018 TIME=\S+ DELIVERED_READ=498 OVERHEAD_READ=0 /)
    assert.match(shown, / DELIVERED_WRITTEN=600 OVERHEAD_WRITTEN=396$/)
    assert.equal(watch.since(circuit), undefined)
    traffic.cellsReceived++
    assert.match(watch.since(circuit) ?? '', /^READ=509 WRITTEN=0 .* DELIVERED_READ=0 OVERHEAD_READ=498 /)
  })
})

describe('control-spec 4.1.13: STREAM_BW', () => {
  function relayStream() {
    const stream = new RelayStream({
      streamId: 1,
      circuit: {usesXonXoff: true, sendable: 1000, send: () => {}, protocolViolation: () => assert.fail()},
      onOver: () => {}
    })
    return stream
  }

  it('tells what an application wrote and what came for it since it was asked last, and nothing where that is nothing', () => {
    const duplex = relayStream()
    const watch = new StreamTrafficWatch()
    assert.equal(watch.since({duplex: undefined}), undefined)
    assert.equal(watch.since({duplex}), undefined)
    duplex.write(new Uint8Array(1000))
    duplex.receivedData(new Uint8Array(7))
    assert.match(watch.since({duplex}) ?? '', /^1000 7 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/)
    assert.equal(watch.since({duplex}), undefined)
    duplex.receivedData(new Uint8Array(3))
    assert.match(watch.since({duplex}) ?? '', /^0 3 /)
    duplex.destroy()
  })
})

describe('control-spec 4.1.12: CIRC_MINOR', () => {
  it('tells what a circuit was for when that changes, and nothing when it does not', async () => {
    const own = new OwnCircuits()
    const told: string[] = []
    const end = own.onPurposeChange(({id, purpose}, before) => told.push(`${id} ${before} ${purpose}`))
    let built = () => {}
    const building = own.watch([], 'GENERAL', () => {
      return new Promise(resolve => {
        built = () => resolve(err(localFault('circuit-closed')))
      })
    })
    own.setPurpose(1, 'GENERAL')
    own.setPurpose(1, 'CONTROLLER')
    own.setPurpose(2, 'CONTROLLER')
    end()
    own.setPurpose(1, 'GENERAL')
    built()
    await building
    assert.deepEqual(told, ['1 GENERAL CONTROLLER'])
  })

  it('has the words of CIRC with another status, and the purpose before', () => {
    const circuit = {
      id: 5,
      status: 'BUILT',
      path: ['$AA~a', '$BB'],
      purpose: 'CONTROLLER',
      isOneHop: false,
      createdAt: new Date(0),
      reason: undefined,
      remoteReason: undefined
    } as const
    assert.equal(
      purposeLine(circuit, 'GENERAL'),
      '5 PURPOSE_CHANGED $AA~a,$BB BUILD_FLAGS=IS_INTERNAL,NEED_CAPACITY PURPOSE=CONTROLLER ' +
        'TIME_CREATED=1970-01-01T00:00:00.000000 OLD_PURPOSE=GENERAL'
    )
  })
})

describe('streams of applications', () => {
  const target = {address: 'x.onion', port: 80, isolation: ''}
  const unreachable = async () => err(localFault('onion-descriptor-not-found'))

  it('that fail are told of and forgotten', async () => {
    const streams = new ClientStreams(unreachable)
    const seen: string[] = []
    streams.onChange(({status}) => seen.push(status))
    assert.equal((await streams.connect(target)).ok, false)
    assert.deepEqual(seen, ['NEW', 'FAILED', 'CLOSED'])
    assert.deepEqual(streams.list(), [])
  })

  it('left unattached wait, may be led elsewhere, and go on when they are attached', async () => {
    const asked: string[] = []
    const streams = new ClientStreams(async ({address, port}) => {
      asked.push(`${address}:${port}`)
      return err(localFault('onion-descriptor-not-found'))
    })
    streams.leavesUnattached = () => true
    const connecting = streams.connect(target)
    const [waiting] = streams.list()
    assert.ok(waiting)
    assert.equal(streams.redirect(waiting.id, 'y.onion', undefined), true)
    assert.deepEqual(asked, [])
    assert.equal(streams.attach(waiting.id), true)
    assert.equal(streams.attach(waiting.id), false)
    await connecting
    assert.deepEqual(asked, ['y.onion:80'])
    assert.equal(streams.redirect(waiting.id, 'z.onion', 81), false)
  })

  it('that are closed while they wait get nowhere', async () => {
    const streams = new ClientStreams(() => assert.fail('must not be asked for'))
    streams.leavesUnattached = () => true
    const connecting = streams.connect(target)
    streams.close(streams.list()[0]?.id ?? 0)
    assert.equal((await connecting).ok, false)
  })
})

describe('keys for services that let only some clients in', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ramson-auth-'))
  before(() => ed25519Ready)
  after(() => rmSync(directory, {recursive: true, force: true}))

  function open(torrc: string): ClientAuth {
    const lines = parseTorrcText(`SocksPort 9050\n${torrc}`, 'torrc')
    const config = lines.ok ? loadConfig({torrc: lines.value}) : assert.fail()
    assert.ok(config.ok)
    const opened = ClientAuth.open(config.value)
    return opened.ok ? opened.value : assert.fail(opened.fault.code)
  }

  it('are kept for the time being, or for good in ClientOnionAuthDir', () => {
    const auth = open(`ClientOnionAuthDir ${directory}`)
    const [a, b] = [generateEd25519().public, generateEd25519().public]
    const secret = new Uint8Array(32).fill(5)
    const add = (identity: Uint8Array, isPermanent: boolean) =>
      auth.add({identity, secret, nickname: undefined, isPermanent})
    assert.deepEqual(add(a, false), {ok: true, value: 'added'})
    assert.deepEqual(add(b, true), {ok: true, value: 'added'})
    assert.deepEqual(add(b, true), {ok: true, value: 'replaced'})
    assert.deepEqual(auth.keyFor(a), secret)
    const again = open(`ClientOnionAuthDir ${directory}`)
    assert.deepEqual([again.keyFor(a), again.keyFor(b)], [undefined, secret])
    writeFileSync(join(directory, 'other.txt'), 'stays')
    assert.equal(again.remove(b), true)
    assert.equal(again.remove(b), false)
    assert.deepEqual(readdirSync(directory), ['other.txt'])
  })

  it('cannot be kept for good where there is no directory', () => {
    const key = {identity: generateEd25519().public, secret: new Uint8Array(32).fill(5), nickname: 'me'}
    const added = open('').add({...key, isPermanent: true})
    assert.ok(!added.ok && added.fault.code === 'no-directory')
  })

  it('are no more than 4096', () => {
    const auth = open('')
    const add = (i: number) => {
      const identity = Uint8Array.from({length: 32}, (_, at) => (at === 0 ? i & 255 : at === 1 ? i >> 8 : 0))
      return auth.add({identity, secret: identity, nickname: undefined, isPermanent: false})
    }
    for (let i = 0; i < 4096; i++) assert.equal(add(i).ok, true)
    const added = add(4096)
    assert.ok(!added.ok && added.fault.code === 'too-many')
  })
})
