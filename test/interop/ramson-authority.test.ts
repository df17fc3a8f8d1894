// Ramson as directory authority among C tor: alone, it makes a network of C tor work; together with authorities of C tor, it
// comes to the same consensus as they do, and all of them sign it.

import assert from 'node:assert/strict'
import {after, before, describe, it} from 'node:test'
import {fromText} from '../../src/bytes/octets.ts'
import {parseAuthorityCerts} from '../../src/netdoc/authority-cert.ts'
import type {Consensus, ConsensusFlavour} from '../../src/netdoc/consensus/consensus.ts'
import {parseConsensus} from '../../src/netdoc/consensus/parse.ts'
import {countSignatures} from '../../src/netdoc/consensus/verify.ts'
import {AuthorityNetwork, type RunningAuthority} from '../support/authority-network.ts'
import {whyWithoutTor} from '../support/needs-tor.ts'
import {socksConnect} from '../support/socks-client.ts'
import {download, expectedDigest, TransferServer} from '../support/transfer-server.ts'
import {waitUntil} from '../support/wait-until.ts'

const REACHED_MS = 60_000
const OCTETS = 1_000_000
const CONSENSUS_TIMEOUT_MS = 60_000

async function consensusOf(
  network: AuthorityNetwork,
  authority: RunningAuthority,
  flavour: ConsensusFlavour
): Promise<Consensus | undefined> {
  const suffix = flavour === 'ns' ? '' : '-microdesc'
  const text = await network.get(authority, `/tor/status-vote/current/consensus${suffix}`)
  if (text === undefined) return undefined
  const parsed = parseConsensus(text, flavour)
  assert.ok(parsed.ok, JSON.stringify(parsed))
  return parsed.value
}

async function signaturesOn(network: AuthorityNetwork, consensus: Consensus): Promise<number> {
  const [first] = network.authorities
  assert.ok(first)
  const certs = parseAuthorityCerts(fromText((await network.get(first, '/tor/keys/all')) ?? ''))
  assert.ok(certs.ok)
  const authorities = consensus.voters.map(({identity}) => identity)
  return countSignatures(consensus, {authorities, certs: certs.value.accepted, now: new Date()}).good
}

describe('a network of C tor with ramson as its only authority', {skip: whyWithoutTor()}, () => {
  const network = new AuthorityNetwork()
  const [nicknames, authority] = [
    ['exit0', 'ramson0', 'relay0', 'relay1', 'relay2'],
    () => network.authorities[0]
  ]
  let startedAt = 0

  before(async () => {
    startedAt = performance.now()
    await network.orExplain(() => network.start({ramson: 1, tor: 0, relays: 3, exits: 1}))
  })

  after(() => network.stop())

  it('has a consensus of every flavour that lists all relays soon after they came', async t => {
    const ramson = authority()
    assert.ok(ramson)
    for (const flavour of ['ns', 'microdesc'] as const) {
      const what = `all relays in the consensus (${flavour})`
      const consensus = await network.orExplain(() =>
        waitUntil(what, {timeoutMs: CONSENSUS_TIMEOUT_MS, everyMs: 100}, async () => {
          const found = await consensusOf(network, ramson, flavour)
          return found !== undefined && found.relays.length === nicknames.length ? found : undefined
        })
      )
      t.diagnostic(`${flavour}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s after the start`)
      assert.deepEqual(consensus.relays.map(({nickname}) => nickname).sort(), nicknames)
      assert.equal(await signaturesOn(network, consensus), 1)
      for (const {nickname, flags} of consensus.relays) {
        for (const flag of ['Running', 'Valid', 'Fast', 'Stable', 'V2Dir']) {
          assert.ok(flags.has(flag), `${nickname} is not ${flag}`)
        }
        assert.equal(flags.has('Exit'), nickname === 'exit0', nickname)
        assert.equal(flags.has('Authority'), nickname === 'ramson0', nickname)
      }
    }
  })

  it('lets a client bootstrap and move octets through a circuit', async () => {
    const server = await TransferServer.listen()
    try {
      const client = await network.startClient('client')
      // A young client may give up on its first circuits before it knows the exit.
      const socket = await waitUntil('the exit to be reached', {timeoutMs: REACHED_MS, everyMs: 500}, () =>
        socksConnect({socksPort: client.socksPort, host: '127.0.0.1', port: server.port})
      )
      const got = await download(socket, OCTETS, 'through-ramson', 60_000)
      assert.equal(got.digest, expectedDigest('through-ramson', OCTETS))
    } finally {
      server.close()
    }
  })

  it('goes on after a restart with the relays that it knew', async () => {
    const ramson = authority()
    assert.ok(ramson?.subject)
    const before = await consensusOf(network, ramson, 'ns')
    const end = await ramson.subject.end('SIGTERM', 10_000)
    assert.equal(end.code, 0)
    await ramson.subject.start()
    const consensus = await network.orExplain(() =>
      waitUntil('a new consensus', {timeoutMs: CONSENSUS_TIMEOUT_MS, everyMs: 250}, async () => {
        const found = await consensusOf(network, ramson, 'ns')
        return found !== undefined && before !== undefined && found.validAfter > before.validAfter
          ? found
          : undefined
      })
    )
    assert.deepEqual(consensus.relays.map(({nickname}) => nickname).sort(), nicknames)
  })

  it('is believed by every relay: none of them warns of a document', () => {
    for (const relay of network.relays) {
      const lines = relay.daemon.log().split('\n')
      const warnings = lines.filter(line =>
        /\[(?:warn|err)\].*(?:consensus|descriptor|certificate)/i.test(line)
      )
      // Before there is a consensus whoever asks for one hears 404, from any authority.
      assert.deepEqual(
        warnings.filter(line => !/status code 404/.test(line)),
        [],
        relay.name
      )
    }
  })
})

describe('authorities of ramson and of C tor together', {skip: whyWithoutTor()}, () => {
  const network = new AuthorityNetwork()

  before(() => network.orExplain(() => network.start({ramson: 1, tor: 2, relays: 1, exits: 1})))
  after(() => network.stop())

  it('agree on one consensus with three signatures, in every flavour', async () => {
    for (const flavour of ['ns', 'microdesc'] as const) {
      const agreed = await network.orExplain(() =>
        waitUntil(
          `the same signed consensus (${flavour}) everywhere`,
          {timeoutMs: CONSENSUS_TIMEOUT_MS},
          async () => {
            const all = await Promise.all(
              network.authorities.map(each => consensusOf(network, each, flavour))
            )
            const found = all.filter(consensus => consensus !== undefined)
            const [first] = found
            if (first === undefined || found.length !== all.length || first.relays.length !== 5)
              return undefined
            const times = new Set(found.map(({validAfter}) => Number(validAfter)))
            const counts = await Promise.all(found.map(consensus => signaturesOn(network, consensus)))
            return times.size === 1 && counts.every(count => count === 3) ? found : undefined
          }
        )
      )
      const [first, ...others] = agreed.map(({octets, signedLength}) =>
        Buffer.from(octets.subarray(0, signedLength))
      )
      for (const other of others) assert.deepEqual(other, first)
    }
  })
})
