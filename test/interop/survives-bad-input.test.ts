// Bytes that no Tor sends, sent to the relay under test by the hundred; afterwards C tor's circuits must build through it
// as before. A bad connection or circuit may be closed and must be where the rule says so, but nothing else may suffer:
// a bystander circuit that was open before each attack answers after it.

import assert from 'node:assert/strict'
import {randomBytes} from 'node:crypto'
import {connect, type Socket} from 'node:net'
import {after, afterEach, before, beforeEach, describe, it} from 'node:test'
import {connect as connectTls} from 'node:tls'
import {CircuitDriver} from '../support/circuit-driver.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {type CircuitAnswer, RawCircuit} from '../support/raw-circuit.ts'
import {FIXED_BODY, RawCommand, RawLink} from '../support/raw-link.ts'
import {startTorNetwork, type TorNetwork} from '../support/tor-network.ts'
import {download, expectedDigest, TransferServer} from '../support/transfer-server.ts'

const IDLE_CONNECTIONS = 2_000
const CLOSE_TIMEOUT_MS = 10_000

const Relay = {
  BEGIN: 1,
  DATA: 2,
  END: 3,
  CONNECTED: 4,
  SENDME: 5,
  EXTEND2: 14,
  DROP: 10,
  BEGIN_DIR: 13
} as const

const BYSTANDER = 0x80bb_bbbb
const CIRCUIT = 0x8000_0001

describe('bad input at the ORPort', {skip: whyWithoutTor()}, () => {
  let network: TorNetwork
  let driver: CircuitDriver
  let port = 0
  let subject = ''
  let exit = ''
  let others: readonly string[] = []
  let bystander: RawCircuit

  before(async () => {
    network = await startTorNetwork({subject: {}})
    port = network.subject.orPort
    subject = network.subject.fingerprint
    others = await Promise.all(network.relays.map(node => node.fingerprint()))
    exit = await Promise.all(network.exits.map(node => node.fingerprint())).then(([first = '']) => first)
    driver = await CircuitDriver.start(network, 'driver', [subject, exit, ...others])
  })

  after(() => network?.stop())

  beforeEach(async () => {
    const {link} = await RawLink.handshake(port)
    bystander = await RawCircuit.create(link, BYSTANDER)
  })

  afterEach(async () => {
    const answer = await refusedBegin(bystander)
    bystander.link.close()
    assert.ok(network.subject.isRunning, network.subject.daemon.interestingLines())
    assert.ok(
      answer.kind === 'message' && answer.message.command === Relay.END,
      'the bystander lost its circuit'
    )
  })

  /** BEGIN to a relay that is no exit: its answer shows that the circuit lives. */
  function refusedBegin(circuit: RawCircuit): Promise<CircuitAnswer> {
    circuit.send(Relay.BEGIN, 99, Buffer.from('127.0.0.1:9\0'))
    return circuit.next()
  }

  async function freshLink(): Promise<RawLink> {
    return (await RawLink.handshake(port)).link
  }

  describe('below the link handshake', () => {
    it('random bytes in place of TLS', async () => {
      const closed: Promise<void>[] = []
      for (let i = 0; i < 50; i++) {
        const socket = connect({host: '127.0.0.1', port})
        socket.on('error', () => undefined)
        closed.push(new Promise(resolve => socket.once('close', () => resolve())))
        socket.on('connect', () => socket.end(randomBytes(1 + i * 40)))
        socket.resume()
      }
      await Promise.all(closed)
    })

    it('TLS handshakes that stop half-way', async () => {
      const halves: Socket[] = []
      const hello = await clientHello()
      for (let i = 1; i <= 50; i++) {
        const socket = connect({host: '127.0.0.1', port})
        socket.on('error', () => undefined)
        socket.write(hello.subarray(0, Math.ceil((hello.length * i) / 50)))
        halves.push(socket)
      }
      await new Promise(resolve => setTimeout(resolve, 500))
      const {link} = await RawLink.handshake(port)
      link.close()
      for (const half of halves) half.destroy()
    })

    it('TLS, then garbage', async () => {
      for (let i = 0; i < 20; i++) {
        const link = await RawLink.open(port)
        const garbage = randomBytes(2_000)
        // Neither VERSIONS nor anything else that may come before it (tor-spec 4).
        garbage[2] = 0x55
        link.send(garbage)
        assert.ok(await link.closesWithin(CLOSE_TIMEOUT_MS))
      }
    })
  })

  describe('in the link handshake', () => {
    it('VERSIONS with an odd length, without a common version, and none at all', async () => {
      for (const body of [[0, 5, 0], [0, 1, 0, 2], []]) {
        const link = await RawLink.open(port)
        link.send(Buffer.from([0, 0, RawCommand.VERSIONS, 0, body.length, ...body]))
        assert.ok(await link.closesWithin(CLOSE_TIMEOUT_MS), `VERSIONS ${body.join(' ')}`)
      }
    })

    it('every fixed-length command but NETINFO and PADDING before NETINFO closes', async () => {
      for (const command of [1, 3, 4, 5, 6, 9, 10, 11, 12]) {
        const link = await RawLink.open(port)
        link.sendVersions([5])
        link.useVersion(5)
        link.sendCell(0, command, randomBytes(FIXED_BODY))
        assert.ok(await link.closesWithin(CLOSE_TIMEOUT_MS), `command ${command}`)
      }
    })

    it('cells cut off in the middle', async () => {
      for (let i = 0; i < 20; i++) {
        const link = await freshLink()
        link.send(randomBytes(1 + i * 25))
        await new Promise(resolve => setTimeout(resolve, 5))
        link.close()
      }
    })

    it('variable-length cells of the greatest length there is, of every command', async () => {
      for (let command = 128; command < 256; command++) {
        const link = await freshLink()
        link.sendCell(0, command, randomBytes(65_535))
        await new Promise(resolve => setTimeout(resolve, 2))
        link.close()
      }
    })

    it('certificate cells that are not', async () => {
      for (let i = 0; i < 20; i++) {
        const link = await RawLink.open(port)
        link.sendVersions([5])
        link.useVersion(5)
        link.sendCell(0, RawCommand.CERTS, randomBytes(i * 100))
        link.sendCell(0, 131, randomBytes(i * 100))
        link.sendCell(0, RawCommand.NETINFO, randomBytes(FIXED_BODY))
        await link.closesWithin(200)
        link.close()
      }
    })
  })

  describe('on an open channel', () => {
    it('each cell command for a circuit that does not exist, for id 0 and for one that does', async () => {
      for (let command = 0; command < 256; command++) {
        const link = await freshLink()
        const circuit = await RawCircuit.create(link, CIRCUIT)
        const body = command >= 128 ? randomBytes(command) : randomBytes(FIXED_BODY)
        for (const id of [0, 0x8000_0777, 0x0000_0777, CIRCUIT]) link.sendCell(id, command, body)
        circuit.send(Relay.DROP, 0, Buffer.alloc(0))
        await new Promise(resolve => setTimeout(resolve, 2))
        link.close()
      }
    })

    it('CREATE2 of every handshake type and of lengths that do not fit', async () => {
      const link = await freshLink()
      const CREATE2 = 10
      let id = CIRCUIT
      for (const type of [0, 1, 2, 3, 4, 0xffff]) {
        for (const length of [0, 1, 83, 84, 85, 505, 506, 0xffff]) {
          const body = randomBytes(FIXED_BODY)
          body.writeUInt16BE(type, 0)
          body.writeUInt16BE(length, 2)
          link.sendCell(id++, CREATE2, body)
        }
      }
      const circuit = await RawCircuit.create(link, id)
      assert.equal((await refusedBegin(circuit)).kind, 'message')
      link.close()
    })

    it('a circuit id of the wrong half is refused with DESTROY PROTOCOL', async () => {
      const link = await freshLink()
      link.sendCell(5, RawCommand.CREATE_FAST, randomBytes(20))
      const cell = await link.nextCell()
      assert.deepEqual([cell.circuitId, cell.command, cell.body[0]], [5, RawCommand.DESTROY, 1])
      link.close()
    })

    it('an unrecognized relay cell at the end of a circuit destroys that circuit alone', async () => {
      const link = await freshLink()
      const circuit = await RawCircuit.create(link, CIRCUIT)
      const sibling = await RawCircuit.create(link, CIRCUIT + 1)
      link.sendCell(CIRCUIT, RawCommand.RELAY, randomBytes(FIXED_BODY))
      assert.deepEqual(await circuit.next(), {kind: 'destroyed', reason: 1})
      assert.equal((await refusedBegin(sibling)).kind, 'message')
      link.close()
    })
  })

  describe('relay messages in the wrong state', () => {
    const states: Record<string, (circuit: RawCircuit) => Promise<void>> = {
      'on a fresh circuit': async () => undefined,
      'with an open directory stream': async circuit => {
        circuit.send(Relay.BEGIN_DIR, 7, Buffer.alloc(0))
        const answer = await circuit.next()
        assert.ok(answer.kind === 'message' && answer.message.command === Relay.CONNECTED)
      },
      'after a stream has ended': async circuit => {
        circuit.send(Relay.BEGIN_DIR, 7, Buffer.alloc(0))
        await circuit.next()
        circuit.send(Relay.END, 7, Buffer.of(6))
      }
    }
    const bodies: Record<string, () => Buffer> = {
      empty: () => Buffer.alloc(0),
      random: () => randomBytes(498),
      zero: () => Buffer.alloc(498)
    }
    for (const [state, reach] of Object.entries(states)) {
      it(`every relay command ${state}`, async () => {
        const link = await freshLink()
        let id = CIRCUIT
        for (let command = 0; command < 256; command++) {
          for (const makeBody of Object.values(bodies)) {
            for (const streamId of [0, 7]) {
              const circuit = await RawCircuit.create(link, id++)
              await reach(circuit)
              circuit.send(command, streamId, makeBody(), {early: streamId === 0})
            }
          }
          // Cells are taken in order: when this one is answered, those before it have been dealt with; and no relay
          // message whatever closes the channel.
          const witness = await RawCircuit.create(link, id++)
          assert.equal((await refusedBegin(witness)).kind, 'message', `command ${command}`)
        }
        link.close()
      })
    }

    it('a relay message whose length runs past its cell', async () => {
      const link = await freshLink()
      const circuit = await RawCircuit.create(link, CIRCUIT)
      circuit.send(Relay.DATA, 1, randomBytes(498), {length: 499})
      assert.equal((await circuit.next()).kind, 'destroyed')
      link.close()
    })

    it('a SENDME for which nothing is outstanding destroys the circuit', async () => {
      const link = await freshLink()
      const circuit = await RawCircuit.create(link, CIRCUIT)
      circuit.send(Relay.SENDME, 0, Buffer.alloc(0))
      assert.deepEqual(await circuit.next(), {kind: 'destroyed', reason: 1})
      link.close()
    })

    it('more RELAY_EARLY cells than a circuit may have', async () => {
      const link = await freshLink()
      const circuit = await RawCircuit.create(link, CIRCUIT)
      for (let i = 0; i < 9; i++) circuit.send(Relay.DROP, 0, Buffer.alloc(0), {early: true})
      assert.equal((await circuit.next()).kind, 'destroyed')
      link.close()
    })
  })

  it(`${IDLE_CONNECTIONS} idle connections, half of them TLS`, {timeout: 120_000}, async t => {
    const idle: Socket[] = []
    const open = (make: () => Socket, ready: string): Promise<void> =>
      new Promise(resolve => {
        const socket = make()
        idle.push(socket)
        socket.once(ready, resolve)
        socket.once('close', resolve)
        socket.on('error', () => resolve())
      })
    const options = {host: '127.0.0.1', port, rejectUnauthorized: false}
    for (let i = 0; i < IDLE_CONNECTIONS / 2; i += 50) {
      const batch = Array.from({length: 50}, () => [
        open(() => connect(options), 'connect'),
        open(() => connectTls(options), 'secureConnect')
      ])
      await Promise.all(batch.flat())
    }
    const held = idle.filter(socket => !socket.destroyed).length
    t.diagnostic(`${held} of ${idle.length} connections held open`)
    const circuit = await RawCircuit.create(await freshLink(), CIRCUIT)
    assert.equal((await refusedBegin(circuit)).kind, 'message')
    circuit.link.close()
    for (const socket of idle) socket.destroy()
  })

  it('after all this the relay carries circuits and streams as before', async () => {
    const paths = [
      (i: number) => [subject, others[i % others.length] ?? '', exit],
      (i: number) => [others[i % others.length] ?? '', subject, exit],
      (i: number) => [others[i % others.length] ?? '', others[(i + 1) % others.length] ?? '', subject]
    ]
    for (const pathOf of paths) {
      const failures = (await driver.buildMany(20, 5, pathOf)).filter(outcome => outcome !== undefined)
      assert.deepEqual(failures, [])
    }
    const server = await TransferServer.listen()
    const circuit = await driver.build([subject, others[0] ?? '', exit])
    const got = await download(await driver.connect(circuit, server.port), 1_000_000, 'after', 60_000)
    server.close()
    assert.equal(got.digest, expectedDigest('after', 1_000_000))
    await network.runningInConsensus([subject])
  })
})

/** The first flight of a TLS client, as it is written to the wire. */
async function clientHello(): Promise<Buffer> {
  const {createServer} = await import('node:net')
  return new Promise((resolve, reject) => {
    const server = createServer(socket => {
      socket.once('data', chunk => {
        socket.destroy()
        server.close()
        resolve(chunk)
      })
    })
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      if (address === null || typeof address === 'string') return reject(new Error('no port'))
      connectTls({host: '127.0.0.1', port: address.port, rejectUnauthorized: false}).on(
        'error',
        () => undefined
      )
    })
  })
}
