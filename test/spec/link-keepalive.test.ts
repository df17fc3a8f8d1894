// KeepalivePeriod, as C tor keeps its connections alive: what a silent channel gets, when one is given up that takes nothing
// any more, and that both hold on every kind of link.

import assert from 'node:assert/strict'
import {after, before, describe, test} from 'node:test'
import {loadAddon} from '../../src/crypto/binding.ts'
import {ChannelKeepalive} from '../../src/dataplane/channel-keepalive.ts'
import {startCore, type TestCore} from '../support/core.ts'
import {RawLink} from '../support/raw-link.ts'
import {waitUntil} from '../support/wait-until.ts'

const PERIOD_MS = 300
const PADDING = 0
const SOON = {timeoutMs: 5000, everyMs: 20}
const {reason} = loadAddon()

const isEmpty = ({core}: TestCore) => [...core.channels.values()].length === 0

const kinds = [
  {name: 'on the plain data plane', shards: undefined, links: undefined, skip: undefined},
  {name: 'on native links', shards: '2', links: 'native', skip: reason},
  {name: 'on links of shards over node:tls', shards: '2', links: 'node', skip: reason}
]

function setEnvironment(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

for (const {name, shards, links, skip} of kinds) {
  describe(name, {skip}, () => {
    let relay: TestCore
    let periodMs = PERIOD_MS

    before(async () => {
      setEnvironment('RAMSON_SHARDS', shards)
      setEnvironment('RAMSON_LINKS', links)
      relay = await startCore({keepaliveMs: () => periodMs})
    })

    after(async () => {
      setEnvironment('RAMSON_SHARDS', undefined)
      setEnvironment('RAMSON_LINKS', undefined)
      await relay.close()
    })

    test('KeepalivePeriod: a channel that nothing was written to for so long gets a PADDING cell, again and again', async () => {
      // A link protocol without channel padding: nothing else is sent here.
      const {link} = await RawLink.handshake(relay.hop.addresses[0]?.port ?? 0, [4])
      const startedAtMs = performance.now()
      for (let cells = 1; cells <= 3; cells++) {
        const {command, circuitId} = await link.nextCell()
        assert.deepEqual([command, circuitId], [PADDING, 0])
        assert.ok(performance.now() - startedAtMs >= cells * PERIOD_MS * 0.9, 'no sooner than due')
      }
      assert.ok(relay.core.plane.counters.paddingCellsSent >= 3)
      assert.equal(relay.core.plane.counters.enabledPaddingSent, 0)
      periodMs = 3_600_000
      // Shards hear of what changed once a second; what was on its way by then comes.
      let last = performance.now()
      while (performance.now() - last < 4 * PERIOD_MS) {
        const cell = await link.cellOrClose(4 * PERIOD_MS).catch(() => undefined)
        if (cell === undefined) break
        last = performance.now()
        assert.ok(last - startedAtMs < 20_000, 'a longer period is taken on while links are open')
      }
      link.close()
      await waitUntil('the end of the channel', SOON, () => isEmpty(relay))
    })

    test('a channel that takes nothing for ten periods is closed, and no sooner', async () => {
      periodMs = PERIOD_MS
      const {link} = await RawLink.handshake(relay.hop.addresses[0]?.port ?? 0, [4])
      link.socket.pause()
      await waitUntil('the channel', SOON, () => !isEmpty(relay))
      const [channel] = relay.core.channels.values()
      assert.ok(channel !== undefined)
      const {plane} = relay.core
      for (let waits = 0, written = -1; waits < 5; ) {
        for (let i = 0; i < 500; i++) plane.sendCell(channel.info.channel, 0, PADDING, new Uint8Array(0))
        await new Promise(done => setTimeout(done, 20))
        waits = plane.counters.bytesWritten === written ? waits + 1 : 0
        written = plane.counters.bytesWritten
      }
      const fullAtMs = performance.now()
      await waitUntil('the end of the channel', {timeoutMs: 15_000, everyMs: 20}, () => isEmpty(relay))
      assert.ok(performance.now() - fullAtMs >= 9 * PERIOD_MS, 'it had ten periods')
      link.close()
    })
  })
}

describe('a channel', () => {
  const keepalive = (wroteAtMs: number) => {
    const channel = {wroteAtMs}
    const kept = new ChannelKeepalive<{wroteAtMs: number}>(() => 60_000)
    return {channel, at: (nowMs: number) => kept.sweep([channel], nowMs)}
  }

  test('that takes nothing gets one cell a period, and is stuck after ten', () => {
    const {channel, at} = keepalive(1_000_000)
    let cells = 0
    for (let ms = 1000; ms < 600_000; ms += 1000) {
      const {silent, stuck} = at(1_000_000 + ms)
      cells += silent.length
      assert.deepEqual(stuck, [], `after ${ms} ms`)
    }
    assert.equal(cells, 9)
    assert.deepEqual(at(1_600_000), {silent: [], stuck: [channel]})
  })

  test('is not stuck because the machine slept', () => {
    const {channel, at} = keepalive(1_000_000)
    assert.deepEqual(at(1_060_000).silent, [channel])
    channel.wroteAtMs = 1_060_000
    assert.deepEqual(at(9_000_000), {silent: [channel], stuck: []})
  })
})
