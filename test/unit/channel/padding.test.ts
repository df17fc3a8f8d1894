// padding-spec 2: netflow padding of channels, and how long idle channels live.

import assert from 'node:assert/strict'
import {describe, it} from 'node:test'
import fc from 'fast-check'
import {
  agreeOnPadding,
  askForPadding,
  type ClientPadding,
  clientAgreement,
  drawCircuitsAvailableSeconds,
  drawIdleTimeoutSeconds,
  drawPaddingTimeoutMs,
  initialPadding,
  isPadded,
  type PaddingParams,
  paddingParams,
  wantsPeerPadding
} from '../../../src/channel/padding.ts'
import {decode} from '../../../src/codec/codec.ts'
import {PaddingNegotiateCommand, paddingNegotiate} from '../../../src/wire/padding-negotiate.ts'

const {START, STOP} = PaddingNegotiateCommand
const defaults = paddingParams(() => undefined)
const withParams = (values: Readonly<Record<string, number>>): PaddingParams =>
  paddingParams(name => values[name])
const least = () => 0
const most = (bound: number) => bound - 1

describe('The parameters of padding', () => {
  it('have the defaults of padding-spec 2.6', () => {
    assert.deepEqual(defaults, {
      itoLowMs: 1500,
      itoHighMs: 9500,
      reducedItoLowMs: 9000,
      reducedItoHighMs: 14_000,
      connTimeoutRelaysSeconds: 3600,
      connTimeoutClientsSeconds: 1800,
      padBeforeUsage: true,
      padRelays: false,
      keepaliveMs: 300_000,
      client: undefined
    })
  })

  it('are clamped to their ranges, the upper bound of the time-out to no less than the lower', () => {
    const high = withParams({
      nf_ito_low: 70_000,
      nf_ito_high: 10,
      nf_conntimeout_relays: 1e9,
      nf_pad_relays: 5
    })
    assert.equal(high.itoLowMs, 60_000)
    assert.equal(high.itoHighMs, 60_000)
    assert.equal(high.connTimeoutRelaysSeconds, 7 * 24 * 3600)
    assert.equal(high.padRelays, true)
    const low = withParams({nf_ito_low: -1, nf_conntimeout_clients: 1, nf_pad_before_usage: 0})
    assert.equal(low.itoLowMs, 0)
    assert.equal(low.connTimeoutClientsSeconds, 60)
    assert.equal(low.padBeforeUsage, false)
  })
})

describe('PADDING_NEGOTIATE', () => {
  const start = {version: 0, command: START, itoLowMs: 3000, itoHighMs: 20_000}

  it('stops padding and starts it again', () => {
    const stopped = agreeOnPadding(initialPadding(5), {...start, command: STOP}, 5, defaults)
    assert.deepEqual(stopped, {enabled: false, negotiated: undefined})
    const started = agreeOnPadding(stopped, start, 5, defaults)
    assert.deepEqual(started, {enabled: true, negotiated: {lowMs: 3000, highMs: 20_000}})
  })

  it('never makes us pad more often than the consensus has it', () => {
    const eager = agreeOnPadding(initialPadding(5), {...start, itoLowMs: 1, itoHighMs: 2}, 5, defaults)
    assert.deepEqual(eager.negotiated, {lowMs: 1500, highMs: 1500})
  })

  it('changes nothing on a link before version 5, in an unknown version, or with an unknown command', () => {
    const agreement = initialPadding(5)
    assert.equal(agreeOnPadding(agreement, start, 4, defaults), agreement)
    assert.equal(agreeOnPadding(agreement, {...start, version: 1}, 5, defaults), agreement)
    assert.equal(agreeOnPadding(agreement, {...start, command: 3}, 5, defaults), agreement)
  })
})

describe('Netflow padding', () => {
  const channel = {agreement: initialPadding(5), isClientChannel: true, usage: 'full-circuits'} as const

  it('goes over channels with clients on which circuits were built, from link protocol 5 on', () => {
    assert.equal(isPadded(channel, defaults), true)
    assert.equal(isPadded({...channel, usage: 'streams'}, defaults), true)
    assert.equal(isPadded({...channel, usage: 'none'}, defaults), false)
    assert.equal(isPadded({...channel, agreement: initialPadding(4)}, defaults), false)
  })

  it('goes between relays, and waits for streams, only where the consensus says so', () => {
    assert.equal(isPadded({...channel, isClientChannel: false}, defaults), false)
    assert.equal(isPadded({...channel, isClientChannel: false}, withParams({nf_pad_relays: 1})), true)
    const patient = withParams({nf_pad_before_usage: 0})
    assert.equal(isPadded(channel, patient), false)
    assert.equal(isPadded({...channel, usage: 'streams'}, patient), true)
  })

  it('waits between the bounds, and for the greater of two draws', () => {
    const agreement = initialPadding(5)
    assert.equal(drawPaddingTimeoutMs(agreement, defaults, least), 1500)
    assert.equal(drawPaddingTimeoutMs(agreement, defaults, most), 9499)
    const draws = [10, 4000]
    assert.equal(
      drawPaddingTimeoutMs(agreement, defaults, () => draws.shift() ?? -1),
      5500
    )
  })

  it('waits by what was negotiated where that is longer', () => {
    const agreement = {enabled: true, negotiated: {lowMs: 9000, highMs: 14_000}}
    assert.equal(drawPaddingTimeoutMs(agreement, defaults, least), 9000)
    assert.equal(drawPaddingTimeoutMs(agreement, defaults, most), 13_999)
  })

  it('does not wait at all where the consensus has switched it off, and exactly where the bounds meet', () => {
    const off = withParams({nf_ito_low: 0, nf_ito_high: 0})
    assert.equal(drawPaddingTimeoutMs(initialPadding(5), off, least), undefined)
    const exact = withParams({nf_ito_low: 2000, nf_ito_high: 2000})
    assert.equal(drawPaddingTimeoutMs(initialPadding(5), exact, most), 2000)
  })

  it('stays within 60 seconds whatever consensus and peer say', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer(),
        fc.nat(0xffff),
        fc.nat(0xffff),
        (low, high, itoLowMs, itoHighMs) => {
          const params = withParams({nf_ito_low: low, nf_ito_high: high})
          const message = {version: 0, command: START, itoLowMs, itoHighMs}
          const agreement = agreeOnPadding(initialPadding(5), message, 5, params)
          const timeoutMs = drawPaddingTimeoutMs(agreement, params, most)
          assert.ok(timeoutMs === undefined || (timeoutMs >= params.itoLowMs && timeoutMs <= 0xffff))
        }
      ),
      {seed: 20261122}
    )
  })
})

describe('A client', () => {
  const padding = (
    connection: ClientPadding['connection'],
    amount: 'whole' | 'reduced' = 'whole'
  ): ClientPadding => ({connection, isReduced: amount === 'reduced'})
  const asked = (client: ClientPadding) => {
    const decoded = decode(paddingNegotiate, askForPadding(wantsPeerPadding(client), defaults))
    return decoded.ok ? decoded.value : assert.fail()
  }

  it('ConnectionPadding auto: pads where the link knows padding, as the consensus has it, and so does the peer', () => {
    assert.deepEqual(clientAgreement(padding('auto'), 5, defaults), {enabled: true, negotiated: undefined})
    assert.equal(clientAgreement(padding('auto'), 4, defaults).enabled, false)
    assert.deepEqual(asked(padding('auto')), {
      version: 0,
      command: START,
      itoLowMs: 1500,
      itoHighMs: 9500
    })
  })

  it('ConnectionPadding 1: pads on its own side even where the peer does not know padding', () => {
    assert.equal(clientAgreement(padding('always'), 4, defaults).enabled, true)
    assert.equal(asked(padding('always')).command, START)
  })

  it('ConnectionPadding 0: pads nowhere, and tells the peer to stop', () => {
    assert.equal(clientAgreement(padding('never'), 5, defaults).enabled, false)
    assert.equal(asked(padding('never')).command, STOP)
  })

  it('ReducedConnectionPadding 1: pads less often and alone, and keeps channels for half as long', () => {
    const client = padding('auto', 'reduced')
    const agreement = clientAgreement(client, 5, defaults)
    assert.equal(agreement.enabled, true)
    assert.equal(drawPaddingTimeoutMs(agreement, defaults, least), 9000)
    assert.equal(drawPaddingTimeoutMs(agreement, defaults, most), 13_999)
    assert.equal(asked(client).command, STOP)
    const params = paddingParams(() => undefined, undefined, client)
    assert.equal(drawIdleTimeoutSeconds(false, params, least), 90)
    assert.equal(drawIdleTimeoutSeconds(false, params, most), 134)
    assert.equal(drawCircuitsAvailableSeconds(params, least), 900)
  })
})

describe('An idle channel', () => {
  it('lives 45 to 75 minutes between relays, by the consensus', () => {
    assert.equal(drawIdleTimeoutSeconds(true, defaults, least), 45 * 60)
    assert.equal(drawIdleTimeoutSeconds(true, defaults, most), 75 * 60 - 1)
    const short = withParams({nf_conntimeout_relays: 60})
    assert.equal(drawIdleTimeoutSeconds(true, short, least), 45)
  })

  it('lives 3 to 4.5 minutes with clients and at addresses that nobody claims', () => {
    assert.equal(drawIdleTimeoutSeconds(false, defaults, least), 180)
    assert.equal(drawIdleTimeoutSeconds(false, defaults, most), 269)
  })

  it('is kept by circuits that stay available for 30 to 60 minutes', () => {
    assert.equal(drawCircuitsAvailableSeconds(defaults, least), 1800)
    assert.equal(drawCircuitsAvailableSeconds(defaults, most), 3599)
  })
})
