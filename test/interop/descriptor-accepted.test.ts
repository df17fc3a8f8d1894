// What ramson prints is judged by a directory authority of C tor, and what that authority publishes is read by ramson: a
// descriptor and an extra-info go to its DirPort, come back out of it, and end up in a consensus and a microdescriptor.

import assert from 'node:assert/strict'
import {after, before, describe, it} from 'node:test'
import {toBase16Upper} from '../../src/bytes/base16.ts'
import {toBase64Unpadded} from '../../src/bytes/base64.ts'
import {equal} from '../../src/bytes/octets.ts'
import {sha3_256} from '../../src/crypto/digest.ts'
import {ed25519Ready} from '../../src/crypto/ed25519.ts'
import {NetDir} from '../../src/netdir/net-dir.ts'
import {hasFlag} from '../../src/netdir/relay.ts'
import {formatAddressPort, parseAddressPort} from '../../src/netdoc/address.ts'
import {type AuthorityCert, parseAuthorityCerts} from '../../src/netdoc/authority-cert.ts'
import {
  type ConsensusFlavour,
  signedPart,
  type VerifiedConsensus
} from '../../src/netdoc/consensus/consensus.ts'
import {parseConsensus} from '../../src/netdoc/consensus/parse.ts'
import {verifyConsensus} from '../../src/netdoc/consensus/verify.ts'
import {printExtraInfo} from '../../src/netdoc/extra-info/print.ts'
import {parseMicrodescriptors} from '../../src/netdoc/microdescriptor.ts'
import type {PrintedDocument} from '../../src/netdoc/relay-document.ts'
import {familyId} from '../../src/netdoc/router-descriptor/family.ts'
import {parseRouterDescriptors} from '../../src/netdoc/router-descriptor/parse-many.ts'
import {printRouterDescriptor, type RouterDescriptorKeys} from '../../src/netdoc/router-descriptor/print.ts'
import {freePort} from '../support/free-ports.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {makeFamilyCert, makeRelayKeys} from '../support/relay-keys.ts'
import {startTorNetwork, type TorNetwork} from '../support/tor-network.ts'
import {waitUntil} from '../support/wait-until.ts'

const CONSENSUS_TIMEOUT_MS = 90_000

describe('a directory authority of C tor', {skip: whyWithoutTor()}, () => {
  let network: TorNetwork
  let keys: RouterDescriptorKeys
  let family: ReturnType<typeof makeFamilyCert>
  let fingerprint = ''
  let orPort = 0
  let descriptor: PrintedDocument
  let extraInfo: PrintedDocument

  function url(path: string): string {
    return `http://127.0.0.1:${network.authorities[0]?.dirPort}${path}`
  }

  async function upload(body: string): Promise<{readonly status: number; readonly notNew: string | null}> {
    const {status, headers} = await fetch(url('/tor/'), {method: 'POST', body})
    return {status, notNew: headers.get('x-descriptor-not-new')}
  }

  async function download(path: string, headers: Record<string, string> = {}): Promise<Uint8Array> {
    const response = await fetch(url(path), {headers: {'accept-encoding': 'identity', ...headers}})
    assert.equal(response.status, 200, path)
    return new Uint8Array(await response.arrayBuffer())
  }

  async function certs(): Promise<readonly AuthorityCert[]> {
    const parsed = parseAuthorityCerts(await download('/tor/keys/all'))
    assert.ok(parsed.ok)
    assert.deepEqual(parsed.value.refused, [])
    return parsed.value.accepted
  }

  async function consensus(flavour: ConsensusFlavour): Promise<VerifiedConsensus> {
    const path = `/tor/status-vote/current/consensus${flavour === 'ns' ? '' : '-microdesc'}`
    const parsed = parseConsensus(await download(path), flavour)
    assert.ok(parsed.ok, JSON.stringify(parsed))
    const known = await certs()
    const authorities = known.map(({identity}) => identity)
    const verified = verifyConsensus(parsed.value, {authorities, certs: known, now: new Date()})
    assert.ok(verified.ok, JSON.stringify(verified))
    return verified.value
  }

  /** A consensus of each flavour that lists the relay. */
  function listed(flavour: ConsensusFlavour): Promise<VerifiedConsensus> {
    const limits = {timeoutMs: CONSENSUS_TIMEOUT_MS, everyMs: 1000}
    return waitUntil(`the relay in the ${flavour} consensus`, limits, async () => {
      const current = await consensus(flavour)
      return current.relays.some(relay => toBase16Upper(relay.identity) === fingerprint) && current
    })
  }

  before(async () => {
    await ed25519Ready
    // No process listens on the relay's ORPort: the authority is told to believe the descriptor.
    const authorityTorrc = ['AuthDirTestReachability 0']
    network = await startTorNetwork({authorities: 1, relays: 0, exits: 0, authorityTorrc})
    keys = makeRelayKeys()
    family = makeFamilyCert(keys.ed25519)
    orPort = await freePort()
    const published = new Date()
    extraInfo = printExtraInfo(
      {
        nickname: 'ramson',
        published,
        statistics: [
          'write-history 2026-11-22 10:00:00 (86400 s) 1,2,3',
          'read-history 2026-11-22 10:00:00 (86400 s) 1,2,3'
        ]
      },
      keys
    )
    descriptor = printRouterDescriptor(
      {
        nickname: 'ramson',
        ipv4: parseAddressPort(`127.0.0.1:${orPort}`) ?? assert.fail(),
        ipv6: parseAddressPort(`[::1]:${orPort}`) ?? assert.fail(),
        platform: 'ramson 0.1.0 on Linux',
        protocols:
          'Cons=2 Desc=2-4 DirCache=2 FlowCtrl=1-2 HSDir=2 HSIntro=4-5 HSRend=2 Link=4-5 LinkAuth=3 Microdesc=2-3 Padding=2 Relay=2-4',
        published,
        uptime: 100,
        bandwidth: {rate: 1_000_000, burst: 2_000_000, observed: 50_000},
        extraInfo,
        contact: 'J\u00f6rg <joerg@example.invalid>',
        family: [`$${'A'.repeat(40)}`],
        familyCerts: [family.cert],
        isHiddenServiceDir: true,
        isTunnelledDirServer: true,
        overloadedAt: published
      },
      keys
    )
    const parsed = parseRouterDescriptors(descriptor.octets)
    assert.ok(parsed.ok)
    fingerprint = toBase16Upper(parsed.value.accepted[0]?.identity ?? assert.fail())
  })

  after(() => network?.stop())

  it('refuses the descriptor when a character of it was changed', async () => {
    const {status} = await upload(descriptor.text.replace('uptime 100', 'uptime 101') + extraInfo.text)
    assert.equal(status, 400)
  })

  it('accepts the descriptor with its extra-info', async () => {
    const {status, notNew} = await upload(descriptor.text + extraInfo.text)
    assert.equal(status, 200)
    assert.equal(notNew, null)
  })

  it('serves both again as they were', async () => {
    assert.ok(equal(await download(`/tor/server/fp/${fingerprint}`), descriptor.octets))
    assert.ok(equal(await download(`/tor/server/d/${toBase16Upper(descriptor.digest)}`), descriptor.octets))
    assert.ok(equal(await download(`/tor/extra/d/${toBase16Upper(extraInfo.digest)}`), extraInfo.octets))
  })

  it('lists the relay in an ns consensus that verifies', async () => {
    const relay = (await listed('ns')).relays.find(({identity}) => toBase16Upper(identity) === fingerprint)
    assert.deepEqual(relay?.descriptorDigest, descriptor.digest)
    assert.equal(formatAddressPort(relay?.ipv4 ?? assert.fail()), `127.0.0.1:${orPort}`)
    assert.ok(relay?.flags.has('V2Dir') && relay.flags.has('HSDir'))
    // A platform that does not begin with Tor has no version to recommend.
    assert.equal(relay?.version, undefined)
    assert.ok(relay?.protocols.supports('FlowCtrl', 2) && !relay.protocols.supports('Relay', 5))
  })

  it('makes a microdescriptor with the relay\u2019s keys, which a NetDir finds by either identity', async () => {
    const verified = await listed('microdesc')
    const empty = NetDir.fromMicrodescriptors(verified, [])
    const digests = empty.missingDescriptors().map(toBase64Unpadded)
    const found = parseMicrodescriptors(await download(`/tor/micro/d/${digests.join('-')}`))
    assert.ok(found.ok)
    assert.deepEqual(found.value.refused, [])
    const netDir = empty.withMicrodescriptors(found.value.accepted)
    assert.deepEqual(netDir.missingDescriptors(), [])
    const relay = netDir.relayByEd25519(keys.ed25519)
    assert.equal(relay?.fingerprint, fingerprint)
    assert.deepEqual(relay?.keys?.ntorOnionKey, keys.ntorOnionKey.public)
    assert.deepEqual(relay?.keys?.familyIds, [familyId(family.key)])
    assert.ok(relay && hasFlag(relay, 'Valid'))
    assert.ok(netDir.isLive(new Date()))
  })

  it('names a consensus as ramson does when asked for a diff to it', async () => {
    const base = await consensus('microdesc')
    const header = {'x-or-diff-from-consensus': toBase16Upper(sha3_256(signedPart(base)))}
    const path = '/tor/status-vote/current/consensus-microdesc'
    await waitUntil('a diff', {timeoutMs: CONSENSUS_TIMEOUT_MS, everyMs: 1000}, async () => {
      const answer = await download(path, header)
      return new TextDecoder().decode(answer).startsWith('network-status-diff-version 1\n')
    })
  })
})
