// The routes of a relay's directory over a stream in memory, with documents that C tor made.

import assert from 'node:assert/strict'
import {after, test} from 'node:test'
import * as zlib from 'node:zlib'
import {toBase16, toBase16Upper} from '../../src/bytes/base16.ts'
import {toBase64Unpadded} from '../../src/bytes/base64.ts'
import type {ConsensusText} from '../../src/netdoc/consensus/consensus.ts'
import {applyConsensusDiff, diffBaseDigest} from '../../src/netdoc/consensus-diff/apply.ts'
import {ConsensusDiffPool} from '../../src/pool/consensus-diff-pool.ts'
import type {DirectoryRequest} from '../../src/roles/relay/directory/answer.ts'
import type {ConsensusRequests} from '../../src/roles/relay/directory/consensus-requests.ts'
import type {ContentCoding} from '../../src/roles/relay/directory/content-coding.ts'
import {
  DirectoryServer,
  type DirectoryServerOptions
} from '../../src/roles/relay/directory/directory-server.ts'
import {formatHttpDate} from '../../src/roles/relay/directory/http-date.ts'
import type {DirectoryRoute} from '../../src/roles/relay/directory/routes.ts'
import type {DirectoryPeer} from '../../src/stream/relay-streams.ts'
import {type DirectoryReply, readReply, requestOctets} from '../support/directory-client.ts'
import {duplexPair} from '../support/duplex-pair.ts'
import {liveStore, textOf} from '../support/live-store.ts'
import {waitUntil} from '../support/wait-until.ts'

const CONSENSUS = '/tor/status-vote/current/consensus'
const SOON = {timeoutMs: 5000, everyMs: 5}
const HOUR_MS = 3600_000
const ANONYMOUS: DirectoryPeer = {isAnonymous: true, address: undefined}

const diffs = new ConsensusDiffPool({
  onWorkerFailure: error => {
    throw error
  }
})
after(() => diffs.close())

const live = await liveStore({makeDiff: (base, target) => diffs.make(base, target)})
const {consensuses, certificates, microdescriptors, descriptors, extraInfos} = live
let now = live.now

const server = new DirectoryServer({}, {store: live.store, now: () => now})

// The server's timers do not keep a process running, and streams in memory do not either.
const alive = setInterval(() => {}, 1000)
after(() => clearInterval(alive))

after(() => assert.equal(server.size, 0, 'every stream is forgotten once it is over'))

async function ask(octets: Uint8Array, at = server, peer = ANONYMOUS): Promise<DirectoryReply> {
  const [ours, theirs] = duplexPair()
  at.open(ours, peer)
  theirs.write(octets)
  return await readReply(theirs)
}

const get = (path: string, headers: readonly string[] = []) => ask(requestOctets(path, headers))

const joined = (documents: readonly {readonly octets: Uint8Array}[]) =>
  documents.map(({octets}) => textOf(octets)).join('')

/** The octets of the first few, so that the rest shows whether only what was asked for comes. */
const twoOf = <T>(list: readonly T[]): readonly T[] => list.slice(1, 3)

function assertServed(reply: DirectoryReply, text: string): void {
  assert.equal(reply.statusLine, 'HTTP/1.1 200 OK')
  assert.equal(reply.body.toString('utf8'), text)
  assert.equal(reply.headers.get('Content-Length'), String(reply.body.length))
}

function assertRefused(reply: DirectoryReply, status: number): void {
  assert.equal(reply.status, status)
  assert.equal(reply.body.length, 0)
}

const sorted = (text: string, keyword: string) => text.split(new RegExp(`^(?=${keyword} )`, 'm')).sort()

// ── statistics ──────────────────────────────────────────────────────────────────────────────────────────────────────

test('hears of requests for a consensus: how each was answered, how large, who took all of it, and over what', async () => {
  const heard: string[] = []
  const consensusRequests: ConsensusRequests = {
    refused: outcome => heard.push(outcome),
    served: (octets, {isDirect}) => {
      const what = `${octets} ${isDirect ? 'direct' : 'tunneled'}`
      heard.push(what)
      return address => heard.push(`${what} taken by ${address?.join('.') ?? 'nobody'}`)
    }
  }
  const told = new DirectoryServer({}, {store: live.store, now: () => now, consensusRequests})
  const from = (peer: DirectoryPeer, path = CONSENSUS, headers: readonly string[] = []) =>
    ask(requestOctets(path, headers), told, peer)
  const {length} = consensuses.ns.octets
  const address = Uint8Array.of(1, 2, 3, 4)
  await from(ANONYMOUS)
  await from({isAnonymous: false, address})
  await from({isAnonymous: false, address, isDirect: true})
  await from(ANONYMOUS, `${CONSENSUS}/${'F'.repeat(40)}`)
  await from(ANONYMOUS, CONSENSUS, [`If-Modified-Since: ${formatHttpDate(new Date(Number(now) + HOUR_MS))}`])
  await from(ANONYMOUS, '/tor/server/authority')
  assert.deepEqual(heard, [
    `${length} tunneled`,
    `${length} tunneled taken by nobody`,
    `${length} tunneled`,
    `${length} tunneled taken by 1.2.3.4`,
    `${length} direct`,
    `${length} direct taken by 1.2.3.4`,
    'not-enough-signatures',
    'not-modified'
  ])
})

// ── documents ───────────────────────────────────────────────────────────────────────────────────────────────────────

test('dir-spec 6.2: /tor/server/authority and /tor/extra/authority are our own documents', async () => {
  assertServed(await get('/tor/server/authority'), joined(descriptors.slice(0, 1)))
  assertServed(await get('/tor/extra/authority'), joined(extraInfos.slice(0, 1)))
})

test('dir-spec 6.2: /tor/server/fp/ and /tor/extra/fp/ give the documents of the relays named', async () => {
  const names = twoOf(descriptors)
    .map(({identity}) => toBase16Upper(identity))
    .join('+')
  assertServed(await get(`/tor/server/fp/${names}`), joined(twoOf(descriptors)))
  assertServed(await get(`/tor/extra/fp/${names.toLowerCase()}`), joined(twoOf(extraInfos)))
})

test('dir-spec 6.2: /tor/server/d/ and /tor/extra/d/ give the documents of those digests', async () => {
  const names = (list: readonly {readonly digest: Uint8Array}[]) =>
    twoOf(list)
      .map(({digest}) => toBase16(digest))
      .join('+')
  assertServed(await get(`/tor/server/d/${names(descriptors)}`), joined(twoOf(descriptors)))
  assertServed(await get(`/tor/extra/d/${names(extraInfos)}`), joined(twoOf(extraInfos)))
})

test('dir-spec 6.2: /tor/server/all and /tor/extra/all give every document', async () => {
  const all = await get('/tor/server/all')
  assert.deepEqual(sorted(all.body.toString('utf8'), 'router'), sorted(joined(descriptors), 'router'))
  const extra = await get('/tor/extra/all')
  assert.deepEqual(
    sorted(extra.body.toString('utf8'), 'extra-info'),
    sorted(joined(extraInfos), 'extra-info')
  )
})

test('a descriptor older than a day is not served by relay, but by digest', async () => {
  const [{identity, digest} = assert.fail()] = descriptors.slice(1)
  now = new Date(live.now.getTime() + 25 * HOUR_MS)
  try {
    assertRefused(await get(`/tor/server/fp/${toBase16(identity)}`), 404)
    assert.equal((await get(`/tor/server/d/${toBase16(digest)}`)).status, 200)
  } finally {
    now = live.now
  }
})

test('dir-spec 6.2: /tor/micro/d/ gives microdescriptors by digest, without those we do not have', async () => {
  const names = twoOf(microdescriptors).map(({digest}) => toBase64Unpadded(digest))
  const unknown = toBase64Unpadded(new Uint8Array(32))
  const path = `/tor/micro/d/${[names[0], unknown, 'no-digest', names[1], names[0]].join('-')}`
  assertServed(await get(path), joined(twoOf(microdescriptors)))
  assertRefused(await get(`/tor/micro/d/${unknown}`), 404)
})

test('a request for more digests than we look up is answered as far as we look', async () => {
  const [last = assert.fail()] = microdescriptors.map(({digest}) => toBase64Unpadded(digest))
  const others = Array.from({length: 511}, (_, i) => toBase64Unpadded(new Uint8Array(32).fill(i % 251)))
  assert.equal((await get(`/tor/micro/d/${[...others, last].join('-')}`)).status, 200)
  assertRefused(await get(`/tor/micro/d/${[...others, others[0], last].join('-')}`), 404)
})

test('dir-spec 6.2: /tor/keys/ gives certificates by identity, by signing key, by both, and all of them', async () => {
  const names = (keys: readonly Uint8Array[]) => keys.map(toBase16Upper).join('+')
  const two = twoOf(certificates)
  assertServed(await get('/tor/keys/all'), joined(certificates))
  assertServed(await get(`/tor/keys/fp/${names(two.map(({identity}) => identity))}`), joined(two))
  assertServed(await get(`/tor/keys/sk/${names(two.map(cert => cert.signingKeyDigest))}`), joined(two))
  const pairs = two.map(cert => `${toBase16(cert.identity)}-${toBase16(cert.signingKeyDigest)}`)
  assertServed(await get(`/tor/keys/fp-sk/${pairs.join('+')}`), joined(two))
})

test('a relay has no certificate of its own, and there are no other ways to ask for one', async () => {
  assertRefused(await get('/tor/keys/authority'), 404)
  assertRefused(await get('/tor/keys/fp/'), 404)
  const [{identity, signingKeyDigest} = assert.fail()] = certificates
  assertRefused(await get(`/tor/keys/fp-sk/${toBase16(signingKeyDigest)}-${toBase16(identity)}`), 404)
  assertRefused(await get('/tor/keys/'), 400)
  assertRefused(await get('/tor/keys/other/'), 400)
})

test('certificates published no later than If-Modified-Since are not sent again', async () => {
  const times = certificates.map(({published}) => published.getTime())
  const since = (time: number) => [`If-Modified-Since: ${formatHttpDate(new Date(time))}`]
  assertRefused(await get('/tor/keys/all', since(Math.max(...times))), 304)
  assert.equal((await get('/tor/keys/all', since(Math.min(...times) - 1000))).status, 200)
})

// ── the consensus ───────────────────────────────────────────────────────────────────────────────────────────────────

test('dir-spec 6.2: the consensus comes in both flavours', async () => {
  assertServed(await get(CONSENSUS), textOf(consensuses.ns.octets))
  assertServed(await get(`${CONSENSUS}-microdesc`), textOf(consensuses.microdesc.octets))
  assertRefused(await get(`${CONSENSUS}-other`), 404)
  assertRefused(await get(`${CONSENSUS}-constructor`), 404)
  assertRefused(await get(`${CONSENSUS}microdesc`), 404)
})

test('dir-spec 6.2: a consensus that not more than half of the authorities named have signed is 404', async () => {
  const [a = '', b = '', c = ''] = consensuses.microdesc.signatures.map(({identity}) =>
    toBase16Upper(identity)
  )
  const others = ['0'.repeat(40), '1'.repeat(40)]
  for (const names of [[a], [a, b, c, ...others], [a.slice(0, 6).toLowerCase(), b.slice(0, 6), others[0]]]) {
    assert.equal((await get(`${CONSENSUS}-microdesc/${names.join('+')}`)).status, 200)
  }
  const before = server.outcomes['not-enough-signatures']
  for (const names of [[others[0]], [a, others[0]], [a, b, ...others]]) {
    assertRefused(await get(`${CONSENSUS}-microdesc/${names.join('+')}`), 404)
  }
  assert.equal(server.outcomes['not-enough-signatures'], before + 3)
})

test('a consensus no newer than If-Modified-Since is 304; a date that cannot be read is none', async () => {
  const since = (date: string) => get(CONSENSUS, [`If-Modified-Since: ${date}`])
  const {validAfter} = consensuses.ns
  assertRefused(await since(formatHttpDate(validAfter)), 304)
  assertRefused(await since(formatHttpDate(new Date(validAfter.getTime() + 180_000))), 304)
  assert.equal((await since(formatHttpDate(new Date(validAfter.getTime() - 1000)))).status, 200)
  assert.equal((await since('Someday, 99 Nov 2099 99:99:99 GMT')).status, 200)
  assert.equal((await since('2099')).status, 200)
})

test('a consensus is served up to a day before and after its time', async () => {
  const {validAfter, validUntil} = consensuses.ns
  const at = async (time: Date, ms: number) => {
    now = new Date(time.getTime() + ms)
    return (await get(CONSENSUS)).status
  }
  try {
    assert.equal(await at(validUntil, 24 * HOUR_MS), 200)
    assert.equal(await at(validUntil, 24 * HOUR_MS + 1), 404)
    assert.equal(await at(validAfter, -24 * HOUR_MS), 200)
    assert.equal(await at(validAfter, -24 * HOUR_MS - 1), 404)
  } finally {
    now = live.now
  }
})

const hashOf = (consensus: ConsensusText) => toBase16Upper(diffBaseDigest(consensus))
const diffHeader = (...hashes: readonly string[]) => [`X-Or-Diff-From-Consensus: ${hashes.join(' ')}`]

for (const flavour of ['ns', 'microdesc'] as const) {
  const path = `${CONSENSUS}-${flavour}`
  const target = consensuses[flavour]
  const unknown = 'AB'.repeat(32)

  test(`dir-spec 4.5: who has an older ${flavour} consensus gets what makes the newest of it`, async () => {
    const signers = target.signatures.map(({identity}) => toBase16Upper(identity)).join('+')
    for (const base of live.older[flavour]) {
      const replies = await Promise.all([
        get(path, diffHeader(unknown, hashOf(base))),
        get(`${path}/${signers}.z`, diffHeader(hashOf(base).toLowerCase())),
        get(`${path}/diff/${hashOf(base)}`),
        get(`${path}/diff/${hashOf(base)}/${signers}`)
      ])
      for (const {status, body, headers} of replies) {
        assert.equal(status, 200)
        const diff = headers.has('Content-Encoding') ? zlib.inflateSync(body) : body
        assert.ok(diff.length < target.octets.length)
        const applied = applyConsensusDiff(base, diff)
        assert.ok(applied.ok)
        assert.equal(textOf(applied.value), textOf(target.octets))
      }
    }
  })

  test(`from an unknown ${flavour} consensus there is the whole, or 404 for who takes nothing else`, async () => {
    assertServed(await get(path, diffHeader(unknown)), textOf(target.octets))
    assertServed(await get(path, diffHeader('no-hash', '00')), textOf(target.octets))
    assertRefused(await get(`${path}/diff/${unknown}/`), 404)
    assertRefused(await get(`${path}/diff/no-hash`), 404)
  })

  test(`who has the newest ${flavour} consensus gets 304`, async () => {
    assertRefused(await get(path, diffHeader(unknown, hashOf(target))), 304)
    assertRefused(await get(`${path}/diff/${hashOf(target)}/`), 304)
  })

  test(`a ${flavour} diff to a consensus that those named did not sign is 404`, async () => {
    const [base = assert.fail()] = live.older[flavour]
    assertRefused(await get(`${path}/diff/${hashOf(base)}/${'0'.repeat(40)}`), 404)
  })
}

test('the consensus may be kept while it is fresh, and not without regard to diffs', async () => {
  const fresh = await get(CONSENSUS)
  assert.equal(fresh.headers.get('Vary'), 'X-Or-Diff-From-Consensus')
  const expires = Date.parse(fresh.headers.get('Expires') ?? '')
  assert.equal(expires, consensuses.ns.freshUntil.getTime())
  now = consensuses.ns.freshUntil
  const stale = await get(CONSENSUS)
  now = live.now
  assert.equal(stale.headers.get('Pragma'), 'no-cache')
  assert.equal(stale.headers.has('Expires'), false)
})

// ── codings ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const undo: Readonly<Record<ContentCoding, ((octets: Buffer) => Buffer) | undefined>> = {
  identity: octets => octets,
  deflate: zlib.inflateSync,
  gzip: zlib.gunzipSync,
  'x-zstd': (zlib as {zstdDecompressSync?: (octets: Buffer) => Buffer}).zstdDecompressSync
}

const hasZstd = undo['x-zstd'] !== undefined
const best = hasZstd ? 'x-zstd' : 'deflate'

for (const [accept, path, coding] of [
  [undefined, '', 'identity'],
  ['identity', '', 'identity'],
  ['deflate', '', 'deflate'],
  ['gzip', '', 'gzip'],
  ['x-gzip, unknown', '', 'gzip'],
  ['gzip,deflate', '', 'deflate'],
  ['deflate, gzip, x-tor-lzma, x-zstd', '', best],
  ['x-tor-lzma', '', 'identity'],
  [undefined, '.z', 'deflate'],
  ['gzip', '.z', 'deflate'],
  ['x-zstd', '.z', best]
] as const) {
  test(`dir-spec 6.1: Accept-Encoding ${accept} with path '…${path}' gives ${coding}`, async () => {
    const headers = accept === undefined ? [] : [`Accept-Encoding: ${accept}`]
    const names = microdescriptors.map(({digest}) => toBase64Unpadded(digest)).join('-')
    for (const [resource, text] of [
      [`${CONSENSUS}-microdesc`, textOf(consensuses.microdesc.octets)],
      [`/tor/micro/d/${names}`, joined(microdescriptors)],
      ['/tor/server/authority', joined(descriptors.slice(0, 1))],
      ['/tor/keys/all', joined(certificates)]
    ] as const) {
      const reply = await get(`${resource}${path}`, headers)
      assert.equal(reply.status, 200)
      assert.equal(reply.headers.get('Content-Encoding') ?? 'identity', coding)
      assert.equal(reply.headers.get('Content-Length'), String(reply.body.length))
      const original = undo[coding]?.(reply.body)
      assert.equal(original?.toString('utf8'), text)
    }
  })
}

// ── pages, headers, refusals ────────────────────────────────────────────────────────────────────────────────────────

test('robots are kept out; the front page is there when there is one', async () => {
  assertServed(await get('/tor/robots.txt'), 'User-agent: *\r\nDisallow: /\r\n')
  assertServed(await get('/robots.txt'), 'User-agent: *\r\nDisallow: /\r\n')
  assertRefused(await get('/tor/'), 404)
  const withPage = new DirectoryServer({frontPage: '<p>relay</p>'}, {store: live.store})
  const page = await ask(requestOctets('/'), withPage)
  assertServed(page, '<p>relay</p>')
  assert.equal(page.headers.get('Content-Type'), 'text/html')
})

test('HTTP/1.0: an answer has date and length, closes, and is never chunked, whatever the client speaks', async () => {
  for (const version of ['1.0', '1.1']) {
    const request = `GET ${CONSENSUS} HTTP/${version}\r\nConnection: keep-alive\r\n\r\n`
    const reply = await ask(Buffer.from(request))
    assert.equal(reply.status, 200)
    assert.match(reply.headers.get('Date') ?? '', / GMT$/)
    assert.equal(reply.headers.get('Connection'), 'close')
    assert.equal(reply.headers.has('Transfer-Encoding'), false)
    assert.equal(reply.headers.get('Content-Length'), String(reply.body.length))
    assert.equal(reply.headers.get('Content-Type'), 'text/plain')
  }
})

test('X-Your-Address-Is tells a peer its address, unless it is private or nobody knows it', async () => {
  const header = async (peer: DirectoryPeer) =>
    (await ask(requestOctets(CONSENSUS), server, peer)).headers.get('X-Your-Address-Is')
  assert.equal(await header({isAnonymous: false, address: Uint8Array.of(192, 1, 2, 3)}), '192.1.2.3')
  const ipv6 = Uint8Array.of(0x20, 1, 4, ...new Array<number>(12).fill(0), 9)
  assert.equal(await header({isAnonymous: false, address: ipv6}), '2001:400::9')
  assert.equal(await header({isAnonymous: false, address: Uint8Array.of(10, 0, 0, 1)}), undefined)
  assert.equal(await header(ANONYMOUS), undefined)
})

test('what a relay does not serve is 404, and what it does not take is 400', async () => {
  for (const path of ['/tor/nothing', '/tor/status-vote/next/consensus', '/tor/server/', '/tor/hs/3/abc']) {
    assertRefused(await get(path), 404)
  }
  for (const path of ['/tor/', '/tor/post/vote', '/tor/hs/3/publish', CONSENSUS]) {
    assertRefused(await ask(requestOctets(path, [], 'POST', 'body')), 400)
  }
})

test('methods other than GET and POST end the stream without an answer', async () => {
  for (const method of ['HEAD', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS']) {
    const before = server.outcomes['bad-request']
    const reply = await ask(requestOctets('/tor/server/authority', [], method))
    assert.equal(reply.statusLine, '', method)
    assert.equal(server.outcomes['bad-request'], before + 1, method)
  }
})

test('what is not HTTP is 400', async () => {
  for (const text of [
    '\r\n\r\n\r\nnonsense\r\n\r\n',
    'GET\r\n\r\n',
    '\u0016\u0003\u0001\u0002',
    'GET / SMTP/1.0\r\n\r\n'
  ]) {
    const reply = await ask(Buffer.from(text, 'latin1'))
    assert.equal(reply.statusLine, 'HTTP/1.0 400 Bad request')
  }
})

test('the address of a proxied request may name a host', async () => {
  assert.equal((await get(`http://127.0.0.1:9030${CONSENSUS}`)).status, 200)
})

test('a relay without bandwidth to spare says 503', async () => {
  const busy = await liveStore({isBusy: octets => octets > 100})
  const at = new DirectoryServer({}, {store: busy.store, now: () => now})
  assertRefused(await ask(requestOctets(CONSENSUS), at), 503)
  assert.equal((await ask(requestOctets('/tor/robots.txt'), at)).status, 200)
  assert.deepEqual([at.outcomes.busy, at.outcomes.served], [1, 1])
})

// ── limits ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function limited(
  limits: DirectoryServerOptions['limits'],
  routes: readonly DirectoryRoute[] = []
): DirectoryServer {
  return new DirectoryServer(
    {...(limits === undefined ? {} : {limits})},
    {store: live.store, routes, now: () => now}
  )
}

test('headers of more than 50 000 octets are too large; a request for 500 microdescriptors is not', async () => {
  const names = Array.from({length: 500}, () => toBase64Unpadded(new Uint8Array(32))).join('-')
  assertRefused(await get(`/tor/micro/d/${names}`), 404)
  const before = server.outcomes['too-large']
  const reply = await get(`/tor/micro/d/${'A'.repeat(50_000)}`)
  assert.equal(reply.statusLine, 'HTTP/1.0 413 Request too large')
  assert.equal(server.outcomes['too-large'], before + 1)
})

test('a stream on which no whole request comes in time is ended', async () => {
  const at = limited({requestMs: 30})
  for (const text of ['', 'GET /tor/', 'POST /tor/hs/3/publish HTTP/1.0\r\nContent-Length: 5\r\n']) {
    const reply = await ask(Buffer.from(text), at)
    assert.equal(reply.status, 0)
  }
  assert.equal(at.outcomes.timeout, 3)
  assert.equal(at.size, 0)
})

test('a stream whose reader takes nothing for too long is ended', async () => {
  const big: DirectoryRoute = {
    method: 'GET',
    path: '/tor/big',
    match: 'exact',
    handle: () => ({status: 200, body: new Uint8Array(1_000_000)})
  }
  const at = limited({stallMs: 50}, [big])
  const [ours, theirs] = duplexPair()
  at.open(ours, ANONYMOUS)
  theirs.write(requestOctets('/tor/big'))
  await waitUntil('timeout', SOON, () => at.outcomes.timeout === 1)
  assert.equal(at.size, 0)
  theirs.destroy()
})

test('readers that take nothing do not make memory grow', async () => {
  const body = new Uint8Array(4_000_000)
  const big: DirectoryRoute = {
    method: 'GET',
    path: '/tor/big',
    match: 'exact',
    handle: () => ({status: 200, body})
  }
  const at = limited({}, [big])
  const used = () => process.memoryUsage().heapUsed + process.memoryUsage().external
  const before = used()
  const pairs = Array.from({length: 200}, () => duplexPair())
  for (const [ours, theirs] of pairs) {
    at.open(ours, ANONYMOUS)
    theirs.write(requestOctets('/tor/big'))
    theirs.read(0)
  }
  await waitUntil('every answer has begun', SOON, () =>
    pairs.every(([, theirs]) => theirs.readableLength > 0)
  )
  const grown = used() - before
  assert.ok(grown < 100_000_000, `${grown} octets for 800 MB of answers`)
  assert.ok(pairs.every(([, theirs]) => theirs.readableLength < 200_000))
  for (const [, theirs] of pairs) theirs.destroy()
  await waitUntil('closed', SOON, () => at.size === 0)
  assert.deepEqual([at.outcomes['cut-off'], at.outcomes.served], [200, 0])
})

test('no more streams are open at once than allowed', async () => {
  const at = limited({openMax: 2})
  const open = [duplexPair(), duplexPair()]
  for (const [ours] of open) at.open(ours, ANONYMOUS)
  const reply = await ask(requestOctets(CONSENSUS), at)
  assert.equal(reply.statusLine, 'HTTP/1.0 503 Directory busy, try again later')
  for (const [, theirs] of open) theirs.destroy()
  await waitUntil('closed', SOON, () => at.size === 0)
  assert.equal((await ask(requestOctets(CONSENSUS), at)).status, 200)
})

test('no more octets are compressed for single answers at once than allowed', async () => {
  const at = limited({heldMax: 100})
  assertRefused(await ask(requestOctets('/tor/server/authority.z'), at), 503)
  assert.equal((await ask(requestOctets('/tor/server/authority'), at)).status, 200)
  assert.equal((await ask(requestOctets(`${CONSENSUS}.z`), at)).status, 200)
  const one = limited({jobsMax: 1})
  const replies = await Promise.all([1, 2, 3].map(() => ask(requestOctets('/tor/server/authority.z'), one)))
  assert.deepEqual(replies.map(({status}) => status).sort(), [200, 503, 503])
  assert.equal(one.held, 0)
})

test('a second request on a stream is passed over', async () => {
  const request = requestOctets('/tor/robots.txt').toString().replace('HTTP/1.0', 'HTTP/1.1')
  const reply = await ask(Buffer.from(request + request))
  assert.equal(reply.body.toString(), 'User-agent: *\r\nDisallow: /\r\n')
})

test('who leaves before the end is counted as cut off', async () => {
  const slow: DirectoryRoute = {
    method: 'GET',
    path: '/tor/slow',
    match: 'exact',
    handle: async () => {
      theirs.end()
      await waitUntil('closed', SOON, () => at.size === 0)
      return {status: 200, body: new Uint8Array(10)}
    }
  }
  const at = limited({}, [slow])
  const [ours, theirs] = duplexPair()
  at.open(ours, ANONYMOUS)
  theirs.write(requestOctets('/tor/slow'))
  await waitUntil('cut off', SOON, () => at.outcomes['cut-off'] === 1)
  assert.equal(at.outcomes.served, 0)
})

// ── routes of other roles ───────────────────────────────────────────────────────────────────────────────────────────

test('another role answers its own paths, with body and peer, and its answers are counted', async () => {
  const seen: DirectoryRequest[] = []
  const publish: DirectoryRoute = {
    method: 'POST',
    path: '/tor/hs/3/publish',
    match: 'exact',
    handle: request => {
      seen.push(request)
      return {status: 200}
    }
  }
  const fetch: DirectoryRoute = {
    method: 'GET',
    path: '/tor/hs/3/',
    match: 'prefix',
    handle: async ({path, peer}) =>
      peer.isAnonymous ? {status: 200, headers: {Pragma: 'no-cache'}, body: Buffer.from(path)} : {status: 503}
  }
  const at = limited({}, [publish, fetch])
  assertServed(await ask(requestOctets('/tor/hs/3/abc', ['Accept-Encoding: deflate']), at), '/tor/hs/3/abc')
  assertRefused(await ask(requestOctets('/tor/hs/3/a'), at, {isAnonymous: false, address: undefined}), 503)
  const body = 'x'.repeat(50_000)
  assertRefused(await ask(requestOctets('/tor/hs/3/publish', [], 'POST', body), at), 200)
  assert.deepEqual(
    seen.map(request => [request.method, request.path, textOf(request.body), request.peer]),
    [['POST', '/tor/hs/3/publish', body, ANONYMOUS]]
  )
  assertRefused(await ask(requestOctets('/tor/hs/3/publish', [], 'POST', 'x'.repeat(65_537)), at), 413)
  assert.deepEqual([at.outcomes.served, at.outcomes.busy, at.outcomes['too-large']], [2, 1, 1])
})
