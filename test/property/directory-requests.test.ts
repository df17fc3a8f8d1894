// Whatever octets come on a directory stream, the server ends the stream with an answer of HTTP or none, counts one outcome
// at most and goes on serving others.

import assert from 'node:assert/strict'
import {after, test} from 'node:test'
import fc from 'fast-check'
import {toBase16} from '../../src/bytes/base16.ts'
import {toBase64Unpadded} from '../../src/bytes/base64.ts'
import {DirectoryServer} from '../../src/roles/relay/directory/directory-server.ts'
import {readReply, requestOctets} from '../support/directory-client.ts'
import {duplexPair} from '../support/duplex-pair.ts'
import {liveStore} from '../support/live-store.ts'

const RUNS = {seed: 20261122, numRuns: 300}

// The server's timers do not keep a process running, and streams in memory do not either.
const alive = setInterval(() => {}, 1000)
after(() => clearInterval(alive))

const live = await liveStore()
const server = new DirectoryServer(
  {limits: {requestMs: 2000}},
  {
    store: live.store,
    routes: [{method: 'POST', path: '/tor/hs/3/publish', match: 'exact', handle: () => ({status: 200})}],
    now: () => live.now
  }
)

const ANSWERS = [0, 200, 304, 400, 404, 413]

/** Sends octets, cut anywhere, and ends: the stream must end from the other side as well, with one of the answers. */
async function check(octets: Uint8Array, cutAt: number): Promise<void> {
  const before = counted()
  const [ours, theirs] = duplexPair()
  server.open(ours, {isAnonymous: true, address: undefined})
  theirs.on('error', () => {})
  theirs.write(octets.subarray(0, cutAt % (octets.length + 1)))
  await new Promise(resolve => setImmediate(resolve))
  if (!theirs.destroyed) theirs.write(octets.subarray(cutAt % (octets.length + 1)))
  // A request that is not whole would wait for its time: leave soon, as a client that gives up does.
  const leaving = setTimeout(() => theirs.end(), 20)
  const reply = await readReply(theirs)
  clearTimeout(leaving)
  theirs.destroy()
  assert.ok(ANSWERS.includes(reply.status), `${reply.statusLine}`)
  assert.ok(counted() - before <= 1)
}

function counted(): number {
  return Object.values(server.outcomes).reduce((sum, count) => sum + count, 0)
}

async function stillServes(): Promise<void> {
  const [ours, theirs] = duplexPair()
  server.open(ours, {isAnonymous: true, address: undefined})
  theirs.write(requestOctets('/tor/robots.txt'))
  assert.equal((await readReply(theirs)).status, 200)
  assert.equal(server.size, 0)
  assert.equal(server.held, 0)
}

const cutAt = fc.nat(4000)

test('random octets end in an answer or in none', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({maxLength: 2000}), cutAt, check), RUNS)
  await stillServes()
})

const digest = fc.constantFrom(
  ...live.descriptors.map(each => toBase16(each.identity)),
  ...live.descriptors.map(each => toBase16(each.digest)),
  ...live.microdescriptors.map(each => toBase64Unpadded(each.digest)),
  ...live.certificates.flatMap(cert => [toBase16(cert.identity), toBase16(cert.signingKeyDigest)])
)
const place = fc.constantFrom(
  ...['/tor/status-vote/current/consensus', '/tor/status-vote/current/consensus-microdesc/', '/tor/micro/d/'],
  ...['/tor/status-vote/current/consensus/diff/', '/tor/server/d/', '/tor/server/fp/', '/tor/server/all'],
  ...[
    '/tor/extra/authority',
    '/tor/keys/fp-sk/',
    '/tor/keys/all',
    '/tor/robots.txt',
    '/tor/hs/3/publish',
    '/'
  ]
)
const joint = fc.constantFrom('+', '-', '/', '.z', '%', '=', '..', '', 'd/', 'fp/')
const tail = fc.array(fc.oneof(digest, digest, joint, joint, fc.string({maxLength: 5})), {maxLength: 6})
const path = fc.tuple(place, fc.oneof(fc.constant([]), tail)).map(([start, rest]) => start + rest.join(''))
const header = fc.constantFrom(
  'Accept-Encoding: deflate',
  'Accept-Encoding: gzip, x-zstd, x-tor-lzma, , deflate;q=1',
  'If-Modified-Since: Sun, 22 Nov 2026 13:53:20 GMT',
  'If-Modified-Since: yesterday',
  `X-Or-Diff-From-Consensus: ${'A1'.repeat(32)} x`,
  'Transfer-Encoding: chunked',
  'Content-Length: 5',
  'Content-Length: 99999999999999999999',
  'Connection: upgrade',
  'Upgrade: websocket',
  'Expect: 100-continue',
  'Expect: everything'
)
const request = fc
  .record({
    method: fc.constantFrom('GET', 'GET', 'GET', 'POST', 'HEAD', 'CONNECT', 'get', 'BREW'),
    path,
    version: fc.constantFrom('HTTP/1.0', 'HTTP/1.0', 'HTTP/1.0', 'HTTP/1.1', 'HTTP/2.0', 'HTTP/1', ''),
    headers: fc.array(header, {maxLength: 3}),
    body: fc.oneof(fc.constant(''), fc.string({maxLength: 200}))
  })
  .map(({method, path: url, version, headers, body}) =>
    Buffer.from(`${[`${method} ${url} ${version}`, ...headers].join('\r\n')}\r\n\r\n${body}`, 'utf8')
  )

test('requests that are nearly right end in an answer or in none', async () => {
  await fc.assert(fc.asyncProperty(request, cutAt, check), RUNS)
  // Nearly right is worth something only if some are right.
  assert.ok(server.outcomes.served > 10, `${server.outcomes.served} were served`)
  await stillServes()
})
