// The status page of a private network in a browser: what it shows, that it stays current, that it asks nobody else for
// anything, and that it fits a wide window and a narrow one. Screenshots lie in a temporary folder that is named.

import assert from 'node:assert/strict'
import {mkdirSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {type Browser, chromium, type Page} from 'playwright-core'
import {STEP_TITLES} from '../../src/app/network/steps.ts'
import {NetworkProcess} from '../support/network-process.ts'

const EXECUTABLE = process.env['RAMSON_CHROMIUM'] ?? '/usr/bin/chromium'
const screenshots = process.env['RAMSON_SCREENSHOTS'] ?? join(tmpdir(), 'ramson-screenshots')

describe('the status page of a private network in a browser', () => {
  const network = new NetworkProcess([])
  let browser: Browser
  let page: Page
  let statusUrl = ''
  const asked = new Set<string>()
  const complaints: string[] = []

  before(async () => {
    statusUrl = (await network.ready()).statusUrl
    browser = await chromium.launch({executablePath: EXECUTABLE, args: ['--no-sandbox']})
    page = await browser.newPage({viewport: {width: 1280, height: 900}})
    page.on('request', request => asked.add(new URL(request.url()).host))
    page.on('console', message => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', error => complaints.push(error.message))
    await page.goto(statusUrl)
  })

  after(async () => {
    await browser?.close()
    await network.dispose()
  })

  const texts = (selector: string): Promise<string[]> => page.locator(selector).allTextContents()

  it('shows every step as done, with its time', async () => {
    assert.deepEqual(await texts('.steps li.done .title'), [...STEP_TITLES])
    for (const time of await texts('.steps li .ms')) assert.match(time, /^[\d.]+ m?s$/)
  })

  it('shows every node with its roles, flags, channels, circuits and cells', async () => {
    const relays = Array.from({length: 7}, (_, i) => `relay${i + 1}`)
    assert.deepEqual(await texts('tbody td.name'), ['authority', ...relays, 'service', 'client'])
    const roles = (await texts('tbody td[data-label=Roles]')).join()
    for (const role of ['introduction point ×', 'rendezvous ×', 'HSDir of ', 'onion service']) {
      assert.ok(roles.includes(role), `${role} in ${roles}`)
    }
    for (const flags of (await texts('tbody tr.relay td.flags')).values()) assert.match(flags, /Running/)
    const circuits = await texts('tbody td[data-label=Circuits]')
    assert.ok(
      circuits.some(count => Number(count) > 0),
      circuits.join()
    )
  })

  it('shows how to use the network', async () => {
    const {onion, command} = await network.ready()
    const facts = await texts('.facts code')
    assert.ok(facts.includes(onion) && facts.includes(command))
  })

  it('counts on by itself as cells pass', async () => {
    const total = async () =>
      (await texts('tbody td[data-label=Cells]')).reduce(
        (sum, text) => sum + Number(text.replaceAll(',', '')),
        0
      )
    const before = await total()
    const {socksPort, onion} = await network.ready()
    const {fetchOverSocks} = await import('../../src/app/network/socks-fetch.ts')
    assert.ok((await fetchOverSocks({socksPort, host: onion, port: 80, timeoutMs: 30_000})).ok)
    const deadline = Date.now() + 10_000
    while ((await total()) <= before) {
      assert.ok(Date.now() < deadline, 'no cells were counted')
      await page.waitForTimeout(200)
    }
  })

  for (const [width, scheme] of [
    [1280, 'light'],
    [400, 'light'],
    [1280, 'dark'],
    [400, 'dark']
  ] as const) {
    it(`fits a window of ${width} pixels (${scheme})`, async () => {
      await page.emulateMedia({colorScheme: scheme})
      await page.setViewportSize({width, height: 900})
      mkdirSync(screenshots, {recursive: true})
      await page.screenshot({path: join(screenshots, `status-${width}-${scheme}.png`), fullPage: true})
      const needed = await page.evaluate('document.documentElement.scrollWidth')
      assert.ok(Number(needed) <= width, `it is ${needed} pixels wide`)
    })
  }

  it('asks nobody else for anything, and has nothing to complain of', () => {
    assert.deepEqual([...asked], [new URL(statusUrl).host])
    assert.deepEqual(complaints, [])
  })

  it('says so when the network has stopped', async () => {
    assert.equal((await network.kill('SIGINT')).code, 0)
    await page.waitForSelector('body.gone', {timeout: 10_000})
  })
})
