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
