// The command line held against C tor's, flag by flag: both programs run with the same words on folders of their own, and
// print the same and end with the same status. Then the keys that one of them makes, handed to the other.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, it} from 'node:test'
import {fromText} from '../../src/bytes/octets.ts'
import {ed25519Ready} from '../../src/crypto/ed25519.ts'
import {isPasswordOf} from '../../src/crypto/secret-to-key.ts'
import {certifySigningKey} from '../../src/datadir/identity-keys.ts'
import {findMasterKey} from '../../src/datadir/master-key.ts'
import {Daemon} from '../support/daemon.ts'
import {freePort} from '../support/free-ports.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {programFile} from '../support/subject.ts'
import {waitUntil} from '../support/wait-until.ts'

type Program = 'tor' | 'ramson'

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

const DAY_MS = 86_400_000

describe('the command line beside that of C tor', {skip: whyWithoutTor()}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'ramson-cli-'))
  const torrc = join(folder, 'torrc')
  writeFileSync(torrc, 'ORPort 9001\nNickname both\nContactInfo a@b.example\nExitRelay 0\n')
  after(() => rmSync(folder, {recursive: true}))

  function run(
    program: Program,
    words: readonly string[],
    input = '',
    env: Record<string, string> = {}
  ): Ended {
    const own = program === 'tor' ? ['--defaults-torrc', '/dev/null'] : []
    const [command, ...first] = program === 'tor' ? ['tor'] : [process.execPath, programFile]
    const {status, stdout, stderr} = spawnSync(command ?? '', [...first, ...own, ...words], {
      input,
      encoding: 'utf8',
      timeout: 60_000,
      cwd: folder,
      env: {...process.env, ...env}
    })
    return {status, stdout, stderr}
  }

  const both = (words: (program: Program) => readonly string[], input?: string) =>
    [run('tor', words('tor'), input), run('ramson', words('ramson'), input)] as const

  const on = (dataDirectory: string, ...words: string[]) => [
    '-f',
    torrc,
    '--DataDirectory',
    dataDirectory,
    ...words
  ]

  it('ends with the status that C tor ends with, for good words and bad ones', () => {
    const missing = join(folder, 'missing')
    const cases: Record<string, readonly string[]> = {
      'good settings': ['-f', torrc, '--verify-config'],
      'good settings, quietly': ['-f', torrc, '--verify-config', '--quiet'],
      'good settings, hushed': ['-f', torrc, '--verify-config', '--hush'],
      'a bad value': ['-f', torrc, '--verify-config', '--ORPort', 'x'],
      'a bad value, quietly': ['-f', torrc, '--verify-config', '--ORPort', 'x', '--quiet'],
      'an unknown option': ['-f', torrc, '--verify-config', '--Nickneme', 'x'],
      'an option without its value': ['-f', torrc, '--verify-config', '--Nickname'],
      'a torrc that is missing': ['-f', missing, '--verify-config'],
      'one that may be': ['-f', missing, '--verify-config', '--ignore-missing-torrc', '--ORPort', '9001'],
      'a defaults file that is missing': ['-f', torrc, '--defaults-torrc', missing, '--verify-config'],
      'the settings from the standard input': ['-f', '-', '--verify-config'],
      'a dump without its level': ['-f', torrc, '--dump-config'],
      'a dump of no level there is': ['-f', torrc, '--dump-config', 'all'],
      'a password that is missing': ['--hash-password'],
      'no key to tell the end of': [
        '-f',
        torrc,
        '--DataDirectory',
        join(folder, 'none'),
        '--key-expiration',
        'x'
      ],
      'a format of no kind': ['-f', torrc, '--key-expiration', 'sign', '--format', 'rfc2822'],
      'a format of nothing': ['-f', torrc, '--verify-config', '--format', 'timestamp'],
      'a new passphrase of nothing': ['-f', torrc, '--verify-config', '--newpass'],
      'a passphrase from nowhere': ['-f', torrc, '--keygen', '--passphrase-fd', 'x'],
      'a fingerprint of no kind': ['-f', torrc, '--list-fingerprint', 'sha3'],
      'a list of options': ['--list-torrc-options'],
      'a list of modules': ['--list-modules'],
      'the version': ['--version']
    }
    for (const [what, words] of Object.entries(cases)) {
      const [theirs, ours] = both(() => words, 'ORPort 9001\n')
      assert.equal(ours.status, theirs.status, `${what}: ${ours.stderr}${theirs.stdout}`)
      if (words.includes('--quiet')) assert.deepEqual(ours, theirs, what)
    }
  })

  it('prints what C tor prints where other programs read it', () => {
    const nothingLogged = ['--Log', `err file ${join(folder, 'log')}`]
    for (const words of [
      ['-f', torrc, ...nothingLogged, '--dump-config', 'short'],
      [
        '-f',
        torrc,
        ...nothingLogged,
        '--dump-config',
        'non-builtin',
        '--Nickname',
        'other',
        '+Log',
        'warn stderr'
      ],
      ['-f', torrc, ...nothingLogged, '--dump-config', 'short', '--/ContactInfo'],
      ['--list-deprecated-options', '--quiet']
    ]) {
      const [theirs, ours] = both(() => words)
      assert.equal(ours.stdout, theirs.stdout, words.join(' '))
    }
    const modules = both(() => ['--list-modules']).map(({stdout}) => stdout.replace(/: (yes|no)$/gm, ''))
    assert.equal(modules[1], modules[0])
    assert.equal(run('ramson', ['-f', torrc, '--verify-config']).stdout, 'Configuration was valid\n')
    assert.match(run('tor', ['-f', torrc, '--verify-config']).stdout, /^Configuration was valid$/m)
  })

  it('hashes a password so that each takes what the other made', () => {
    const hashed = both(() => ['--hash-password', 'correct horse']).map(
      ({stdout}) => /16:[0-9A-F]{58}/.exec(stdout)?.[0]
    )
    for (const hash of hashed) assert.ok(isPasswordOf(hash ?? '', fromText('correct horse')))
    // C tor has no flag that checks one, but refuses settings with one that it cannot read.
    assert.equal(
      run('tor', ['-f', torrc, '--verify-config', '--HashedControlPassword', hashed[1] ?? '']).status,
      0
    )
  })

  it('makes a family key that C tor would have made, and never writes over one', () => {
    const made = both(program => ['--keygen-family', `family-${program}`, '-f', torrc, '--quiet'])
    const shape = /^# Generated family-(tor|ramson)\.secret_family_key\nFamilyId [A-Za-z0-9+/]{43}\n$/
    for (const {status, stdout} of made) assert.ok(status === 0 && shape.test(stdout), stdout)
    const sizes = (['tor', 'ramson'] as const).map(program =>
      ['secret_family_key', 'public_family_id'].map(
        kind => readFileSync(join(folder, `family-${program}.${kind}`)).length
      )
    )
    assert.deepEqual(sizes[1], sizes[0])
    assert.deepEqual(
      both(() => ['--keygen-family', 'family-tor', '-f', torrc, '--quiet']).map(({status}) => status),
      [1, 1]
    )
  })

  /** The fingerprint by both identities, as this program reads the folder. */
  const fingerprints = (program: Program, dataDirectory: string) =>
    ['rsa', 'ed25519'].map(
      kind => run(program, on(dataDirectory, '--quiet', '--list-fingerprint', kind)).stdout
    )

  const expiry = (program: Program, dataDirectory: string): number => {
    const words = on(dataDirectory, '--quiet', '--key-expiration', 'sign', '--format', 'timestamp')
    const {status, stderr} = run(program, words)
    assert.equal(status, 0, stderr)
    return Number(/^signing-cert-expiry: (\d+)$/m.exec(stderr)?.[1]) * 1000
  }

  it('makes the keys of a relay with --keygen, under a passphrase or not, that the other goes on with', () => {
    for (const [maker, heir] of [
      ['tor', 'ramson'],
      ['ramson', 'tor']
    ] as const) {
      const data = join(folder, `made-by-${maker}`)
      const master = join(data, 'keys', 'ed25519_master_id_secret_key')
      const made = run(maker, on(data, '--keygen', '--passphrase-fd', '0', '--quiet'), 'open sesame')
      assert.deepEqual(made, {status: 0, stdout: '', stderr: ''})
      assert.ok(existsSync(`${master}_encrypted`) && !existsSync(master))
      const ids = fingerprints(heir, data)
      assert.match(ids.join(''), /^both [0-9A-F]{4}( [0-9A-F]{4}){9}\nboth [A-Za-z0-9+/]{43}\n$/)
      assert.deepEqual(fingerprints(maker, data), ids)
      // The other asks for the same passphrase, and takes no other.
      const signing = readFileSync(join(data, 'keys', 'ed25519_signing_cert'), 'hex')
      const denied = run(heir, on(data, '--keygen', '--passphrase-fd', '0', '--quiet'), 'open barley')
      assert.equal(denied.status, 1)
      assert.equal(readFileSync(join(data, 'keys', 'ed25519_signing_cert'), 'hex'), signing)
      const again = on(data, '--keygen', '--passphrase-fd', '0', '--quiet', '--SigningKeyLifetime', '60 days')
      assert.equal(run(heir, again, 'open sesame').status, 0)
      assert.ok(expiry(maker, data) > Date.now() + 59 * DAY_MS)
      assert.equal(expiry(heir, data), expiry(maker, data))
      assert.deepEqual(fingerprints(maker, data), ids)
    }
  })

  it('renews the passphrase so that C tor opens the key with the new one alone', () => {
    const data = join(folder, 'made-by-tor')
    const words = on(data, '--keygen', '--newpass', '--passphrase-fd', '0', '--new-passphrase-fd', '3')
    const secret = join(folder, 'new-passphrase')
    writeFileSync(secret, 'much longer')
    const command = [process.execPath, programFile, ...words].map(word => `'${word}'`).join(' ')
    const changed = spawnSync('sh', ['-c', `${command} 3<'${secret}'`], {
      input: 'open sesame',
      encoding: 'utf8'
    })
    assert.equal(changed.status, 0, changed.stderr)
    const opens = (passphrase: string) =>
      run('tor', on(data, '--keygen', '--passphrase-fd', '0', '--quiet'), passphrase).status
    assert.equal(opens('open sesame'), 1)
    assert.equal(opens('much longer'), 0)
  })

  it('keeps the master key offline: its place makes signing keys, the relay has those alone', () => {
    const offline = join(folder, 'offline')
    const online = join(folder, 'online')
    assert.equal(run('ramson', on(offline, '--keygen', '--no-passphrase', '--quiet')).status, 0)
    const relay = () => on(online, '--OfflineMasterKey', '1', '--list-fingerprint', '--quiet')
    const withoutKeys = run('ramson', relay())
    assert.equal(withoutKeys.status, 1)
    assert.match(withoutKeys.stderr, /OfflineMasterKey is set\. Run ramson --keygen where the master key is/)
    mkdirSync(join(online, 'keys'), {recursive: true, mode: 0o700})
    const bring = () => {
      for (const name of ['master_id_public_key', 'signing_secret_key', 'signing_cert']) {
        cpSync(join(offline, 'keys', `ed25519_${name}`), join(online, 'keys', `ed25519_${name}`))
      }
    }
    bring()
    const ids = run('ramson', relay())
    assert.equal(ids.status, 0, ids.stderr)
    assert.equal(run('tor', relay()).stdout, ids.stdout)
    // What the place of the master key gives as well is C tor's.
    assert.equal(run('tor', on(offline, '--keygen', '--SigningKeyLifetime', '90 days', '--quiet')).status, 0)
    bring()
    assert.ok(expiry('ramson', online) > Date.now() + 89 * DAY_MS)
    assert.equal(run('ramson', relay()).stdout, ids.stdout)
  })

  it('refuses, as C tor does, to be a relay whose signing key has expired and cannot be renewed', async () => {
    await ed25519Ready
    const data = join(folder, 'expired')
    const keyDirectory = join(data, 'keys')
    assert.equal(run('ramson', on(data, '--list-fingerprint', '--quiet')).status, 0)
    const master = findMasterKey(keyDirectory)
    assert.ok(master.ok && master.value.state === 'clear')
    const lifetime = {keyDirectory, signingKeyLifetimeMs: DAY_MS}
    assert.ok(certifySigningKey(master.value.key, lifetime, new Date(Date.now() - 3 * DAY_MS)).ok)
    rmSync(join(keyDirectory, 'ed25519_master_id_secret_key'))
    for (const words of [['--list-fingerprint'], ['--key-expiration', 'sign'], []]) {
      const [theirs, ours] = both(() => on(data, '--DisableNetwork', '1', '--quiet', ...words))
      assert.deepEqual([theirs.status, ours.status], [1, 1], words.join(' '))
    }
    const told = run('ramson', on(data, '--key-expiration', 'sign', '--format', 'timestamp')).stderr
    assert.ok(Number(/signing-cert-expiry: (\d+)/.exec(told)?.[1]) * 1000 < Date.now(), told)
    const start = run('ramson', on(data))
    assert.match(
      start.stdout + start.stderr,
      /no signing key whose certificate is still valid.*ramson --keygen/
    )
  })

  it('tells how a C tor is, too, from its MetricsPort', async () => {
    const port = await freePort()
    const lines = [
      `ORPort 127.0.0.1:${await freePort()}`,
      `MetricsPort 127.0.0.1:${port}`,
      'MetricsPortPolicy accept 127.0.0.1',
      'SocksPort 0',
      `DirAuthority nobody orport=1 v3ident=${'0'.repeat(39)}1 127.0.0.1:1 ${'01'.repeat(20)}`,
      `DataDirectory ${join(folder, 'running')}`
    ]
    const file = join(folder, 'torrc-running')
    writeFileSync(file, `${lines.join('\n')}\n`)
    const daemon = new Daemon({
      name: 'tor',
      command: 'tor',
      args: ['-f', file, '--defaults-torrc', '/dev/null'],
      logFile: join(folder, 'log-running')
    })
    try {
      const told = await waitUntil('the metrics of tor', {timeoutMs: 30_000, everyMs: 250}, () => {
        if (daemon.end !== undefined) throw new Error(daemon.log())
        const {status, stdout} = run('ramson', ['status', '--metrics', String(port)])
        return status === 0 ? stdout : undefined
      })
      assert.match(told, /^ {2}Read +\d/m)
      assert.match(told, /^ {2}Connections +\d/m)
      assert.match(told, /^ {2}In the consensus +none$/m)
    } finally {
      await daemon.stop()
    }
  })
})
