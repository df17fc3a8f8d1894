import assert from 'node:assert/strict'
import {test} from 'node:test'
import type {RelayProfile} from '../../../src/roles/relay/own-documents.ts'
import {
  type Published,
  type PublishSituation,
  reasonToPublish
} from '../../../src/roles/relay/publish-rules.ts'

const HOUR_MS = 3600_000
const NOW_MS = 1_800_000_000_000
const keys = 'those'
const profile: RelayProfile = {
  nickname: 'relay',
  contact: undefined,
  family: [],
  familyIds: [],
  platform: 'ramson',
  ipv4: {address: Uint8Array.of(127, 0, 0, 1), port: 9001},
  ipv6: undefined,
  rate: 1000,
  burst: 1000,
  maxAdvertised: 1000,
  isHiddenServiceDir: false,
  isTunnelledDirServer: true
}
const situation: PublishSituation = {profile, keys, observed: 1000, isHibernating: false, listing: 'listed'}

function published(hoursAgo: number): Published {
  return {atMs: NOW_MS - hoursAgo * HOUR_MS, profile, keys, observed: 1000, isHibernating: false}
}

const reason = (last: Published | undefined, changed: Partial<PublishSituation> = {}) =>
  reasonToPublish(last, {...situation, ...changed}, NOW_MS)

test('dir-spec 2.1: a relay publishes when it starts, and then not without a reason', () => {
  assert.equal(reason(undefined), 'started')
  assert.equal(reason(published(1)), undefined)
  assert.equal(reason(published(17.9)), undefined)
})

test('dir-spec 2.1: after 18 hours it publishes again', () => {
  assert.equal(reason(published(18)), 'too old')
})

test('what the descriptor says of the relay is published when it changes', () => {
  const moved = {...profile, ipv4: {address: Uint8Array.of(127, 0, 0, 2), port: 9001}}
  assert.equal(reason(published(0.1), {profile: moved}), 'address changed')
  assert.equal(reason(published(0.1), {profile: {...profile, contact: 'me'}}), 'configuration changed')
  assert.equal(reason(published(0.1), {keys: 'others'}), 'keys changed')
  assert.equal(reason(published(0.1), {isHibernating: true}), 'hibernation changed')
})

test('bandwidth is news when it doubled or halved, and not within three hours', () => {
  assert.equal(reason(published(2), {observed: 5000}), undefined)
  assert.equal(reason(published(4), {observed: 2000}), undefined)
  assert.equal(reason(published(4), {observed: 2001}), 'bandwidth changed')
  assert.equal(reason(published(4), {observed: 499}), 'bandwidth changed')
})

test('a relay that the consensus does not list, or lists as stale, publishes again after 90 minutes', () => {
  assert.equal(reason(published(1.4), {listing: 'missing'}), undefined)
  assert.equal(reason(published(1.5), {listing: 'missing'}), 'not listed in the consensus')
  assert.equal(reason(published(1.5), {listing: 'stale'}), 'listed as stale')
})
