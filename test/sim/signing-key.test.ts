// The signing key over the weeks that it lasts: the relays here live under a clock that is moved on (libfaketime), and their
// operator does with the master key what operators do, at a terminal where there is something to type.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, it} from 'node:test'
import {ed25519Ready} from '../../src/crypto/ed25519.ts'
import {signingCertExpiresAt} from '../../src/datadir/identity-keys.ts'
import {Daemon} from '../support/daemon.ts'
import {freePort} from '../support/free-ports.ts'
import {whyWithoutPython} from '../support/notify-socket.ts'
import {programFile} from '../support/subject.ts'
import {atTerminal} from '../support/terminal.ts'
import {waitUntil} from '../support/wait-until.ts'

const DAY_MS = 86_400_000
const LIMITS = {timeoutMs: 60_000, everyMs: 100}

/** The library that gives a process a clock of its own. */
function fakeClock(): string | undefined {
  const places = ['/usr/lib', ...readdirSync('/usr/lib').map(name => join('/usr/lib', name))]
  return places.map(place => join(place, 'faketime', 'libfaketimeMT.so.1')).find(path => existsSync(path))
}

describe('the signing key of a relay', {skip: whyWithoutPython()}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'ramson-signing-'))
  const running: Daemon[] = []
  after(async () => {
    for (const daemon of running) await daemon.stop()
    rmSync(folder, {recursive: true})
  })

  const keygen = (data: string, ...words: string[]) => [
    process.execPath,
    programFile,
    '-f',
    join(folder, 'no-torrc'),
    '--DataDirectory',
    data,
    '--keygen',
    ...words
  ]

  it('comes from a master key under a passphrase that is typed twice and never shown', () => {
    const data = join(folder, 'typed')
    const made = atTerminal(keygen(data), ['first pass', 'another', 'right pass', 'right pass'])
    assert.equal(made.status, 0, made.shown)
    assert.match(made.shown, /They differ\./)
    assert.match(made.shown, /encrypted with the passphrase/)
    assert.doesNotMatch(made.shown, /right pass|first pass/)
    assert.deepEqual(readdirSync(join(data, 'keys')).sort(), [
      'ed25519_master_id_public_key',
      'ed25519_master_id_secret_key_encrypted',
      'ed25519_signing_cert',
      'ed25519_signing_secret_key'
    ])
    const denied = atTerminal(keygen(data), ['wrong', 'still wrong', 'wrong again'])
    assert.equal(denied.status, 1)
    assert.match(denied.shown, /not the passphrase of the master key/)
    // A slip of the finger is taken back with the key for it, a whole character at a time.
    assert.equal(atTerminal(keygen(data), ['wrong', 'right paß\x7f\x7fass']).status, 0)
    const renewed = atTerminal(keygen(data, '--newpass'), ['right pass', '', ''])
    assert.equal(renewed.status, 0, renewed.shown)
    assert.match(renewed.shown, /not encrypted/)
    assert.ok(existsSync(join(data, 'keys', 'ed25519_master_id_secret_key')))
    assert.ok(!existsSync(join(data, 'keys', 'ed25519_master_id_secret_key_encrypted')))
  })

  const clock = fakeClock()
  describe('as time goes by', {skip: clock === undefined && 'libfaketime is not installed'}, () => {
    const clockFile = join(folder, 'clock')
    const env = {
      LD_PRELOAD: clock ?? '',
      FAKETIME_TIMESTAMP_FILE: clockFile,
      FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1'
    }
    const setClock = (days: number) => writeFileSync(clockFile, `+${Math.round(days * 24)}h\n`)
    const expiry = async (data: string) => {
      await ed25519Ready
      const found = signingCertExpiresAt(join(data, 'keys'))
      return found.ok ? (found.value?.getTime() ?? 0) : 0
    }

    async function start(name: string, ...torrc: string[]): Promise<{daemon: Daemon; data: string}> {
      const data = join(folder, name)
      const file = join(folder, `torrc-${name}`)
      const lines = [`ORPort 127.0.0.1:${await freePort()}`, `DataDirectory ${data}`, 'NumCPUs 1', ...torrc]
      writeFileSync(file, `${lines.join('\n')}\n`)
      setClock(0)
      const daemon = new Daemon({
        name,
        command: process.execPath,
        args: [programFile, '-f', file],
        logFile: join(folder, `log-${name}`),
        env
      })
      running.push(daemon)
      await logged(daemon, /Opened OR listener/)
      return {daemon, data}
    }

    async function logged(daemon: Daemon, line: RegExp): Promise<void> {
      await waitUntil(`${line} in the log of ${daemon.name}`, LIMITS, () => line.test(daemon.log()))
    }

    it('is renewed the day before it ends, with the master key, without a restart', async () => {
      const {daemon, data} = await start('renewing')
      const before = await expiry(data)
      setClock(29.5)
      daemon.signal('SIGHUP')
      await waitUntil('the new certificate', LIMITS, async () => (await expiry(data)) > before + 28 * DAY_MS)
      assert.equal(daemon.end, undefined)
      assert.doesNotMatch(daemon.log(), /expires at/)
    })

    it('is asked for in time where the master key is offline, taken up when it is brought, and its end ends the relay', async () => {
      const offline = join(folder, 'offline')
      const online = join(folder, 'online')
      const make = () => {
        const [node = '', ...words] = keygen(offline, '--no-passphrase')
        const made = spawnSync(node, words, {encoding: 'utf8', env: {...process.env, ...env}})
        assert.equal(made.status, 0, made.stderr)
        mkdirSync(join(online, 'keys'), {recursive: true, mode: 0o700})
        for (const name of ['master_id_public_key', 'signing_secret_key', 'signing_cert']) {
          cpSync(join(offline, 'keys', `ed25519_${name}`), join(online, 'keys', `ed25519_${name}`))
        }
      }
      setClock(0)
      make()
      const {daemon} = await start('online', 'OfflineMasterKey 1')
      setClock(29.5)
      daemon.signal('SIGHUP')
      await logged(daemon, /The signing key expires at .* Run ramson --keygen where the master key is/)
      make()
      daemon.signal('SIGHUP')
      await waitUntil(
        'the relay to have read its keys',
        LIMITS,
        () => daemon.log().split('reload signal').length > 2
      )
      // The old key would be over by now.
      setClock(45)
      daemon.signal('SIGHUP')
      await waitUntil('the relay to go on', LIMITS, () => daemon.log().split('reload signal').length > 3)
      setClock(70)
      daemon.signal('SIGHUP')
      const end = await daemon.ended(30_000)
      assert.equal(end.code, 1)
      assert.match(
        daemon.log(),
        /\[err\] The signing key has expired\. .*OfflineMasterKey is set.*ramson --keygen/
      )
    })
  })
})
