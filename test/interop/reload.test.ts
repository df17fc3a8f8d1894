// A relay's settings while it works: a real process, a transfer through it that never ends, and SIGHUPs that change what can
// change. The relay's own descriptor, asked for at its DirPort, tells what it took over.

import assert from 'node:assert/strict'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {type Duplex, Readable} from 'node:stream'
import {after, before, describe, it} from 'node:test'
import type {PathHop} from '../../src/circuit/open-circuit.ts'
import {parseRouterDescriptor} from '../../src/netdoc/router-descriptor/parse.ts'
import type {OwnCircuit} from '../../src/stream/origin-streams.ts'
import {RelayCommand} from '../../src/wire/relay-cell.ts'
import {startCore, type TestCore} from '../support/core.ts'
import {freePort} from '../support/free-ports.ts'
import {accepts} from '../support/listening.ts'
import {Subject} from '../support/subject.ts'
import {waitUntil} from '../support/wait-until.ts'

const WAIT = {timeoutMs: 20_000, everyMs: 100}
const RATE = 500_000
const MEASURED_MS = 4000

describe('a reload', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ramson-reload-'))
  const included = join(directory, 'conf.d')
  let subject: Subject
  let origin: TestCore
  let server: TestCore
  let transfer: {
    readonly circuit: OwnCircuit['circuit']
    readonly stream: Duplex
    received: number
    isOpen: boolean
  }
  let dirPort = 0
  const logFile = join(directory, 'second.log')

  function flood(stream: Duplex): void {
    stream.on('error', () => {})
    stream.once('data', () => {
      const chunk = new Uint8Array(16 * 1024)
      const source = new Readable({
        read() {
          this.push(chunk)
        }
      })
      stream.once('close', () => source.destroy())
      source.pipe(stream)
    })
  }

  function hop(port = subject.orPort): PathHop {
    return {
      rsaIdentity: Uint8Array.from(Buffer.from(subject.fingerprint, 'hex')),
      ed25519Identity: undefined,
      addresses: [{octets: Uint8Array.of(127, 0, 0, 1), port}],
      ntorOnionKey: undefined
    }
  }

  async function descriptor() {
    const answer = await fetch(`http://127.0.0.1:${dirPort}/tor/server/authority`)
    const parsed = parseRouterDescriptor(new Uint8Array(await answer.arrayBuffer()))
    assert.ok(parsed.ok, JSON.stringify(parsed))
    return parsed.value
  }

  /** Waits until the relay's descriptor is as it should be. */
  async function publishes(what: string, isSo: (found: Awaited<ReturnType<typeof descriptor>>) => boolean) {
    await waitUntil(what, WAIT, async () => isSo(await descriptor()))
  }

  async function rate(ms: number): Promise<number> {
    const [before, at] = [transfer.received, performance.now()]
    await new Promise(done => setTimeout(done, ms))
    return ((transfer.received - before) * 1000) / (performance.now() - at)
  }

  before(async () => {
    mkdirSync(included)
    writeFileSync(join(included, 'one'), 'ContactInfo first\n')
    dirPort = await freePort()
    origin = await startCore()
    server = await startCore({openDirectory: flood})
    subject = new Subject({
      nickname: 'subject',
      directory,
      orPort: await freePort(),
      implementation: 'ramson',
      torrc: [
        `DirPort 127.0.0.1:${dirPort}`,
        'Address 127.0.0.1',
        'TestingTorNetwork 1',
        'AssumeReachable 1',
        'PublishServerDescriptor 0',
        'RelayBandwidthRate 20 MB',
        `%include ${included}/*`
      ]
    })
    await subject.start()
    const built = await origin.core.build([hop(), server.hop], 10_000)
    assert.ok(built.ok, JSON.stringify(built))
    const {circuit, streams} = built.value
    const opened = await streams.open(1, RelayCommand.BEGIN_DIR, new Uint8Array(0))
    assert.ok(opened.ok)
    const stream = opened.value
    transfer = {circuit, stream, received: 0, isOpen: true}
    stream.on('data', (chunk: Buffer) => {
      transfer.received += chunk.length
    })
    stream.once('close', () => {
      transfer.isOpen = false
    })
    stream.write(Uint8Array.of(1))
  })

  after(async () => {
    transfer?.circuit.close()
    await subject?.stop()
    await Promise.all([origin, server].map(core => core.close()))
    rmSync(directory, {recursive: true})
  })

  it('changes bandwidth rate, contact line and log under a transfer, and drops no circuit', async () => {
    await publishes('the first contact line', ({contact}) => contact === 'first')
    assert.ok((await rate(1000)) > 2 * RATE, 'the transfer is slower than the limit that is to come')
    writeFileSync(join(included, 'one'), 'ContactInfo second\n')
    writeFileSync(join(included, 'two'), 'Nickname renamed\n')
    subject.configure(`RelayBandwidthRate ${RATE}`)
    subject.configure(`Log debug file ${logFile}`)
    subject.daemon.signal('SIGHUP')
    await publishes('the new settings', found => found.contact === 'second' && found.nickname === 'renamed')
    assert.equal((await descriptor()).bandwidth.rate, RATE)
    // The burst of one second is used up first.
    await rate(1500)
    const limited = await rate(MEASURED_MS)
    assert.ok(Math.abs(limited / RATE - 1) < 0.1, `${Math.round(limited)} octets a second`)
    assert.match(readFileSync(logFile, 'utf8'), /\[warn\] .*Nickname is given more than once/)
    assert.ok(transfer.isOpen)
  })

  it('takes the limit away again, and the transfer still runs', async () => {
    subject.configure('RelayBandwidthRate 20 MB')
    subject.daemon.signal('SIGHUP')
    await waitUntil('the transfer to be fast', WAIT, async () => (await rate(1000)) > 2 * RATE)
    assert.ok(transfer.isOpen)
  })

  it('opens and closes ORPorts and DirPorts, while links through the old one stay', async () => {
    const [orPort, newDirPort] = [await freePort(), await freePort()]
    subject.configure(`ORPort 127.0.0.1:${orPort}`)
    subject.configure(`DirPort 127.0.0.1:${newDirPort}`)
    subject.daemon.signal('SIGHUP')
    await waitUntil('the new ports', WAIT, async () => (await accepts(orPort)) && (await accepts(newDirPort)))
    await waitUntil(
      'the old ports to close',
      WAIT,
      async () => !(await accepts(subject.orPort)) && !(await accepts(dirPort))
    )
    dirPort = newDirPort
    await publishes('the new ORPort', ({ipv4}) => ipv4.port === orPort)
    const other = await startCore()
    const built = await other.core.build([hop(orPort), server.hop], 10_000)
    assert.ok(built.ok, JSON.stringify(built))
    await other.close()
    assert.ok(transfer.isOpen && (await rate(500)) > 0)
  })

  it('changes what the documents tell: family and advertised bandwidth', async () => {
    const kin = 'A'.repeat(40)
    subject.configure(`MyFamily $${kin}`)
    subject.configure('MaxAdvertisedBandwidth 100 KB')
    subject.configure('BandwidthRate 30 MB')
    subject.configure('BandwidthBurst 40 MB')
    subject.configure('RelayBandwidthRate 0')
    subject.daemon.signal('SIGHUP')
    await publishes('the family', ({family}) => family.includes(`$${kin}`))
    const {bandwidth} = await descriptor()
    assert.deepEqual([bandwidth.rate, bandwidth.burst], [100 * 1024, 40 * 2 ** 20])
    subject.configure('MaxAdvertisedBandwidth 1 GB')
    subject.daemon.signal('SIGHUP')
    await publishes('the rate', ({bandwidth: {rate: told}}) => told === 30 * 2 ** 20)
    assert.ok(transfer.isOpen)
  })

  it('OutboundBindAddress: links to others come from there, by the next one on', async () => {
    const from = (core: TestCore) =>
      [...core.core.channels.values()].map(({info}) => info.address.octets.join('.'))
    assert.deepEqual(from(server), ['127.0.0.1'])
    const other = await startCore({openDirectory: flood})
    subject.configure('OutboundBindAddress 127.0.0.9')
    subject.configure('ContactInfo third')
    subject.daemon.signal('SIGHUP')
    await publishes('the contact line', ({contact}) => contact === 'third')
    const {port} = (await descriptor()).ipv4
    const built = await origin.core.build([hop(port), other.hop], 10_000)
    assert.ok(built.ok, JSON.stringify(built))
    assert.deepEqual(from(other), ['127.0.0.9'])
    built.value.circuit.close()
    await other.close()
    assert.ok(transfer.isOpen)
  })

  it('says what waits for the next start, and refuses what cannot change, with all that came along', async () => {
    subject.configure('NumCPUs 3')
    subject.configure('ContactInfo fourth')
    subject.daemon.signal('SIGHUP')
    const log = () => readFileSync(logFile, 'utf8')
    await waitUntil('the warning', WAIT, () =>
      /\[warn\] .*in force after the next start: NumCPUs\./.test(log())
    )
    await publishes('the contact line', ({contact}) => contact === 'fourth')
    subject.configure(`KeyDirectory ${directory}/other`)
    subject.configure('ContactInfo fifth')
    subject.daemon.signal('SIGHUP')
    await waitUntil('the refusal', WAIT, () => /\[warn\] .*KeyDirectory cannot change while/.test(log()))
    assert.equal((await descriptor()).contact, 'fourth')
    assert.ok(transfer.isOpen)
  })
})
