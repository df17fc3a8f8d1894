import assert from 'node:assert/strict'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, it} from 'node:test'
import {CountryFiles} from '../../../src/app/country-files.ts'
import {ipFromText} from '../../../src/bytes/ip-address.ts'
import {loadConfig, type RelayConfig} from '../../../src/config/relay-config.ts'
import {parseTorrcText} from '../../../src/config/torrc-text.ts'
import {DEFAULT_LOG_OPTIONS, Log} from '../../../src/log/log.ts'

describe('GeoIPFile and GeoIPv6File', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ramson-countries-'))
  after(() => rmSync(directory, {recursive: true, force: true}))
  const path = (name: string) => join(directory, name)
  const lines: string[] = []

  function settings(torrc: string): RelayConfig {
    const read = parseTorrcText(`ORPort 1\n${torrc}`, 'torrc')
    const config = read.ok ? loadConfig({torrc: read.value}) : assert.fail()
    return config.ok ? config.value : assert.fail(config.fault.code)
  }

  const opened = Log.open({...DEFAULT_LOG_OPTIONS, routes: []})
  assert.ok(opened.ok)
  opened.value.watch((_severity, text) => lines.push(text), 'info')
  const {logger} = opened.value
  const country = (files: CountryFiles, text: string) => files.country(ipFromText(text) ?? new Uint8Array(0))

  it('are shared by the nodes of a process that name the same', async () => {
    writeFileSync(path('geoip'), '16777216,16777471,AU\n')
    const config = settings(`GeoIPFile ${path('geoip')}\nGeoIPv6File ${path('geoip6')}`)
    const [one, another] = [new CountryFiles(logger), new CountryFiles(logger)]
    assert.ok(!one.isRead)
    await Promise.all([one.configure(config), another.configure(config)])
    assert.ok(one.isRead)
    assert.equal(country(one, '1.0.0.7'), 'au')
    assert.ok(one.file('ipv4') !== undefined && one.file('ipv4') === another.file('ipv4'))
    assert.deepEqual([one.has('ipv6'), country(one, '2001:db8::')], [false, '??'])
    assert.deepEqual(
      one.digestLines().map(line => line.split(' ')[0]),
      ['geoip-db-digest']
    )
    assert.ok(lines.some(line => line.includes(`${path('geoip6')} cannot be read (ENOENT)`)))
  })

  it('that are gone leave what there was; what cannot be read in one is told', async () => {
    const files = new CountryFiles(logger)
    const config = settings(`GeoIPFile ${path('geoip')}\nGeoIPv6File ${path('geoip6')}`)
    await files.configure(config)
    writeFileSync(path('geoip'), 'nonsense\n16777216,16777471,NZ\n')
    await files.configure(config)
    assert.equal(country(files, '1.0.0.7'), 'nz')
    assert.ok(lines.some(line => line.includes('1 lines could not be read')))
    rmSync(path('geoip'))
    await files.configure(config)
    assert.equal(country(files, '1.0.0.7'), 'nz')
  })

  it('are not looked for in a testing network that names none, whose addresses are in no country', async () => {
    const files = new CountryFiles(logger)
    const authority = `DirAuthority a v3ident=${'A'.repeat(40)} 127.0.0.1:1 ${'B'.repeat(40)}`
    await files.configure(settings(`TestingTorNetwork 1\n${authority}`))
    assert.deepEqual([files.isRead, files.has('ipv4'), files.has('ipv6')], [true, false, false])
  })
})
