// What torrc options do at a relay that runs: a real process, what it writes, what it shows on its ports, and the descriptor
// and extra-info that it prints of itself. An authority stands by and keeps what is published.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {createHash} from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import {connect as connectTcp, createServer, type NetConnectOpts} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {connect} from 'node:tls'
import {ed25519CertOf} from '../support/descriptor-parts.ts'
import {freePort} from '../support/free-ports.ts'
import {accepts} from '../support/listening.ts'
import {programFile, Subject} from '../support/subject.ts'
import {waitUntil} from '../support/wait-until.ts'

const WAIT = {timeoutMs: 20_000, everyMs: 100}
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const hasIpv6 = await new Promise<boolean>(resolve => {
  const server = createServer()
  server.once('error', () => resolve(false))
  server.listen(0, '::1', () => server.close(() => resolve(true)))
})

/** The answer to one command. */
function control(place: NetConnectOpts, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connectTcp(place)
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
    })
    socket.once('error', reject)
    socket.once('close', () => resolve(text))
    socket.write(`${command}\r\nQUIT\r\n`)
  })
}

describe('a relay does what its torrc says', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ramson-torrc-'))
  const path = (name: string) => join(directory, name)
  const uploads: string[] = []
  const authority = createServer(socket => {
    let text = ''
    socket.on('error', () => {})
    socket.on('data', chunk => {
      text += chunk.toString('latin1')
      const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0)
      const at = text.indexOf('\r\n\r\n')
      if (at < 0 || text.length - at - 4 < length) return
      if (text.startsWith('POST')) uploads.push(text.slice(at + 4))
      socket.end(`HTTP/1.0 ${text.startsWith('POST') ? '200 OK' : '404 Not found'}\r\n\r\n`)
    })
  })
  let subject: Subject
  let dirPort = 0
  let metricsPort = 0
  let statusPort = 0

  const log = () => readFileSync(path('log'), 'utf8')

  async function own(name: 'server' | 'extra'): Promise<string> {
    const answer = await fetch(`http://127.0.0.1:${dirPort}/tor/${name}/authority`)
    return answer.status === 200 ? answer.text() : ''
  }

  /** Rewrites these lines and has them read; resolves when the relay's descriptor says so. */
  async function reload(lines: readonly string[], what: RegExp, isThere = true): Promise<void> {
    for (const line of lines) subject.configure(line)
    subject.daemon.signal('SIGHUP')
    await waitUntil(`${what}`, WAIT, async () => what.test(await own('server')) === isThere)
  }

  async function cap(name: string): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    return Number(new RegExp(`^ramson_cap_limit\\{cap="${name}"\\} (\\S+)$`, 'm').exec(text)?.[1])
  }

  before(async () => {
    await new Promise<void>(done => authority.listen(0, '127.0.0.1', done))
    const address = authority.address()
    const authorityPort = typeof address === 'object' ? address?.port : undefined
    dirPort = await freePort()
    metricsPort = await freePort()
    statusPort = await freePort()
    subject = new Subject({
      nickname: 'subject',
      directory,
      orPort: await freePort(),
      implementation: 'ramson',
      torrc: [
        'TestingTorNetwork 1',
        `DirAuthority a v3ident=${'A'.repeat(40)} 127.0.0.1:${authorityPort} ${'B'.repeat(40)}`,
        'PublishServerDescriptor 0',
        'AssumeReachable 0',
        `DirPort 127.0.0.1:${dirPort}`,
        `MetricsPort 127.0.0.1:${metricsPort}`,
        'MetricsPortPolicy accept 127.0.0.1',
        `StatusPort ${statusPort}`,
        'Address 127.0.0.1',
        'NumCPUs 1',
        `KeyDirectory ${path('keys')}`,
        `CacheDirectory ${path('cache')}`,
        `PidFile ${path('pid')}`,
        `Log notice file ${path('log')}`,
        'LogFormat json',
        'SigningKeyLifetime 12 days',
        'TestingSigningKeySlop 5 days',
        'SSLKeyLifetime 40 days',
        'HeartbeatPeriod 1 second',
        'MaxHSDirCacheBytes 3 MB',
        'RelayBandwidthRate 1 MB',
        'RelayBandwidthBurst 3 MB'
      ]
    })
    const ends = new Date(Date.now() + DAY_MS / 2).toISOString().slice(0, 19).replace('T', ' ')
    const history = ['Read', 'Write'].flatMap(direction => [
      `BWHistory${direction}Ends ${ends}`,
      `BWHistory${direction}Interval 86400`,
      `BWHistory${direction}Values 1024,2048`,
      `BWHistory${direction}Maxima 1024,1024`
    ])
    writeFileSync(join(subject.dataDirectory, 'state'), `${history.join('\n')}\n`)
    await subject.start()
  })

  after(async () => {
    await subject?.stop()
    authority.close()
    rmSync(directory, {recursive: true})
  })

  it('KeyDirectory, CacheDirectory, PidFile: files are where they are wanted, for nobody else to read', () => {
    assert.ok(existsSync(join(path('keys'), 'secret_id_key')))
    assert.equal(statSync(path('keys')).mode & 0o777, 0o700)
    assert.equal(statSync(path('cache')).mode & 0o777, 0o700)
    assert.equal(Number(readFileSync(path('pid'), 'utf8')), subject.daemon.pid)
  })

  it('LogFormat json, NumCPUs, HeartbeatPeriod: lines are JSON, one of them tells of the shards, others come every second', async () => {
    const lines = () =>
      log()
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as {readonly msg: string; readonly level: string})
    assert.ok(
      lines().some(({msg}) => /Data plane: (native, 1 shard |plain)/.test(msg)),
      log()
    )
    await waitUntil('heartbeats', WAIT, () => (log().match(/Heartbeat/g) ?? []).length > 2)
  })

  it('MainloopStats: each heartbeat tells of the event loop, while that is wanted', async () => {
    const told = () => [
      ...log().matchAll(/Main event loop .*: (\d+) turns with \d+ events, working [\d.]+% of/g)
    ]
    assert.equal(told().length, 0)
    subject.configure('MainloopStats 1')
    subject.daemon.signal('SIGHUP')
    await waitUntil('two heartbeats that tell', WAIT, () => told().length >= 2)
    assert.ok(told().every(([, turns]) => Number(turns) > 0))
    subject.configure('MainloopStats 0')
    subject.daemon.signal('SIGHUP')
    const beats = () => (log().match(/Heartbeat: up/g) ?? []).length
    const isSilent = async () => {
      const [lines, before] = [told().length, beats()]
      await waitUntil('another heartbeat', WAIT, () => beats() > before)
      return told().length === lines
    }
    await waitUntil('a heartbeat without', WAIT, isSilent)
  })

  it('MaxHSDirCacheBytes, MaxMemInQueues: what bounds the memory follows a reload', async () => {
    assert.equal(await cap('hsdir_cache'), 3 * 2 ** 20)
    subject.configure('MaxHSDirCacheBytes 5 MB')
    subject.configure('MaxMemInQueues 300 MB')
    subject.daemon.signal('SIGHUP')
    await waitUntil('the new bounds', WAIT, async () => (await cap('hsdir_cache')) === 5 * 2 ** 20)
    assert.equal(await cap('memory'), 300 * 2 ** 20)
  })

  it('StatusPort: there is a page', async () => {
    const answer = await fetch(`http://127.0.0.1:${statusPort}/`)
    assert.equal(answer.status, 200)
    assert.match(await answer.text(), /subject/)
  })

  it('SigningKeyLifetime: the signing key is certified for so long', async () => {
    const cert = Buffer.from(ed25519CertOf(await own('server')))
    // Hours since 1970 stand behind version and type.
    const days = (cert.readUInt32BE(2) * HOUR_MS - Date.now()) / DAY_MS
    assert.ok(days > 11.9 && days < 12.1, `${days} days`)
  })

  it('SSLKeyLifetime: the certificate of links is valid for so long', async () => {
    const certificate = await new Promise<{valid_from: string; valid_to: string}>((resolve, reject) => {
      const socket = connect({host: '127.0.0.1', port: subject.orPort, rejectUnauthorized: false})
      socket.once('secureConnect', () => {
        resolve(socket.getPeerCertificate())
        socket.destroy()
      })
      socket.once('error', reject)
    })
    const days = (Date.parse(certificate.valid_to) - Date.parse(certificate.valid_from)) / DAY_MS
    assert.equal(Math.round(days), 40)
  })

  it('RelayBandwidthBurst: the descriptor tells it', async () => {
    assert.match(await own('server'), new RegExp(`^bandwidth ${2 ** 20} ${3 * 2 ** 20} `, 'm'))
  })

  it('ExtraInfoStatistics 0: the extra-info tells nothing but who we are', async () => {
    assert.match(await own('extra'), /^write-history /m)
    await reload(['ExtraInfoStatistics 0', 'ContactInfo me'], /^contact me$/m)
    assert.doesNotMatch(await own('extra'), /history/)
  })

  it('ORPort [::1], Address [::1], AssumeReachableIPv6: the second address is told of where it is known to be reachable', {
    skip: hasIpv6 ? false : 'no ::1 here'
  }, async () => {
    const port = await freePort()
    subject.configure('AssumeReachableIPv6 0')
    subject.add(`ORPort [::1]:${port}`)
    await reload(['ContactInfo with two'], /^contact with two$/m)
    assert.ok(await accepts(port, '::1'))
    assert.doesNotMatch(await own('server'), /^or-address/m)
    await reload(['AssumeReachableIPv6 1'], new RegExp(`^or-address \\[::1\\]:${port}$`, 'm'))
    subject.add('Address 2001:db8::7')
    await reload(['ContactInfo elsewhere'], new RegExp(`^or-address \\[2001:db8::7\\]:${port}$`, 'm'))
    await reload(['AddressDisableIPv6 1'], /^or-address/m, false)
    await waitUntil('the IPv6 port to close', WAIT, async () => !(await accepts(port, '::1')))
  })

  it('FamilyId and FamilyKeyDirectory: the descriptor proves membership by the keys that lie there', async () => {
    const made = spawnSync(process.execPath, [programFile, '--keygen-family', path('kin')], {
      encoding: 'utf8'
    })
    assert.equal(made.status, 0, made.stderr)
    mkdirSync(path('families'), {mode: 0o700})
    renameSync(`${path('kin')}.secret_family_key`, join(path('families'), 'kin.secret_family_key'))
    await reload([`FamilyKeyDirectory ${path('families')}`, 'FamilyId *'], /^family-cert$/m)
  })

  it('ControlPort, ControlSocket and their authentication: what an operator asked for is what is offered', async () => {
    const hashed = spawnSync(process.execPath, [programFile, '--hash-password', 'open'], {encoding: 'utf8'})
    const port = await freePort()
    await subject.stop()
    subject.configure(`ControlPort 127.0.0.1:${port}`)
    subject.configure(`ControlSocket ${path('socket')}`)
    subject.configure('CookieAuthentication 1')
    subject.configure(`CookieAuthFile ${path('cookie')}`)
    subject.configure('CookieAuthFileGroupReadable 1')
    subject.configure(`HashedControlPassword ${hashed.stdout.trim()}`)
    subject.configure(`ControlPortWriteToFile ${path('ports')}`)
    await subject.start()
    await waitUntil('the control port', WAIT, () => existsSync(path('ports')))
    assert.match(readFileSync(path('ports'), 'utf8'), new RegExp(`^PORT=127\\.0\\.0\\.1:${port}$`, 'm'))
    assert.equal(statSync(path('cookie')).mode & 0o777, 0o640)
    const offered = `250-AUTH METHODS=COOKIE,SAFECOOKIE,HASHEDPASSWORD COOKIEFILE="${path('cookie')}"`
    for (const place of [{host: '127.0.0.1', port}, {path: path('socket')}]) {
      assert.ok((await control(place, 'PROTOCOLINFO 1')).includes(offered))
    }
    const cookie = readFileSync(path('cookie')).toString('hex')
    const place = {host: '127.0.0.1', port}
    assert.match(await control(place, `AUTHENTICATE ${cookie}`), /^250 OK/)
    assert.match(await control(place, 'AUTHENTICATE "open"'), /^250 OK/)
    assert.match(await control(place, 'AUTHENTICATE "shut"'), /^515 /)
  })

  it('GeoIPFile, GeoIPv6File: addresses have countries, the extra-info the digests, and a reload reads what is new', async () => {
    const cookie = readFileSync(path('cookie')).toString('hex')
    const country = async (what: string) => {
      const asked = `AUTHENTICATE ${cookie}\r\nGETINFO ip-to-country/${what}`
      const answer = await control({path: path('socket')}, asked)
      return /^250-ip-to-country\/\S+=(\S+)\r$/m.exec(answer)?.[1]
    }
    const digest = () =>
      createHash('sha1')
        .update(readFileSync(path('geoip')))
        .digest('hex')
        .toUpperCase()
    writeFileSync(path('geoip'), '# ranges\n2130706432,2147483647,XA\n')
    writeFileSync(path('geoip6'), '2001:db8::,2001:db8:ffff:ffff:ffff:ffff:ffff:ffff,XB\n')
    subject.configure(`GeoIPFile ${path('geoip')}`)
    subject.configure(`GeoIPv6File ${path('geoip6')}`)
    await reload(['ExtraInfoStatistics 1', 'ContactInfo with ranges'], /^contact with ranges$/m)
    await waitUntil('a country', WAIT, async () => (await country('127.0.0.1')) === 'xa')
    assert.equal(await country('126.0.0.1'), '??')
    assert.equal(await country('[2001:db8::7]'), 'xb')
    assert.equal(await country('ipv6-available'), '1')
    await reload(['ContactInfo told'], /^contact told$/m)
    assert.match(
      await own('extra'),
      new RegExp(`^geoip-db-digest ${digest()}\ngeoip6-db-digest [0-9A-F]{40}$`, 'm')
    )
    writeFileSync(path('geoip'), '2130706432,2130706687,XC\n2130706688,2147483647,XD\n')
    await reload(['ContactInfo anew'], /^contact anew$/m)
    await waitUntil('another country', WAIT, async () => (await country('127.0.0.1')) === 'xc')
    assert.equal(await country('127.0.1.1'), 'xd')
  })

  it('DirReqStatistics, EntryStatistics: what the last day brought is told after a restart, and gone where it is switched off', async () => {
    const time = new Date(Date.now() - HOUR_MS).toISOString().slice(0, 19).replace('T', ' ')
    mkdirSync(join(subject.dataDirectory, 'stats'), {recursive: true})
    const write = (name: string, lines: readonly string[]) =>
      writeFileSync(join(subject.dataDirectory, 'stats', name), `${lines.join('\n')}\n`)
    await subject.stop()
    write('dirreq-stats', [`dirreq-stats-end ${time} (86400 s)`, 'dirreq-v3-ips xa=8'])
    write('entry-stats', [`entry-stats-end ${time} (86400 s)`, 'entry-ips xa=16'])
    subject.configure('EntryStatistics 1')
    await subject.start()
    await waitUntil('the documents', WAIT, async () => (await own('extra')) !== '')
    assert.match(await own('extra'), /^dirreq-v3-ips xa=8\n(?:.*\n)*entry-ips xa=16$/m)
    await reload(['DirReqStatistics 0', 'EntryStatistics 0', 'ContactInfo silent'], /^contact silent$/m)
    assert.doesNotMatch(await own('extra'), /dirreq|entry/)
  })

  it('ORPort NoAdvertise and NoListen: what is told and where links are taken may differ', async () => {
    const told = await freePort()
    const before = subject.orPort
    subject.configure(`ORPort 127.0.0.1:${before} NoAdvertise`)
    subject.add(`ORPort 127.0.0.1:${told} NoListen`)
    await reload(['ContactInfo forwarded'], new RegExp(`^router \\S+ 127\\.0\\.0\\.1 ${told} `, 'm'))
    assert.ok(await accepts(before))
    assert.ok(!(await accepts(told)))
  })

  it('AssumeReachable and PublishServerDescriptor: nothing is published before both allow it', async () => {
    assert.deepEqual(uploads, [])
    await reload(['PublishServerDescriptor 1', 'ContactInfo publishing'], /^contact publishing$/m)
    await new Promise(done => setTimeout(done, 500))
    assert.deepEqual(uploads, [])
    subject.configure('AssumeReachable 1')
    subject.daemon.signal('SIGHUP')
    await waitUntil('an upload', WAIT, () => uploads.length > 0)
    assert.match(uploads.at(-1) ?? '', /^router subject 127\.0\.0\.1 /)
  })

  it('HiddenServiceDir: services come, change and go with a reload', async () => {
    const metrics = async () => (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
    const shows = (what: RegExp, isThere = true) =>
      waitUntil(`${what}`, WAIT, async () => what.test(await metrics()) === isThere)
    subject.add(`HiddenServiceDir ${path('first')}`)
    subject.add('HiddenServicePort 80')
    subject.daemon.signal('SIGHUP')
    await shows(/^tor_hs_app_read_bytes_total\{onion="first",port="80"\} 0$/m)
    assert.match(readFileSync(join(path('first'), 'hostname'), 'utf8'), /^[a-z2-7]{56}\.onion\n$/)
    subject.configure('HiddenServicePort 81')
    subject.add(`HiddenServiceDir ${path('second')}`)
    subject.add('HiddenServicePort 82')
    subject.daemon.signal('SIGHUP')
    await shows(/^tor_hs_app_read_bytes_total\{onion="second",port="82"\} 0$/m)
    await shows(/onion="first",port="80"/, false)
    await shows(/onion="first",port="81"/)
    subject.remove('HiddenServiceDir')
    subject.remove('HiddenServicePort')
    subject.daemon.signal('SIGHUP')
    await shows(/onion="/, false)
  })

  it('DirCache 0: the relay is no directory, and says so', async () => {
    assert.match(await own('server'), /^tunnelled-dir-server$/m)
    const before = uploads.length
    await subject.stop()
    assert.ok(!existsSync(path('pid')), 'the PidFile is left over')
    subject.configure('DirCache 0')
    await subject.start()
    await waitUntil('an upload', WAIT, () => uploads.length > before)
    assert.doesNotMatch(uploads.at(-1) ?? '', /tunnelled-dir-server/)
    assert.ok(!(await accepts(dirPort)))
  })
})
