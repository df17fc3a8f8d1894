// How a relay ends on each signal while links are open, with peers that do not read, and while an authority holds its
// requests and never answers.

import assert from 'node:assert/strict'
import {mkdtempSync, rmSync} from 'node:fs'
import {createServer, type Server, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, afterEach, before, describe, it} from 'node:test'
import {freePort} from '../support/free-ports.ts'
import {RawLink} from '../support/raw-link.ts'
import {Subject} from '../support/subject.ts'
import {delay, waitUntil} from '../support/wait-until.ts'

const WAIT_SECONDS = 2
/** A few hundredths for the relay itself; the rest is for a machine that has other things to do. */
const CLOSING_SECONDS = 0.7

describe('a relay with open links and requests that nobody answers', () => {
  const directory = mkdtempSync(join(tmpdir(), 'ramson-ending-'))
  const held = new Set<Socket>()
  const links: RawLink[] = []
  let authority: Server
  let subject: Subject

  before(async () => {
    authority = createServer(socket => {
      held.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => held.delete(socket))
    })
    const port = await new Promise<number>(resolve => {
      authority.listen(0, '127.0.0.1', () => {
        const address = authority.address()
        resolve(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
    const [v3ident, fingerprint] = ['A1'.repeat(20), 'B2'.repeat(20)]
    subject = new Subject({
      nickname: 'ending',
      directory,
      orPort: await freePort(),
      implementation: 'ramson',
      torrc: [
        `DirAuthority silent orport=${port} v3ident=${v3ident} 127.0.0.1:${port} ${fingerprint}`,
        'TestingTorNetwork 1',
        'AssumeReachable 1',
        'Address 127.0.0.1',
        'ExitRelay 0',
        'SocksPort 0',
        `ShutdownWaitLength ${WAIT_SECONDS} seconds`
      ]
    })
  })

  afterEach(() => {
    for (const link of links.splice(0)) link.close()
  })

  after(async () => {
    await subject?.stop()
    for (const socket of held) socket.destroy()
    authority?.close()
    rmSync(directory, {recursive: true})
  })

  async function busy(): Promise<void> {
    await subject.start()
    for (let i = 0; i < 5; i++) links.push((await RawLink.handshake(subject.orPort)).link)
    const [stopsReading] = links
    stopsReading?.socket.pause()
    await waitUntil('a request that is held', {timeoutMs: 20_000}, () => held.size > 0)
  }

  function assertEnded(end: Awaited<ReturnType<Subject['end']>>, least: number): void {
    assert.deepEqual({code: end.code, signal: end.signal}, {code: 0, signal: null})
    assert.ok(end.seconds >= least && end.seconds <= least + CLOSING_SECONDS, `${end.seconds} s`)
  }

  it('ends at once on SIGTERM', async () => {
    await busy()
    assertEnded(await subject.end('SIGTERM', 20_000), 0)
  })

  it('keeps its links for ShutdownWaitLength after a SIGINT, takes none, and ends then', async () => {
    await busy()
    const ended = subject.end('SIGINT', 20_000)
    await delay((WAIT_SECONDS * 1000) / 2)
    assert.ok(links.every(({isClosed}) => !isClosed))
    await assert.rejects(RawLink.open(subject.orPort))
    assertEnded(await ended, WAIT_SECONDS)
  })

  it('ends at once on a second SIGINT', async () => {
    await busy()
    subject.daemon.signal('SIGINT')
    await delay(200)
    assert.ok(subject.isRunning)
    assertEnded(await subject.end('SIGINT', 20_000), 0)
  })
})
