import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import {flagStates} from '../../../../src/app/monitor/flags-missing.ts'
import {
  fullnessLine,
  Heartbeat,
  type HeartbeatFacts,
  uptimeText,
  usageText
} from '../../../../src/app/monitor/heartbeat.ts'
import {serviceNames} from '../../../../src/app/monitor/service-readings.ts'

const facts: HeartbeatFacts = {
  uptimeMs: 26 * 3600_000 + 5 * 60_000,
  circuits: 12,
  sentOctets: 3 * 2 ** 20,
  receivedOctets: 5 * 2 ** 30,
  received: {ipv4: 30, ipv6: 2},
  initiated: {ipv4: 7, ipv6: 1},
  isListed: true,
  onionSkins: {ntor: {processed: 10, dropped: 1}, 'ntor-v3': {processed: 20, dropped: 0}},
  linkVersions: new Map([
    [5, {initiated: 7, received: 30}],
    [4, {initiated: 0, received: 2}]
  ]),
  dos: {circuit_rejected: 4, conn_rejected: 0},
  padding: {sent: 8, received: 9},
  unrecognizedCircuits: 3,
  roles: {
    introductionCircuits: 1,
    rendezvousCookies: 2,
    hsDirDescriptors: 3,
    introductions: 4,
    rendezvous: 5,
    descriptorFetches: 6
  }
}

describe('cell fullness and TLS overhead', () => {
  const good = {dataMessages: 10, dataOctets: 4980, writes: 2, octetsWritten: 32_768}

  it('are told at info while they are good, and at notice when they are not, as C tor does', () => {
    assert.deepEqual(fullnessLine(good), {
      severity: 'info',
      text: 'Average packaged cell fullness: 100.000%. TLS write overhead: 0%.'
    })
    assert.deepEqual(fullnessLine({...good, dataOctets: 3735}), {
      severity: 'notice',
      text: 'Average packaged cell fullness: 75.000%. TLS write overhead: 0%.'
    })
    const small = fullnessLine({...good, writes: 100, octetsWritten: 10_000})
    assert.deepEqual([small.severity, small.text.slice(-4)], ['notice', '22%.'])
  })

  it('are full and without cost where nothing was sent', () => {
    const {text} = fullnessLine({dataMessages: 0, dataOctets: 0, writes: 0, octetsWritten: 0})
    assert.match(text, /100\.000%.* 0%/)
  })

  it('count a write of more than a record holds as several records', () => {
    const {text} = fullnessLine({...good, writes: 1, octetsWritten: 16_384_000})
    assert.match(text, /overhead: 0%/)
  })
})

describe('the heartbeat', () => {
  it('tells what C tor tells', () => {
    const text = new Heartbeat().lines(facts).join('\n')
    for (const part of [
      'up for 1 day 2:05 hours, with 12 circuits open',
      'Sent 3.00 MB, received 5.00 GB',
      'received: 30 over IPv4, 2 over IPv6; made: 7 over IPv4, 1 over IPv6',
      '0/0 TAP, 10/11 NTor, 20/20 NTor (v3)',
      'v4 0 initiated and 2 received; v5 7 initiated and 30 received',
      '4 circuit rejected',
      '8 cells sent, 9 received',
      '3 circuits were closed whose cells nobody could read',
      '1 introduction circuits, 2 clients waiting, 3 descriptors held'
    ]) {
      assert.ok(text.includes(part), `${part}\n${text}`)
    }
    assert.ok(!text.includes('not in the consensus'))
    assert.ok(!text.includes('conn rejected'))
  })

  it('counts handshakes and unreadable circuits since the last one', () => {
    const heartbeat = new Heartbeat()
    heartbeat.lines(facts)
    const text = heartbeat
      .lines({...facts, onionSkins: {...facts.onionSkins, ntor: {processed: 15, dropped: 2}}})
      .join('\n')
    assert.ok(text.includes('5/6 NTor, 0/0 NTor (v3)'), text)
    assert.ok(!text.includes('nobody could read'))
  })

  it('says so where the consensus does not list us', () => {
    assert.match(new Heartbeat().lines({...facts, isListed: false})[0] ?? '', /not in the consensus/)
  })

  it('writes times and amounts for people', () => {
    assert.equal(uptimeText(59_000), '0:00 hours')
    assert.equal(uptimeText(49 * 3600_000), '2 days 1:00 hours')
    assert.equal(usageText(1023), '0 kB')
    assert.equal(usageText(1024 * 500), '500 kB')
  })
})

describe('what is missing for a flag', () => {
  const HOUR = 3600_000
  const young = {
    flags: new Set(['Running', 'Valid', 'V2Dir', 'Fast']),
    isReachable: true,
    uptimeMs: 30 * HOUR,
    observedBandwidth: 500_000,
    servesDirectory: true
  }
  const missing = (flag: string, given = young) =>
    flagStates(given).find(state => state.flag === flag)?.missing ?? ''

  it('is nothing where the relay has it', () => {
    for (const {flag, has, missing: what} of flagStates(young)) {
      assert.equal(has, young.flags.has(flag), flag)
      assert.equal(what === '', has, flag)
    }
  })

  it('is told with what there is now', () => {
    assert.equal(missing('HSDir'), 'Stable; 96 h of uptime: 30 h now')
    assert.match(missing('Guard'), /^Stable; to be known for 8 days; 2 MB\/s .*: 500 kB\/s now$/)
    assert.match(missing('Stable'), /30 h now/)
  })

  it('of a relay that is not listed is to be listed, or reachable', () => {
    const unlisted = {...young, flags: undefined}
    const state = (isReachable: boolean) =>
      flagStates({...unlisted, isReachable}).find(({flag}) => flag === 'Running')?.missing
    assert.match(state(true) ?? '', /to be listed/)
    assert.match(state(false) ?? '', /reachable/)
  })
})

describe('names of services', () => {
  it('are their folders, told apart by a number', () => {
    const names = serviceNames([{directory: '/a/site'}, {directory: '/b/site'}, {directory: '/c/shop'}])
    assert.deepEqual(names, ['site', 'site-2', 'shop'])
  })
})
