// Half of all HSDirs die one after another, with nobody told, and the service is reached again without help. A network of
// ramson alone: the authority finds out by itself who is gone, service and client by their circuits and by the next consensus.
//
// The relays that die are chosen to hurt: all vanguards of the client first, unless the authority is one. Vanguards are never
// replaced for failing, since whoever could make them fail could then choose them, so with all of them dead no circuit of
// the client gets anywhere until the consensus leaves them out. The bound on the way back is therefore the consensus's:
//
//   death ─▶ two tests that failed, 4 s ─▶ the next consensus, 10 s and 4 s of voting ─▶ its fetching, 6 s ─▶ circuits

import assert from 'node:assert/strict'
import {after, before, describe, it} from 'node:test'
import {setTimeout as delay} from 'node:timers/promises'
import {SERVICE_PORT} from '../../src/app/network/layout.ts'
import {NetworkNodes} from '../../src/app/network/network-nodes.ts'
import {type Preparation, prepare} from '../../src/app/network/prepare.ts'
import {fetchOverSocks} from '../../src/app/network/socks-fetch.ts'
import {Steps} from '../../src/app/network/steps.ts'
import type {OriginNode} from '../../src/app/origin-node.ts'
import {hasFlag} from '../../src/netdir/relay.ts'
import {waitUntil} from '../support/wait-until.ts'

const RELAYS = 13
const INTERVAL_SECONDS = 10
const START_MS = 60_000
const FETCH_MS = 20_000
const BETWEEN_DEATHS_MS = 600
/** What a fetch may take in the end: twice the bound above, for machines that are busy. */
const RECOVERY_MS = 60_000

describe('an onion service whose HSDirs die', () => {
  let preparation: Preparation
  let nodes: NetworkNodes
  let service: OriginNode
  let client: OriginNode

  before(async () => {
    const steps = new Steps(() => {})
    const prepared = await prepare({relays: RELAYS, intervalSeconds: INTERVAL_SECONDS}, steps)
    assert.ok(prepared.ok, JSON.stringify(prepared))
    preparation = prepared.value
    nodes = new NetworkNodes(preparation, steps)
    assert.ok((await nodes.startRelays()).ok)
    await waitUntil('all relays in the consensus', {timeoutMs: START_MS, everyMs: 50}, () => {
      return nodes.listed.length === RELAYS + 1
    })
    const [startedService, startedClient] = await Promise.all([
      nodes.startService(() => {}),
      nodes.startClient(() => {})
    ])
    assert.ok(startedService.ok && startedClient.ok)
    service = startedService.value
    client = startedClient.value
    await waitUntil('the descriptors to be published', {timeoutMs: START_MS, everyMs: 100}, () => {
      return nodes.descriptors.length === 2 && nodes.descriptors.every(each => isPublished(each.published))
    })
  })

  after(async () => {
    await nodes.close()
    await preparation.close()
  })

  /** Milliseconds that a fetch of the page took; undefined when it failed. */
  async function fetchPage(): Promise<number | undefined> {
    const startedMs = performance.now()
    const {onion: host, socksPort} = nodes.addresses
    const fetched = await fetchOverSocks({socksPort, host, port: SERVICE_PORT, timeoutMs: FETCH_MS})
    return fetched.ok && fetched.value.status === 200 ? performance.now() - startedMs : undefined
  }

  /** As `fetchPage`, with nothing that an earlier fetch left behind: no circuit, no descriptor. */
  function fetchAnew(): Promise<number | undefined> {
    client.client.client.newIdentity()
    return fetchPage()
  }

  /** Names of relays by who hurts most. */
  function victims(count: number): string[] {
    const byFingerprint = new Map([...nodes.relays].map(([name, node]) => [node.fingerprint, name] as const))
    const holders = [...nodes.relays]
      .filter(([, node]) => node.onionRoles.sizes().hsDirDescriptors > 0)
      .map(([name]) => name)
    const named = (fingerprints: readonly string[]) =>
      fingerprints.flatMap(fingerprint => byFingerprint.get(fingerprint) ?? [])
    const wanted = [
      ...named(client.client.paths.vanguards),
      ...named(service.client.paths.vanguards),
      ...holders
    ]
    return [...new Set(wanted)].filter(name => name !== 'authority').slice(0, count)
  }

  it('rend-spec-v3 2.2.3: is reached anew after half of them died one after another', async t => {
    assert.notEqual(await fetchPage(), undefined, 'the page, with everybody there')
    const hsdirs = service.client.netDir?.relays.filter(relay => hasFlag(relay, 'HSDir')).length ?? 0
    assert.equal(hsdirs, RELAYS + 1)
    const dying = victims(hsdirs / 2)
    assert.equal(dying.length, hsdirs / 2)
    const vanguards = client.client.paths.vanguards
    const dead: string[] = []
    let through = 0
    for (const name of dying) {
      dead.push(nodes.relays.get(name)?.fingerprint ?? assert.fail())
      await nodes.stopRelay(name)
      const ms = await Promise.race([fetchAnew(), delay(BETWEEN_DEATHS_MS, undefined)])
      if (ms !== undefined) through++
    }
    const lastDeathMs = performance.now()
    t.diagnostic(
      `${dying.length} of ${hsdirs} HSDirs died, ${vanguards.filter(each => dead.includes(each)).length} of the client's ` +
        `${vanguards.length} vanguards with them; after ${through} deaths a fetch was through at once`
    )
    const seconds = () => ((performance.now() - lastDeathMs) / 1000).toFixed(1)
    const recovery = {timeoutMs: RECOVERY_MS, everyMs: 250}
    await waitUntil('a fetch to get through', recovery, async () => (await fetchAnew()) !== undefined)
    t.diagnostic(`a fetch got through ${seconds()} s after the last death`)

    await waitUntil('a consensus without the dead', recovery, () => {
      const known = [service, client].map(node => node.client.netDir?.relays ?? [])
      return known.every(relays => !relays.some(({fingerprint}) => dead.includes(fingerprint)))
    })
    t.diagnostic(`service and client know who is dead ${seconds()} s after the last death`)
    await waitUntil('introduction points and HSDirs among the living', recovery, () => {
      return nodes.descriptors.every(
        ({points, published}) =>
          points.isComplete &&
          !points.fingerprints.some(fingerprint => dead.includes(fingerprint)) &&
          isPublished(published)
      )
    })
    t.diagnostic(`all introduction points and HSDirs are alive ${seconds()} s after the last death`)
    await waitUntil('a fetch to get through', recovery, async () => (await fetchAnew()) !== undefined)
    for (const node of [service, client]) {
      const {vanguards: present} = node.client.paths
      assert.ok(present.length > 0 && !present.some(each => dead.includes(each)), 'vanguards are alive')
    }
    // From here on nothing is in the way any more.
    const times = [await fetchAnew(), await fetchAnew(), await fetchAnew()]
    assert.ok(
      times.every(ms => ms !== undefined),
      `${times}`
    )
    t.diagnostic(`then fetches take ${times.map(ms => `${Math.round(ms ?? 0)} ms`).join(', ')}`)
  })
})

function isPublished({hsdirs, accepted}: {readonly hsdirs: number; readonly accepted: number}): boolean {
  return hsdirs > 0 && accepted >= hsdirs
}
