// One identity over restarts, over changes of the implementation that runs on a DataDirectory, and one process at a time on
// it; and how the relay ends on each signal.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {cpSync, existsSync, mkdirSync, readFileSync, renameSync} from 'node:fs'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {CircuitDriver} from '../support/circuit-driver.ts'
import {freePort} from '../support/free-ports.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {RawCircuit} from '../support/raw-circuit.ts'
import {RawLink} from '../support/raw-link.ts'
import type {Subject} from '../support/subject.ts'
import {startTorNetwork, type TorNetwork} from '../support/tor-network.ts'
import {readEd25519Identity, readFingerprint} from '../support/tor-node.ts'
import {delay, waitUntil} from '../support/wait-until.ts'

const NEW_DESCRIPTOR_TIMEOUT_MS = 60_000
/** A client takes the next consensus up to two voting intervals after it is there, and microdescriptors behind it. */
const CIRCUIT_TIMEOUT_MS = 180_000
const SHUTDOWN_WAIT_SECONDS = 4
/** To close links, threads and files; many times what it takes. */
const CLOSING_SECONDS = 1

describe('the identity of a relay', {skip: whyWithoutTor()}, () => {
  let network: TorNetwork
  let subject: Subject
  let driver: CircuitDriver
  let fingerprint = ''
  let ed25519Identity = ''
  let middles: readonly string[] = []
  let exit = ''

  before(async () => {
    network = await startTorNetwork({
      subject: {torrc: [`ShutdownWaitLength ${SHUTDOWN_WAIT_SECONDS} seconds`]}
    })
    subject = network.subject
    fingerprint = subject.fingerprint
    ed25519Identity = subject.ed25519Identity
    exit = await Promise.all(network.exits.map(node => node.fingerprint())).then(([first = '']) => first)
    middles = await Promise.all([...network.relays, ...network.authorities].map(node => node.fingerprint()))
    driver = await CircuitDriver.start(network, 'driver', [fingerprint, ...middles, exit])
  })

  after(() => network?.stop())

  /** When the descriptor that an authority holds was published, in seconds, for each authority. */
  async function published(relay: string): Promise<readonly number[]> {
    const times: number[] = []
    for (const authority of network.authorities) {
      const descriptor = await (await authority.control()).getInfo(`desc/id/${relay}`)
      const [, day, time] = /^published (\S+) (\S+)$/m.exec(descriptor) ?? []
      times.push(Date.parse(`${day}T${time}Z`) / 1000)
    }
    return times
  }

  /** Waits until every authority has accepted a descriptor of this relay that was published since. */
  async function acceptedSince(relay: string, seconds: number): Promise<void> {
    await waitUntil('a new descriptor at every authority', {timeoutMs: NEW_DESCRIPTOR_TIMEOUT_MS}, async () =>
      (await published(relay)).every(time => time >= seconds)
    )
  }

  /**
   * Circuits go through `relay` again. It is the first hop: C tor relays do not try again for a minute to connect to one they
   * found not listening, and only the driver certainly has not tried. Clients speak to a relay as the consensus they have
   * describes it: when another implementation takes over an identity, their requests fit it from the next consensus on.
   */
  async function carriesCircuits(relay: string): Promise<void> {
    let attempt = 0
    await waitUntil('a circuit', {timeoutMs: CIRCUIT_TIMEOUT_MS, everyMs: 500}, async () => {
      const others = middles.filter(hop => hop !== relay)
      await driver.close(await driver.build([relay, others[attempt++ % others.length] ?? '', exit]))
      return true
    })
  }

  /**
   * Starts the subject under a new ContactInfo, in a later second: an authority takes a descriptor that differs in nothing
   * that matters for a repetition and keeps the one it has.
   */
  async function restart(contact: string): Promise<void> {
    await delay(1_000)
    subject.configure(`ContactInfo ${contact}`)
    await subject.start()
  }

  const nowSeconds = (): number => Math.floor(Date.now() / 1000)

  it('is kept over a restart', async () => {
    const since = nowSeconds()
    await subject.stop()
    await restart('restarted')
    assert.equal(subject.fingerprint, fingerprint)
    assert.equal(subject.ed25519Identity, ed25519Identity)
    await acceptedSince(fingerprint, since)
    await carriesCircuits(fingerprint)
  })

  it('is not lent to a second process: the lock keeps out another of its kind and C tor', async () => {
    const orPort = await freePort()
    const dataDirectory = subject.dataDirectory
    for (const implementation of [subject.implementation, 'tor'] as const) {
      const second = await network.addSubject(`second${implementation}`, {
        dataDirectory,
        orPort,
        implementation
      })
      second.launch()
      const end = await second.daemon.ended(30_000)
      assert.notEqual(end.code, 0, `${implementation} should refuse:\n${second.daemon.interestingLines()}`)
    }
    assert.ok(subject.isRunning)
    await carriesCircuits(fingerprint)
  })

  /** What clients reach a relay by and know it by, as the first authority has it: onion keys and families. */
  async function knownBy(relay: string): Promise<string[]> {
    const control = await network.authorities[0]?.control()
    const descriptor = (await control?.getInfo(`desc/id/${relay}`)) ?? ''
    const microdescriptor = (await control?.getInfo(`md/id/${relay}`)) ?? ''
    const [onionKey = ''] =
      /^onion-key\n-----BEGIN[\s\S]+?-----END RSA PUBLIC KEY-----$/m.exec(descriptor) ?? []
    const [ntorOnionKey = ''] = /^ntor-onion-key \S+$/m.exec(descriptor) ?? []
    const [families = ''] = /^family-ids .*$/m.exec(microdescriptor) ?? []
    return [onionKey, ntorOnionKey, families]
  }

  it('is kept when C tor takes over the DataDirectory, and when it is given back, with onion keys and family', async () => {
    const family = join(subject.dataDirectory, 'keys', 'moved')
    const made = spawnSync('tor', ['--keygen-family', family, '-f', '-', '--quiet'], {
      input: '',
      encoding: 'utf8'
    })
    const id = /^FamilyId (\S{43})$/m.exec(made.stdout)?.[1] ?? assert.fail(made.stderr)
    subject.configure(`FamilyId ${id}`)
    subject.configure('ContactInfo before the move')
    subject.daemon.signal('SIGHUP')
    const hasFamily = async () => (await knownBy(fingerprint))[2] === `family-ids ed25519:${id}`
    await waitUntil('the family', {timeoutMs: CIRCUIT_TIMEOUT_MS}, hasFamily)
    const known = await knownBy(fingerprint)
    assert.ok(known.every(each => each !== ''))
    await subject.stop()
    const since = nowSeconds()
    await delay(1_000)
    const lines = [`FamilyId ${id}`]
    const heir = network.addRelayOn('heir', subject.dataDirectory, subject.orPort, subject.nickname, lines)
    heir.start()
    const control = await heir.control()
    assert.equal(await control.getInfo('fingerprint'), fingerprint)
    await acceptedSince(fingerprint, since)
    await carriesCircuits(fingerprint)
    assert.deepEqual(await knownBy(fingerprint), known)
    await heir.stop()
    assert.equal(readFingerprint(subject.dataDirectory), fingerprint)
    assert.equal(readEd25519Identity(subject.dataDirectory), ed25519Identity)
    const back = nowSeconds()
    await restart('returned')
    assert.equal(subject.fingerprint, fingerprint)
    assert.equal(subject.ed25519Identity, ed25519Identity)
    await acceptedSince(fingerprint, back)
    await carriesCircuits(fingerprint)
    assert.deepEqual(await knownBy(fingerprint), known)
  })

  it('of a C tor relay is kept when the relay under test takes over its DataDirectory', async () => {
    const [donor] = network.relays
    assert.ok(donor)
    const identity = {rsa: await donor.fingerprint(), ed25519: readEd25519Identity(donor.dataDirectory)}
    await donor.stop()
    const since = nowSeconds()
    await delay(1_000)
    const dataDirectory = join(network.directory, 'inherited')
    cpSync(donor.dataDirectory, dataDirectory, {recursive: true, filter: file => !file.endsWith('/lock')})
    const heir = await network.addSubject(donor.name, {dataDirectory, orPort: donor.orPort})
    await heir.start()
    assert.equal(heir.fingerprint, identity.rsa)
    assert.equal(heir.ed25519Identity, identity.ed25519)
    await acceptedSince(identity.rsa, since)
    await carriesCircuits(identity.rsa)
    await heir.stop()
    donor.start()
  })

  describe('keys that are changed while the relay runs', () => {
    /**
     * The descriptor that each authority holds, once all of them have one that fits. To an authority of C tor neither a
     * family key nor a signing key makes a difference that matters, so the ContactInfo changes with them.
     */
    async function descriptorsWith(pattern: RegExp): Promise<readonly string[]> {
      const found: string[] = []
      await waitUntil(`a descriptor with ${pattern}`, {timeoutMs: NEW_DESCRIPTOR_TIMEOUT_MS}, async () => {
        const controls = await Promise.all(network.authorities.map(node => node.control()))
        found.length = 0
        for (const control of controls) found.push(await control.getInfo(`desc/id/${fingerprint}`))
        return found.every(descriptor => pattern.test(descriptor))
      })
      return found
    }

    it('proves from the next reload on that it belongs to the family whose key C tor has made', async () => {
      const keys = join(subject.dataDirectory, 'keys')
      const made = spawnSync('tor', ['--keygen-family', join(keys, 'ours'), '-f', '-', '--quiet'], {
        input: '',
        encoding: 'utf8'
      })
      const id = /^FamilyId (\S{43})$/m.exec(made.stdout)?.[1] ?? ''
      assert.equal(made.status, 0, made.stderr)
      await delay(1_000)
      subject.configure(`FamilyId ${id}`)
      subject.configure('ContactInfo with a family')
      subject.daemon.signal('SIGHUP')
      await descriptorsWith(/^family-cert$/m)
      // The authority has verified the certificate before it tells clients of the family.
      const control = await network.authorities[0]?.control()
      await waitUntil('the family in the microdescriptor', {timeoutMs: CIRCUIT_TIMEOUT_MS}, async () => {
        const microdescriptor = await control?.getInfo(`md/id/${fingerprint}`).catch(() => '')
        return microdescriptor?.includes(`\nfamily-ids ed25519:${id}\n`) === true
      })
    })

    it('takes up the signing key that was made where its master key is, and goes on under it', async () => {
      const keys = join(subject.dataDirectory, 'keys')
      const offline = join(network.directory, 'offline')
      mkdirSync(join(offline, 'keys'), {recursive: true, mode: 0o700})
      for (const kind of ['secret', 'public']) {
        renameSync(
          join(keys, `ed25519_master_id_${kind}_key`),
          join(offline, 'keys', `ed25519_master_id_${kind}_key`)
        )
      }
      const words = ['--DataDirectory', offline, '-f', '-', '--SigningKeyLifetime', '300 days', '--keygen']
      const made = spawnSync('tor', [...words, '--no-passphrase', '--quiet'], {input: '', encoding: 'utf8'})
      assert.equal(made.status, 0, made.stdout)
      for (const name of ['master_id_public_key', 'signing_secret_key', 'signing_cert']) {
        cpSync(join(offline, 'keys', `ed25519_${name}`), join(keys, `ed25519_${name}`))
      }
      // 32 octets of header, then the certificate, as the descriptor carries it.
      const cert = readFileSync(join(keys, 'ed25519_signing_cert')).subarray(32).toString('base64')
      await delay(1_000)
      subject.configure('OfflineMasterKey 1')
      subject.configure('ContactInfo with an offline key')
      subject.daemon.signal('SIGHUP')
      const descriptors = await descriptorsWith(new RegExp(cert.slice(0, 40).replace(/[+/]/g, '\\$&')))
      assert.equal(descriptors.length, network.authorities.length)
      assert.equal(subject.ed25519Identity, ed25519Identity)
      await carriesCircuits(fingerprint)
    })
  })

  describe('signals', () => {
    it('SIGHUP reads the torrc anew, and circuits go on', async () => {
      const {link} = await RawLink.handshake(subject.orPort)
      const circuit = await RawCircuit.create(link, 0x80000001)
      const logFile = join(network.directory, 'log-after-reload')
      subject.configure(`Log info file ${logFile}`)
      subject.daemon.signal('SIGHUP')
      await waitUntil('the new log file', {timeoutMs: 15_000}, () => existsSync(logFile))
      assert.ok(subject.isRunning)
      const BEGIN = 1
      const END = 3
      circuit.send(BEGIN, 1, Buffer.from('127.0.0.1:80\0'))
      const answer = await circuit.next()
      assert.ok(answer.kind === 'message' && answer.message.command === END)
      link.close()
    })

    it('SIGINT stops within ShutdownWaitLength, with exit status 0', async () => {
      const end = await subject.end('SIGINT', (SHUTDOWN_WAIT_SECONDS + 6) * 1000)
      assert.deepEqual({code: end.code, signal: end.signal}, {code: 0, signal: null})
      assert.ok(end.seconds <= SHUTDOWN_WAIT_SECONDS + CLOSING_SECONDS, `${end.seconds} s`)
      await subject.start()
    })

    it('SIGTERM stops at once, with exit status 0', async () => {
      const end = await subject.end('SIGTERM', 10_000)
      assert.deepEqual({code: end.code, signal: end.signal}, {code: 0, signal: null})
      assert.ok(end.seconds <= CLOSING_SECONDS, `${end.seconds} s`)
    })
  })
})
