// The rules of an HSDir, one by one, at its routes.

import assert from 'node:assert/strict'
import {test} from 'node:test'
import {toBase64, toBase64Unpadded} from '../../../src/bytes/base64.ts'
import {fromText} from '../../../src/bytes/octets.ts'
import {ed25519Ready, generateEd25519} from '../../../src/crypto/ed25519.ts'
import {type HsDir, openHsDir} from '../../../src/roles/hsdir/hsdir.ts'
import type {SavedDescriptorsFile} from '../../../src/roles/hsdir/saved-descriptors.ts'
import {type DescriptorMaterial, madeDescriptor} from '../../support/onion-messages.ts'
import {readVectors} from '../../support/package-root.ts'

await ed25519Ready

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const ANONYMOUS = {isAnonymous: true}
const SINGLE_HOP = {isAnonymous: false}
const PUBLISH = '/tor/hs/3/publish'
const NOTHING = new Uint8Array(0)

class MemoryFile implements SavedDescriptorsFile {
  octets: Uint8Array | undefined
  take(): Uint8Array | undefined {
    const {octets} = this
    this.octets = undefined
    return octets
  }
  put(octets: Uint8Array): void {
    this.octets = octets
  }
}

class Bench {
  readonly file: MemoryFile
  readonly hsDir: HsDir
  nowMs = Date.now()
  octetsMax = 1_000_000
  maxDescriptorLength = 50_000

  constructor(file = new MemoryFile(), nowMs = Date.now()) {
    this.file = file
    this.nowMs = nowMs
    this.hsDir = openHsDir({
      octetsMax: () => this.octetsMax,
      maxDescriptorLength: () => this.maxDescriptorLength,
      nowMs: () => this.nowMs,
      saved: file
    })
  }

  publish(body: Uint8Array, path = PUBLISH, peer = ANONYMOUS): number {
    return this.#handle('POST', path, body, peer).status
  }

  fetch(blindedKey: Uint8Array, peer = ANONYMOUS) {
    return this.get(`/tor/hs/3/${toBase64Unpadded(blindedKey)}`, peer)
  }

  get(path: string, peer = ANONYMOUS) {
    return this.#handle('GET', path, NOTHING, peer)
  }

  #handle(method: string, path: string, body: Uint8Array, peer: {readonly isAnonymous: boolean}) {
    const route = this.hsDir.routes.find(at => at.method === method && path.startsWith(at.path))
    assert.ok(route !== undefined, `nobody answers ${path}`)
    return route.handle({path, body, peer})
  }
}

test('rend-spec-v3 2.2.6: a descriptor that was published is there for whoever asks for its blinded key', () => {
  const bench = new Bench()
  const {octets, blindedKey} = madeDescriptor()
  assert.equal(bench.publish(octets), 200)
  const answer = bench.fetch(blindedKey)
  assert.equal(answer.status, 200)
  assert.deepEqual(answer.body, octets)
})

test('the octets that are kept are a copy of those that came', () => {
  const bench = new Bench()
  const {octets, blindedKey} = madeDescriptor()
  const came = octets.slice()
  bench.publish(came)
  came.fill(0)
  assert.deepEqual(bench.fetch(blindedKey).body, octets)
})

test('a blinded key may be asked for with or without padding', () => {
  const bench = new Bench()
  const {octets, blindedKey} = madeDescriptor()
  bench.publish(octets)
  assert.equal(bench.get(`/tor/hs/3/${toBase64(blindedKey)}`).status, 200)
})

test('single-hop connections get 503, whether they publish or fetch', () => {
  const bench = new Bench()
  const {octets, blindedKey} = madeDescriptor()
  assert.equal(bench.publish(octets, PUBLISH, SINGLE_HOP), 503)
  assert.equal(bench.fetch(blindedKey).status, 404)
  bench.publish(octets)
  const answer = bench.fetch(blindedKey, SINGLE_HOP)
  assert.equal(answer.status, 503)
  assert.equal(answer.body, undefined)
  assert.equal(bench.hsDir.counters.publish.not_anonymous, 1)
  assert.equal(bench.hsDir.counters.fetch.not_anonymous, 1)
})

for (const key of [
  '',
  'A',
  'AAAA',
  '!'.repeat(43),
  'A'.repeat(44),
  `${'A'.repeat(42)}=`,
  '../publish',
  'A'.repeat(5000)
]) {
  test(`TROVE-2017-002: a fetch of ${key.length < 50 ? `"${key}"` : `${key.length} characters`} gets 404`, () => {
    const bench = new Bench()
    bench.publish(madeDescriptor().octets)
    assert.equal(bench.get(`/tor/hs/3/${key}`).status, 404)
  })
}

for (const path of [
  '/tor/hs/',
  '/tor/hs/publish',
  '/tor/hs/2/publish',
  '/tor/hs/4/publish',
  '/tor/hs/3/',
  '/tor/hs/3/publishing',
  '/tor/hs/x/publish'
]) {
  test(`publishing to ${path} gets 400`, () => {
    const bench = new Bench()
    assert.equal(bench.publish(madeDescriptor().octets, path), 400)
    assert.equal(bench.hsDir.counters.publish.unknown_path, 1)
    assert.equal(bench.hsDir.size(), 0)
  })
}

test('C tor’s descriptor with a bad signature gets 400', () => {
  const {documents} = readVectors<{documents: Record<string, string>}>('hs_descriptors.json')
  const bench = new Bench()
  for (const document of Object.values(documents)) assert.equal(bench.publish(fromText(document)), 400)
  assert.equal(bench.hsDir.counters.publish.malformed, Object.keys(documents).length)
})

const BAD: readonly [string, () => Uint8Array][] = [
  ['nothing', () => NOTHING],
  ['a NUL in front', () => Uint8Array.of(0, ...madeDescriptor().octets)],
  ['a lifetime of 721 minutes', () => madeDescriptor({lifetimeMinutes: 721}).octets],
  ['48 encrypted octets', () => madeDescriptor({encryptedLength: 48}).octets],
  ['a certificate that ended long ago', () => madeDescriptor({certExpiresAt: new Date(0)}).octets],
  [
    'one octet changed',
    () => {
      const {octets} = madeDescriptor()
      const at = Math.floor(octets.length / 2)
      octets[at] = octets[at] === 65 ? 66 : 65
      return octets
    }
  ],
  ['text behind its signature', () => Uint8Array.of(...madeDescriptor().octets, ...fromText('more\n'))]
]

for (const [what, body] of BAD) {
  test(`rend-spec-v3 2.4: a descriptor with ${what} gets 400`, () => {
    const bench = new Bench()
    assert.equal(bench.publish(body()), 400)
    assert.equal(bench.hsDir.size(), 0)
  })
}

test('TROVE-2021-006: a descriptor cut off anywhere gets 400', () => {
  const bench = new Bench()
  const {octets} = madeDescriptor({encryptedLength: 100})
  // The newline at the end is not covered by anything.
  for (let length = 0; length < octets.length - 1; length++) {
    assert.equal(bench.publish(octets.subarray(0, length)), 400, `${length} octets`)
  }
})

test('a descriptor is shorter than HSV3MaxDescriptorSize', () => {
  const bench = new Bench()
  const {octets} = madeDescriptor()
  bench.maxDescriptorLength = octets.length
  assert.equal(bench.publish(octets), 400)
  bench.maxDescriptorLength = octets.length + 1
  assert.equal(bench.publish(octets), 200)
})

test('rend-spec-v3 2.2.3: only a strictly higher revision counter replaces a descriptor', () => {
  const bench = new Bench()
  const blinded = generateEd25519()
  const at = (revisionCounter: bigint) => madeDescriptor({blinded, revisionCounter})
  const first = at(42n)
  assert.equal(bench.publish(first.octets), 200)
  assert.equal(bench.publish(first.octets), 400)
  assert.equal(bench.publish(at(42n).octets), 400)
  assert.equal(bench.publish(at(41n).octets), 400)
  assert.deepEqual(bench.fetch(blinded.public).body, first.octets)
  const next = at(43n)
  assert.equal(bench.publish(next.octets), 200)
  assert.deepEqual(bench.fetch(blinded.public).body, next.octets)
  assert.equal(bench.publish(at(2n ** 64n - 1n).octets), 200)
  assert.equal(bench.publish(at(0n).octets), 400)
  assert.equal(bench.hsDir.size(), 1)
  assert.deepEqual(bench.hsDir.counters.publish, {
    stored: 3,
    malformed: 0,
    outdated: 4,
    unknown_path: 0,
    not_anonymous: 0
  })
})

test('rend-spec-v3 2.4: a descriptor is served until its lifetime is over, swept or not', () => {
  const bench = new Bench()
  const short = madeDescriptor({lifetimeMinutes: 30, certExpiresAt: new Date(bench.nowMs + 24 * HOUR_MS)})
  const long = madeDescriptor({lifetimeMinutes: 720, certExpiresAt: new Date(bench.nowMs + 24 * HOUR_MS)})
  bench.publish(short.octets)
  bench.publish(long.octets)
  bench.nowMs += 30 * MINUTE_MS - 1
  assert.equal(bench.fetch(short.blindedKey).status, 200)
  bench.nowMs += 1
  assert.equal(bench.fetch(short.blindedKey).status, 404)
  assert.equal(bench.fetch(long.blindedKey).status, 200)
  bench.nowMs += 12 * HOUR_MS
  bench.hsDir.expire()
  assert.equal(bench.hsDir.size(), 0)
  assert.equal(bench.hsDir.octets(), 0)
  assert.equal(bench.hsDir.counters.cache.expired, 2)
})

test('a descriptor whose lifetime is over is none: a lower revision counter may follow', () => {
  const bench = new Bench()
  const blinded = generateEd25519()
  bench.publish(madeDescriptor({blinded, revisionCounter: 9n, lifetimeMinutes: 30}).octets)
  bench.nowMs += 30 * MINUTE_MS
  assert.equal(bench.publish(madeDescriptor({blinded, revisionCounter: 8n}).octets), 200)
})

test('a full cache evicts what was fetched least, then what is oldest, and never what has just come', () => {
  const bench = new Bench()
  const cost = madeDescriptor().octets.length + 512
  bench.octetsMax = 10 * cost
  const descriptors = Array.from({length: 11}, () => madeDescriptor())
  const keys = descriptors.map(({blindedKey}) => blindedKey)
  for (const [i, {octets}] of descriptors.slice(0, 10).entries()) {
    bench.nowMs += 1
    bench.publish(octets)
    if (i < 3) bench.fetch(keys[i] as Uint8Array)
  }
  assert.equal(bench.hsDir.size(), 10)
  bench.publish(descriptors[10]?.octets as Uint8Array)
  // Half of the cache is freed at once, so that the next ones find room.
  const left = keys.map(key => bench.fetch(key).status === 200)
  assert.deepEqual(left, [true, true, true, false, false, false, false, false, true, true, true])
  assert.equal(bench.hsDir.counters.cache.evicted, 5)
  assert.ok(bench.hsDir.octets() <= bench.octetsMax)
})

test('0.4.8.18: the count of downloads survives an upload', () => {
  const bench = new Bench()
  const popular = generateEd25519()
  const at = (revisionCounter: bigint) => madeDescriptor({blinded: popular, revisionCounter}).octets
  bench.publish(at(1n))
  bench.fetch(popular.public)
  bench.publish(at(2n))
  const unpopular = madeDescriptor()
  bench.publish(unpopular.octets)
  bench.hsDir.trim(1)
  assert.equal(bench.fetch(popular.public).status, 200)
  assert.equal(bench.fetch(unpopular.blindedKey).status, 404)
})

test('a cache whose bound is below one descriptor holds one', () => {
  const bench = new Bench()
  bench.octetsMax = 1
  for (let i = 0; i < 3; i++) assert.equal(bench.publish(madeDescriptor().octets), 200)
  assert.equal(bench.hsDir.size(), 1)
})

test('low memory takes from the cache what it asks for, and no more than there is', () => {
  const bench = new Bench()
  for (let i = 0; i < 4; i++) bench.publish(madeDescriptor().octets)
  const held = bench.hsDir.octets()
  assert.ok(bench.hsDir.trim(1) >= 1)
  assert.equal(bench.hsDir.size(), 3)
  assert.equal(bench.hsDir.trim(10 * held) + held / 4, held)
  assert.equal(bench.hsDir.octets(), 0)
})

// ── over a restart ──────────────────────────────────────────────────────────────────────────────────────────────────────

async function restart(bench: Bench, nowMs = bench.nowMs): Promise<Bench> {
  await bench.hsDir.close()
  const next = new Bench(bench.file, nowMs)
  await next.hsDir.restored
  return next
}

function published(bench: Bench, material: DescriptorMaterial = {}) {
  const made = madeDescriptor({certExpiresAt: new Date(bench.nowMs + 24 * HOUR_MS), ...material})
  assert.equal(bench.publish(made.octets), 200)
  return made
}

test('after a restart what is alive is served as before, and what is not is not', async () => {
  const bench = new Bench()
  const short = published(bench, {lifetimeMinutes: 30})
  const long = published(bench, {lifetimeMinutes: 180})
  const next = await restart(bench, bench.nowMs + HOUR_MS)
  assert.equal(next.fetch(short.blindedKey).status, 404)
  assert.deepEqual(next.fetch(long.blindedKey).body, long.octets)
  next.nowMs += 2 * HOUR_MS
  assert.equal(next.fetch(long.blindedKey).status, 404)
})

test('after a restart revision counters and downloads still count', async () => {
  const bench = new Bench()
  const blinded = generateEd25519()
  published(bench, {blinded, revisionCounter: 7n})
  bench.fetch(blinded.public)
  const unpopular = published(bench)
  const next = await restart(bench)
  assert.equal(next.publish(madeDescriptor({blinded, revisionCounter: 7n}).octets), 400)
  next.hsDir.trim(1)
  assert.equal(next.fetch(blinded.public).status, 200)
  assert.equal(next.fetch(unpopular.blindedKey).status, 404)
})

test('what was saved is taken once', async () => {
  const bench = new Bench()
  published(bench)
  const next = await restart(bench)
  assert.equal(next.hsDir.size(), 1)
  assert.equal(bench.file.octets, undefined)
  const afterCrash = new Bench(bench.file, next.nowMs)
  await afterCrash.hsDir.restored
  assert.equal(afterCrash.hsDir.size(), 0)
})

test('what came by a clock that is ahead of ours is not brought back', async () => {
  const bench = new Bench()
  published(bench)
  const next = await restart(bench, bench.nowMs - 1)
  assert.equal(next.hsDir.size(), 0)
})

test('a descriptor that comes while older ones are brought back stays', async () => {
  const bench = new Bench()
  const blinded = generateEd25519()
  for (let i = 0; i < 40; i++) published(bench)
  published(bench, {blinded, revisionCounter: 1n})
  await bench.hsDir.close()
  const next = new Bench(bench.file, bench.nowMs)
  const newer = published(next, {blinded, revisionCounter: 2n})
  await next.hsDir.restored
  assert.equal(next.hsDir.size(), 41)
  assert.deepEqual(next.fetch(blinded.public).body, newer.octets)
})

test('a saved file that was tampered with, cut off or is another’s brings nothing false back', async () => {
  const bench = new Bench()
  published(bench)
  await bench.hsDir.close()
  const whole = bench.file.octets as Uint8Array
  const changed = whole.slice()
  changed[changed.length - 200] = (changed[changed.length - 200] ?? 0) ^ 1
  for (const octets of [
    changed,
    whole.subarray(0, whole.length - 1),
    fromText('hs-descriptor 3\n'),
    NOTHING
  ]) {
    const file = new MemoryFile()
    file.octets = octets
    const next = new Bench(file, bench.nowMs)
    await next.hsDir.restored
    assert.equal(next.hsDir.size(), 0)
  }
})
