import {deepEqual, equal, match, ok} from 'node:assert/strict'
import {describe, it} from 'node:test'
import {formatTime} from '../../../src/netdoc/time.ts'
import {obscured} from '../../../src/roles/relay/statistics/laplace.ts'
import {OnionServiceStatistics} from '../../../src/roles/relay/statistics/onion-service-statistics.ts'
import {OverloadStatistics} from '../../../src/roles/relay/statistics/overload-statistics.ts'
import {PaddingStatistics} from '../../../src/roles/relay/statistics/padding-statistics.ts'

const DAY = 86_400
/** Noon, UTC. */
const NOON = 1_800_014_400
const MIDDLE = 0.5

describe('obscured', () => {
  const how = {deltaF: 2048, epsilon: 0.3, binSize: 1024}

  it('rounds up to the next bin', () => {
    equal(obscured(0, how, MIDDLE), 0)
    equal(obscured(1, how, MIDDLE), 1024)
    equal(obscured(1024, how, MIDDLE), 1024)
  })

  it('adds noise that is as often above as below, and e times less often for each scale further out', () => {
    equal(obscured(0, how, 0.25), -obscured(0, how, 0.75))
    // The quantile of a Laplace distribution with scale b at 3/4 is b ln 2.
    equal(obscured(0, how, 0.75), Math.trunc((2048 / 0.3) * Math.LN2))
    equal(obscured(0, how, 1 - 0.5 / Math.E), Math.trunc(2048 / 0.3 - 1e-6))
  })

  it('stays a number for what is drawn at the ends', () => {
    ok(Number.isSafeInteger(obscured(0, how, 0)))
    ok(Number.isSafeInteger(obscured(0, how, 1 - 2 ** -48)))
  })
})

describe('hidserv-v3-stats', () => {
  const statistics = (start: number) => new OnionServiceStatistics(start, {random: () => MIDDLE, formatTime})
  const key = (n: number) => new Uint8Array(32).fill(n)

  it('counts from noon to noon, each service once, and says nothing before the first day is over', () => {
    equal(NOON % DAY, DAY / 2)
    const stats = statistics(NOON - 3600)
    stats.second(NOON - 10, 500)
    stats.descriptorStored(key(1), NOON - 10)
    stats.second(NOON, 1000)
    for (const n of [2, 3, 3, 2]) stats.descriptorStored(key(n), NOON + 60)
    stats.second(NOON + DAY - 1, 5000)
    deepEqual(stats.lines(), [])
    stats.second(NOON + DAY, 6000)
    const end = formatTime(new Date((NOON + DAY) * 1000))
    deepEqual(stats.lines(), [
      `hidserv-v3-stats-end ${end} (86400 s)`,
      'hidserv-rend-v3-relayed-cells 5120 delta_f=2048 epsilon=0.30 bin_size=1024',
      'hidserv-dir-v3-onions-seen 8 delta_f=8 epsilon=0.30 bin_size=8'
    ])
  })

  it('tells what an earlier run found out until a day of this one is over', () => {
    const stats = statistics(NOON)
    stats.restore(['hidserv-v3-stats-end of before'])
    stats.second(NOON, 0)
    deepEqual(stats.lines(), ['hidserv-v3-stats-end of before'])
    stats.second(NOON + DAY, 0)
    equal(stats.lines().length, 3)
  })

  it('begins each day anew', () => {
    const stats = statistics(NOON)
    stats.second(NOON, 0)
    for (let n = 0; n < 9; n++) stats.descriptorStored(key(n), NOON + 1)
    stats.second(NOON + DAY, 10_000)
    match(stats.lines()[2] ?? '', /onions-seen 16 /)
    stats.second(NOON + 2 * DAY, 10_000)
    match(stats.lines()[1] ?? '', /relayed-cells 0 /)
    match(stats.lines()[2] ?? '', /onions-seen 0 /)
  })
})

describe('padding-counts', () => {
  const totals = (n: number) => ({
    writeDrop: n,
    writePad: 2 * n,
    writeTotal: 30 * n,
    readDrop: 0,
    readPad: n,
    readTotal: 20 * n,
    enabledReadPad: n / 2,
    enabledReadTotal: 3 * n,
    enabledWritePad: 2 * n,
    enabledWriteTotal: 8 * n
  })

  it('tells the cells of a day, rounded up to ten thousand', () => {
    const stats = new PaddingStatistics(NOON, formatTime)
    stats.second(NOON, totals(7))
    stats.second(NOON + 10, totals(1000))
    deepEqual(stats.lines(), [])
    stats.second(NOON + DAY, totals(6007))
    const end = formatTime(new Date((NOON + DAY) * 1000))
    deepEqual(stats.lines(), [
      `padding-counts ${end} (86400 s) bin-size=10000 write-drop=10000 write-pad=20000 write-total=180000 ` +
        'read-drop=0 read-pad=10000 read-total=120000 enabled-read-pad=10000 enabled-read-total=20000 ' +
        'enabled-write-pad=20000 enabled-write-total=50000'
    ])
  })

  it('is left out where no cell went', () => {
    const stats = new PaddingStatistics(NOON, formatTime)
    stats.second(NOON, totals(1))
    stats.second(NOON + DAY, totals(1))
    deepEqual(stats.lines(), [])
  })
})

describe('overload', () => {
  const calm = {
    readsLimited: 0,
    writesLimited: 0,
    portsExhausted: 0,
    onionSkinsAnswered: 0,
    onionSkinsDropped: 0,
    areDescriptorsExhausted: false
  }
  const open = (param: (name: string) => number | undefined = () => undefined) => {
    let overloads = 0
    const stats = new OverloadStatistics({param, formatTime, overloaded: () => overloads++})
    return {stats, overloads: () => overloads}
  }
  const HOUR = 3600
  const hourOf = (seconds: number) => formatTime(new Date((seconds - (seconds % HOUR)) * 1000))

  it('overload-ratelimits counts a side once a minute, tells the hour, and goes after a day', () => {
    const {stats} = open()
    stats.second(NOON, calm)
    deepEqual(stats.lines(NOON, 100, 200), [])
    for (let second = 1; second <= 90; second++) stats.second(NOON + second, {...calm, readsLimited: second})
    stats.second(NOON + 100, {...calm, readsLimited: 90, writesLimited: 1})
    const at = NOON + 100
    deepEqual(stats.lines(at, 100, 200), [`overload-ratelimits 1 ${hourOf(at)} 100 200 2 1`])
    equal(stats.lines(at + DAY - 1, 100, 200).length, 1)
    deepEqual(stats.lines(at + DAY, 100, 200), [])
  })

  it('overload-fd-exhausted is told for three days', () => {
    const {stats} = open()
    stats.second(NOON, {...calm, areDescriptorsExhausted: true})
    deepEqual(stats.lines(NOON + 3 * DAY - 1, 1, 1), [`overload-fd-exhausted 1 ${hourOf(NOON)}`])
    deepEqual(stats.lines(NOON + 3 * DAY, 1, 1), [])
  })

  it('is general when local TCP ports run out', () => {
    const {stats, overloads} = open()
    stats.second(NOON, {...calm, portsExhausted: 3})
    equal(overloads(), 0)
    stats.second(NOON + 1, {...calm, portsExhausted: 4})
    equal(overloads(), 1)
  })

  it('is general when one in a hundred onion skins of a period is dropped, and a thousand came', () => {
    const six = 6 * HOUR
    const {stats, overloads} = open()
    stats.second(NOON, calm)
    stats.second(NOON + six, {...calm, onionSkinsAnswered: 500, onionSkinsDropped: 400})
    equal(overloads(), 0)
    stats.second(NOON + 2 * six, {...calm, onionSkinsAnswered: 1491, onionSkinsDropped: 409})
    equal(overloads(), 0)
    stats.second(NOON + 3 * six, {...calm, onionSkinsAnswered: 2481, onionSkinsDropped: 419})
    equal(overloads(), 1)
  })

  it('takes share and period from the consensus', () => {
    const params = new Map([
      ['overload_onionskin_ntor_scale_percent', 50_000],
      ['overload_onionskin_ntor_period_secs', 60]
    ])
    const {stats, overloads} = open(name => params.get(name))
    stats.second(NOON, calm)
    stats.second(NOON + 60, {...calm, onionSkinsAnswered: 600, onionSkinsDropped: 500})
    equal(overloads(), 0)
    stats.second(NOON + 120, {...calm, onionSkinsAnswered: 1100, onionSkinsDropped: 1000})
    equal(overloads(), 1)
  })
})
