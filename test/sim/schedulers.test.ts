// Schedulers: how much of what waits for a link lies in its kernel, on every kind of link, with a peer that reads nothing for a
// while. And that all of it arrives when the peer reads again.

import assert from 'node:assert/strict'
import {after, before, describe, test} from 'node:test'
import {outputPacing, pacingNotice} from '../../src/app/output-pacing.ts'
import {loadConfig, type RelayConfig} from '../../src/config/relay-config.ts'
import {parseTorrcText} from '../../src/config/torrc-text.ts'
import {loadAddon} from '../../src/crypto/binding.ts'
import type {OutputPacing} from '../../src/dataplane/contract.ts'
import {type KernelQueue, kernelQueue, kernelRoom} from '../../src/dataplane/kernel-queue.ts'
import {startCore, type TestCore} from '../support/core.ts'
import {RawLink} from '../support/raw-link.ts'
import {descriptorsAt} from '../support/socket-buffers.ts'
import {delay, waitUntil} from '../support/wait-until.ts'

const SOON = {timeoutMs: 10_000, everyMs: 20}
const PADDING = 0
const NO_LIMIT = {rate: 0, burst: 0, linkRate: 0, linkBurst: 0}
/** What a write may add to what the kernel was said to have room for. */
const SLACK = 256 * 1024
const {reason} = loadAddon()

function setEnvironment(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name]
  else process.env[name] = value
}

for (const {name, shards, links} of [
  {name: 'on the plain data plane', shards: undefined, links: undefined},
  {name: 'on native links', shards: '1', links: 'native'},
  {name: 'on links of shards over node:tls', shards: '1', links: 'node'}
]) {
  describe(name, {skip: reason ?? (process.platform === 'linux' ? false : 'KIST takes Linux')}, () => {
    let relay: TestCore
    let port = 0

    before(async () => {
      setEnvironment('RAMSON_SHARDS', shards)
      setEnvironment('RAMSON_LINKS', links)
      relay = await startCore()
      port = relay.hop.addresses[0]?.port ?? 0
    })

    after(async () => {
      setEnvironment('RAMSON_SHARDS', undefined)
      setEnvironment('RAMSON_LINKS', undefined)
      await relay.close()
    })

    const written = () => relay.core.plane.counters.bytesWritten

    /** A link whose peer reads nothing, with more waiting for it than the kernel may have. */
    async function stuck(pacing: OutputPacing): Promise<{link: RawLink; queue: KernelQueue; cells: number}> {
      const {plane, channels} = relay.core
      await waitUntil('the end of the last link', SOON, () => [...channels.values()].length === 0)
      plane.setRates({...NO_LIMIT, pacing})
      const {link} = await RawLink.handshake(port, [4])
      link.socket.pause()
      await waitUntil('the channel', SOON, () => [...channels.values()].length === 1)
      const [channel] = channels.values()
      let cells = 0
      for (let waits = 0, last = -1; waits < 5; ) {
        for (let i = 0; i < 400; i++, cells++) {
          if (channel !== undefined) plane.sendCell(channel.info.channel, 0, PADDING, new Uint8Array(0))
        }
        await delay(20)
        waits = written() === last ? waits + 1 : 0
        last = written()
      }
      const [descriptor = -1] = descriptorsAt(port)
      const queue = kernelQueue(descriptor)
      assert.ok(queue !== undefined)
      return {link, queue, cells}
    }

    test('Schedulers, KISTSockBufSizeFactor: with KIST no more lies in the kernel than the factor allows, with the others more', async () => {
      const tick = {tickMs: 2, bufferFactor: 0}
      const kist = await stuck({scheduler: 'KIST', ...tick})
      const room = kernelRoom({...kist.queue, unsent: 0}, 0)
      assert.ok(kist.queue.unsent <= room + SLACK, JSON.stringify(kist.queue))
      kist.link.socket.resume()
      for (let i = 0; i < kist.cells; i++) await kist.link.nextCell()
      kist.link.close()
      const vanilla = await stuck({scheduler: 'Vanilla', ...tick})
      assert.ok(vanilla.queue.unsent > kist.queue.unsent + SLACK, JSON.stringify([vanilla.queue, kist.queue]))
      vanilla.link.socket.resume()
      for (let i = 0; i < vanilla.cells; i++) await vanilla.link.nextCell()
      vanilla.link.close()
    })

    test('KISTSchedRunInterval: a link whose kernel has enough is looked at again at the next tick', async () => {
      const pacing = {scheduler: 'KIST', tickMs: 2, bufferFactor: 0} as const
      const soon = await stuck(pacing)
      const before = written()
      const resumedAtMs = performance.now()
      soon.link.socket.resume()
      await waitUntil('more', SOON, () => written() > before)
      const soonMs = performance.now() - resumedAtMs
      soon.link.close()
      const late = await stuck(pacing)
      relay.core.plane.setRates({...NO_LIMIT, pacing: {...pacing, tickMs: 4000}})
      await delay(500)
      const lateBefore = written()
      late.link.socket.resume()
      const lateAtMs = performance.now()
      await waitUntil('more', SOON, () => written() > lateBefore)
      const lateMs = performance.now() - lateAtMs
      late.link.close()
      assert.ok(lateMs > 1500 && soonMs < lateMs, `${soonMs} ms and ${lateMs} ms`)
    })
  })
}

describe('the settings', () => {
  function config(line: string): RelayConfig {
    const lines = parseTorrcText(`ORPort 1\n${line}`, 'torrc')
    assert.ok(lines.ok)
    const loaded = loadConfig({torrc: lines.value})
    assert.ok(loaded.ok, JSON.stringify(loaded))
    return loaded.value
  }
  const silent = () => undefined

  test('the first of Schedulers that can be had is taken, and a notice says when it is another', () => {
    const listed = config('Schedulers kist,Vanilla')
    assert.equal(outputPacing(listed, silent, true).scheduler, 'KIST')
    assert.equal(outputPacing(listed, silent, false).scheduler, 'Vanilla')
    assert.match(pacingNotice(listed, false) ?? '', /KIST cannot be had/)
    assert.equal(pacingNotice(listed, true), undefined)
    assert.equal(outputPacing(config('Schedulers KISTLite'), silent, false).scheduler, 'KISTLite')
  })

  test('KISTSchedRunInterval goes before the consensus, which is taken from 2 to 100 ms', () => {
    const tickOf = (line: string, value?: number) => outputPacing(config(line), () => value, true).tickMs
    assert.equal(tickOf('KISTSchedRunInterval 7 msec', 30), 7)
    assert.equal(tickOf('', 30), 30)
    assert.equal(tickOf('', 1), 2)
    assert.equal(tickOf('', 1000), 100)
    assert.equal(tickOf(''), 1)
    assert.equal(outputPacing(config('KISTSockBufSizeFactor 0.5'), silent, true).bufferFactor, 0.5)
  })

  test('Schedulers without a name that is known are refused', () => {
    for (const line of [
      'Schedulers Fair',
      'Schedulers KIST,Fair',
      'KISTSchedRunInterval 101 msec',
      'KISTSockBufSizeFactor -1'
    ]) {
      const lines = parseTorrcText(`ORPort 1\n${line}`, 'torrc')
      assert.ok(lines.ok)
      assert.equal(loadConfig({torrc: lines.value}).ok, false, line)
    }
  })
})
