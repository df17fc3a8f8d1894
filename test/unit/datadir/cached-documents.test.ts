import assert from 'node:assert/strict'
import {mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {fromText, toLatin1} from '../../../src/bytes/octets.ts'
import {CachedDocuments} from '../../../src/datadir/cached-documents.ts'
import type {DataDirFault} from '../../../src/datadir/fault.ts'
import type {Result} from '../../../src/fault/result.ts'

const folder = mkdtempSync(join(tmpdir(), 'ramson-cache-'))
after(() => rmSync(folder, {recursive: true}))
const cache = new CachedDocuments(folder)

function text(read: Result<Uint8Array | undefined, DataDirFault>): string | undefined {
  assert.ok(read.ok)
  return read.value && toLatin1(read.value)
}

test('an empty cache has no document', () => {
  assert.equal(text(cache.readConsensus('microdesc')), undefined)
  assert.equal(text(cache.readCertificates()), undefined)
  assert.equal(text(cache.readMicrodescriptors()), undefined)
})

test('each flavour of consensus and the certificates have the file that C tor has for them', () => {
  assert.ok(cache.writeConsensus('microdesc', fromText('m\n')).ok)
  assert.ok(cache.writeConsensus('ns', fromText('n\n')).ok)
  assert.ok(cache.writeCertificates([fromText('a\n'), fromText('b\n')]).ok)
  assert.equal(readFileSync(join(folder, 'cached-microdesc-consensus'), 'utf8'), 'm\n')
  assert.equal(readFileSync(join(folder, 'cached-consensus'), 'utf8'), 'n\n')
  assert.equal(readFileSync(join(folder, 'cached-certs'), 'utf8'), 'a\nb\n')
  assert.equal(text(cache.readConsensus('ns')), 'n\n')
})

test('octets that are no text survive', () => {
  const octets = Uint8Array.from({length: 256}, (_, i) => i)
  assert.ok(cache.writeConsensus('ns', octets).ok)
  const read = cache.readConsensus('ns')
  assert.deepEqual(read.ok && read.value, octets)
})

test('microdescriptors carry when they were last listed; the journal is read behind the cache', () => {
  const lastListed = new Date('2026-11-22T10:00:00Z')
  assert.ok(cache.replaceMicrodescriptors([{octets: fromText('onion-key\n1\n'), lastListed}]).ok)
  assert.ok(cache.appendMicrodescriptors([{octets: fromText('onion-key\n2\n'), lastListed}]).ok)
  assert.ok(cache.appendMicrodescriptors([{octets: fromText('onion-key\n3\n'), lastListed: undefined}]).ok)
  const first = '@last-listed 2026-11-22 10:00:00\nonion-key\n1\n'
  const others = '@last-listed 2026-11-22 10:00:00\nonion-key\n2\nonion-key\n3\n'
  assert.equal(readFileSync(join(folder, 'cached-microdescs'), 'utf8'), first)
  assert.equal(readFileSync(join(folder, 'cached-microdescs.new'), 'utf8'), others)
  assert.equal(text(cache.readMicrodescriptors()), first + others)
  assert.ok(cache.replaceMicrodescriptors([]).ok)
  assert.equal(text(cache.readMicrodescriptors()), undefined)
})

test('an empty cache file is none, and one larger than any network is refused', () => {
  const path = join(folder, 'cached-certs')
  writeFileSync(path, '')
  assert.equal(text(cache.readCertificates()), undefined)
  truncateSync(path, (64 << 20) + 1)
  const read = cache.readCertificates()
  assert.equal(!read.ok && read.fault.code, 'too-large')
})
