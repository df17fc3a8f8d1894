// C tor as the judge of what we read and write besides the network: torrc text, and the key files of a DataDirectory.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, it} from 'node:test'
import fc from 'fast-check'
import {knownOptionNames} from '../../src/config/option-names.ts'
import {OWN_OPTIONS} from '../../src/config/options.ts'
import {parseTorrcText} from '../../src/config/torrc-text.ts'
import {openDirectory} from '../../src/datadir/file.ts'
import {fingerprintLine} from '../../src/datadir/fingerprint.ts'
import {loadOrCreateRelayKeys, type RelayKeys} from '../../src/datadir/relay-keys.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {programFile} from '../support/subject.ts'

const DAY_MS = 86_400_000

describe('settings and files as C tor has them', {skip: whyWithoutTor()}, () => {
  const folder = mkdtempSync(join(tmpdir(), 'ramson-settings-'))
  after(() => rmSync(folder, {recursive: true}))

  function tor(...words: string[]): {status: number | null; stdout: string} {
    const {status, stdout} = spawnSync('tor', ['--defaults-torrc', '/dev/null', ...words], {encoding: 'utf8'})
    return {status, stdout}
  }

  it('knows the options that this C tor has', () => {
    const theirs = tor('--list-torrc-options').stdout.trim().split('\n')
    const ours = new Set(knownOptionNames())
    assert.deepEqual(
      theirs.filter(name => !ours.has(name)),
      []
    )
    assert.ok(OWN_OPTIONS.every(name => !theirs.includes(name)))
  })

  it('reads any torrc text to the value that C tor reads, and refuses what C tor refuses', () => {
    const torrc = join(folder, 'torrc')
    /** Undefined: refused. Null: no value. */
    const theirReading = (text: string): string | null | undefined => {
      writeFileSync(torrc, text)
      const {status, stdout} = tor('-f', torrc, '--dump-config', 'short', '--quiet')
      if (status !== 0) return undefined
      const dumped = /^ContactInfo (.*)$/m.exec(stdout)?.[1]
      if (!dumped?.startsWith('"')) return dumped ?? null
      const unquoted = parseTorrcText(`ContactInfo ${dumped}`, 'dump')
      return unquoted.ok ? (unquoted.value[0]?.value ?? null) : assert.fail(dumped)
    }
    const ourReading = (text: string): string | null | undefined => {
      const lines = parseTorrcText(text, 'torrc')
      if (!lines.ok || lines.value.some(line => line.name !== 'ContactInfo')) return undefined
      return lines.value.at(-1)?.value || null
    }
    // No word here begins the name of an option: C tor takes such a word for that option.
    const pieces = [
      'zz',
      'jj ',
      ' ',
      '\t',
      '\\\n',
      '\n',
      '#',
      '\\',
      '"',
      'qq zz',
      '\\n',
      '\\x41',
      '\\101',
      'é'
    ]
    const text = fc.array(fc.constantFrom(...pieces), {maxLength: 10}).map(parts => {
      const value = `ContactInfo ${parts.join('')}`
      // A line that begins anew has to begin with an option that there is.
      return value.replace(/(?<!\\)\n(?=[^\n#\s])/g, '\nContactInfo ')
    })
    fc.assert(
      fc.property(text, written => {
        assert.equal(ourReading(written), theirReading(written), JSON.stringify(written))
      }),
      {seed: 4, numRuns: 150}
    )
  })

  it('prints with --dump-config what C tor prints, for options that both have', () => {
    const torrc = join(folder, 'both')
    const lines = [
      'Nickname dumped',
      'ContactInfo "op <op@example.org> # 1"',
      'Address 192.0.2.7',
      'ORPort 9001 NoAdvertise',
      'ORPort 443 NoListen',
      'DirPort 9030',
      'SocksPort 0',
      'ExitRelay 0',
      'ExitPolicy reject *:*',
      'BandwidthRate 20 MBits',
      'BandwidthBurst 3 MB',
      'RelayBandwidthRate 1.5 MB',
      'RelayBandwidthBurst 2 MB',
      'MaxAdvertisedBandwidth 900 KBytes',
      'PerConnBWRate 100 KB',
      'AccountingMax 2 TB',
      'AccountingStart week 2 10:00',
      'AccountingRule sum',
      'numcpus 3',
      'MaxMemInQueues 512 MB',
      'MaxHSDirCacheBytes 20 MB',
      'MaxOnionQueueDelay 2 seconds',
      'ShutdownWaitLength 2 minutes',
      'HeartbeatPeriod 360 minutes',
      `DataDirectory ${folder}/data`,
      `KeyDirectory ${folder}/keys`,
      `PidFile ${folder}/pid`,
      'SigningKeyLifetime 3 weeks',
      'SSLKeyLifetime 1 month',
      'DirCache 1',
      'PublishServerDescriptor 0',
      'AssumeReachable 1',
      'AssumeReachableIPv6 auto',
      'ExtraInfoStatistics 0',
      'HiddenServiceStatistics 0',
      'Log notice stdout',
      `Log [net]info file ${folder}/log`,
      'LogTimeGranularity 500 msec',
      'LogMessageDomains 1',
      'SafeLogging relay',
      'ProtocolWarnings 1',
      'ControlPort 9051',
      'CookieAuthentication 1',
      'MetricsPort 127.0.0.1:9035',
      'MetricsPortPolicy accept 127.0.0.1',
      'DoSCircuitCreationEnabled 1',
      'DoSCircuitCreationRate 5',
      'DoSConnectionConnectDefenseTimePeriod 2 hours',
      'MyFamily $2BCC9E6701923959A31C3D92A74A93CFF2290E47,bob',
      'FallbackDir 192.0.2.1:80 orport=9001 id=2BCC9E6701923959A31C3D92A74A93CFF2290E47'
    ]
    writeFileSync(torrc, `${lines.join('\n')}\n`)
    const sorted = (text: string) => text.trim().split('\n').sort()
    const theirs = tor('-f', torrc, '--dump-config', 'short', '--quiet')
    const ours = spawnSync(process.execPath, [programFile, '-f', torrc, '--dump-config', 'short'], {
      encoding: 'utf8'
    })
    assert.deepEqual([theirs.status, ours.status], [0, 0], ours.stderr)
    assert.deepEqual(sorted(ours.stdout), sorted(theirs.stdout))
    // What was printed is the same settings again.
    writeFileSync(torrc, ours.stdout)
    assert.deepEqual(
      sorted(tor('-f', torrc, '--dump-config', 'short', '--quiet').stdout),
      sorted(theirs.stdout)
    )
  })

  function listed(dataDirectory: string, ...kind: string[]): string {
    const torrc = join(folder, 'empty')
    writeFileSync(torrc, '')
    const words = [
      '--DataDirectory',
      dataDirectory,
      '--ORPort',
      '1',
      '--Nickname',
      'x',
      '-f',
      torrc,
      '--quiet'
    ]
    const {status, stdout} = tor(...words, '--list-fingerprint', ...kind)
    assert.equal(status, 0)
    return stdout.trim().split('\n').at(-1) ?? ''
  }

  async function load(keyDirectory: string): Promise<RelayKeys> {
    const options = {
      keyDirectory,
      signingKeyLifetimeMs: 30 * DAY_MS,
      signingKeySlopMs: DAY_MS,
      offlineMasterKey: false
    }
    const loaded = await loadOrCreateRelayKeys(options, new Date())
    assert.ok(loaded.ok)
    return loaded.value.keys
  }

  function contents(keyDirectory: string): Record<string, string> {
    const names = readdirSync(keyDirectory).sort()
    return Object.fromEntries(names.map(name => [name, readFileSync(join(keyDirectory, name), 'hex')]))
  }

  it('makes keys that C tor takes for its own, without changing an octet of them', async () => {
    const dataDirectory = join(folder, 'ours')
    const keyDirectory = join(dataDirectory, 'keys')
    assert.ok(openDirectory(dataDirectory).ok)
    const {identity} = await load(keyDirectory)
    const before = contents(keyDirectory)
    assert.equal(`${listed(dataDirectory)}\n`, fingerprintLine('x', identity, 'rsa', 'grouped'))
    assert.equal(
      `${listed(dataDirectory, 'ed25519')}\n`,
      fingerprintLine('x', identity, 'ed25519', 'grouped')
    )
    assert.deepEqual(contents(keyDirectory), before)
  })

  it('takes keys that C tor made for its own, without changing an octet of them', async () => {
    const dataDirectory = join(folder, 'theirs')
    const keyDirectory = join(dataDirectory, 'keys')
    const theirs = listed(dataDirectory)
    const before = contents(keyDirectory)
    const {identity} = await load(keyDirectory)
    assert.equal(fingerprintLine('x', identity, 'rsa', 'grouped'), `${theirs}\n`)
    assert.deepEqual(contents(keyDirectory), before)
  })
})
