// The status page of a relay in a browser: what it shows, that it asks nobody else for anything, and that it fits a wide
// window and a narrow one.

import assert from 'node:assert/strict'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, it} from 'node:test'
import {type Browser, chromium, type Page} from 'playwright-core'
import {choosePlane} from '../../src/app/data-plane.ts'
import {Daemon} from '../support/daemon.ts'
import {freePort} from '../support/free-ports.ts'
import {programFile} from '../support/subject.ts'
import {waitUntil} from '../support/wait-until.ts'

const EXECUTABLE = process.env['RAMSON_CHROMIUM'] ?? '/usr/bin/chromium'
const screenshots = process.env['RAMSON_SCREENSHOTS'] ?? join(tmpdir(), 'ramson-screenshots')

const SHARDS = 2
/** Of a relay that has no MetricsPort and no DirPort. */
const BOUNDS = 11

describe('the status page of a relay in a browser', () => {
  const shards = choosePlane(SHARDS).kind === 'shards' ? SHARDS : 0
  const folder = mkdtempSync(join(tmpdir(), 'ramson-status-'))
  let relay: Daemon
  let browser: Browser
  let page: Page
  let url = ''
  const asked = new Set<string>()
  const complaints: string[] = []

  before(async () => {
    const port = await freePort()
    url = `http://127.0.0.1:${port}/`
    const torrc = [
      `ORPort 127.0.0.1:${await freePort()}`,
      'Nickname watched',
      'Address 127.0.0.1',
      'TestingTorNetwork 1',
      'AssumeReachable 1',
      `DataDirectory ${join(folder, 'data')}`,
      `NumCPUs ${SHARDS}`,
      `StatusPort ${port}`
    ]
    writeFileSync(join(folder, 'torrc'), `${torrc.join('\n')}\n`)
    relay = new Daemon({
      name: 'watched (ramson)',
      command: process.execPath,
      args: [programFile, '-f', join(folder, 'torrc')],
      logFile: join(folder, 'log')
    })
    await waitUntil('the status page', {timeoutMs: 30_000}, async () => (await fetch(url)).ok)
    browser = await chromium.launch({executablePath: EXECUTABLE, args: ['--no-sandbox']})
    page = await browser.newPage({viewport: {width: 1280, height: 900}})
    page.on('request', request => asked.add(new URL(request.url()).host))
    page.on('console', message => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', error => complaints.push(error.message))
    await page.goto(url)
  })

  after(async () => {
    await browser?.close()
    await relay?.stop()
    rmSync(folder, {recursive: true, force: true})
  })

  it('shows health, load, roles, flags with what is missing, bounds, overload and the last notices', async () => {
    assert.equal(await page.locator('h1').textContent(), 'Relay watched')
    assert.deepEqual(await page.locator('h2').allTextContents(), [
      'Health',
      'Load',
      'Onion services',
      'Flags, and what is missing',
      'Queues and bounds',
      'Overload and defences',
      'Last notices'
    ])
    const text = (await page.locator('main').textContent()) ?? ''
    for (const part of [
      'Introduction point',
      'to be listed',
      '96 h of uptime',
      'onion skin queue',
      'Opened OR'
    ]) {
      assert.ok(text.includes(part), `${part} in ${text}`)
    }
    assert.equal(await page.locator('meter').count(), BOUNDS + shards)
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
      await page.screenshot({path: join(screenshots, `relay-${width}-${scheme}.png`), fullPage: true})
      const needed = await page.evaluate('document.documentElement.scrollWidth')
      assert.ok(Number(needed) <= width, `it is ${needed} pixels wide`)
    })
  }

  it('asks nobody else for anything, and has nothing to complain of', () => {
    assert.deepEqual([...asked], [new URL(url).host])
    assert.deepEqual(complaints, [])
  })
})
