import assert from 'node:assert/strict'
import {before, describe, it} from 'node:test'
import type {Controllable} from '../../../../src/app/control/controllable.ts'
import {CircuitsOfNode} from '../../../../src/app/control/controlled-circuits.ts'
import {
  CONTROLLER_UPLOADS_MAX,
  DescriptorsOfNode
} from '../../../../src/app/control/controlled-descriptors.ts'
import {DescriptorEvents} from '../../../../src/app/descriptor-events.ts'
import {capReadings, ownCaps} from '../../../../src/app/monitor/own-caps.ts'
import type {OwnSide} from '../../../../src/app/own-side.ts'
import {toLatin1} from '../../../../src/bytes/octets.ts'
import {type OwnCircuitPurpose, OwnCircuits} from '../../../../src/circuit/own-circuits.ts'
import {ed25519Ready, generateEd25519} from '../../../../src/crypto/ed25519.ts'
import {blindingParameter, blindKeyPair, subcredential} from '../../../../src/crypto/hs/blinding.ts'
import {printOnionAddress} from '../../../../src/crypto/hs/onion-address.ts'
import {secureFraction} from '../../../../src/netdir/choose.ts'
import {EntryGuards} from '../../../../src/netdir/guards/entry-guards.ts'
import {PathSelection} from '../../../../src/netdir/path-selection.ts'
import {Vanguards} from '../../../../src/netdir/vanguards.ts'
import {printHsDescriptor} from '../../../../src/netdoc/hs-descriptor/print.ts'
import {parseProtocols} from '../../../../src/netdoc/protocols.ts'
import {DEFAULT_ONION_CLIENT_OPTIONS, OnionClient} from '../../../../src/roles/client/onion-client.ts'
import {HsCircuits} from '../../../../src/roles/hs-circuits.ts'
import {makeNetDir} from '../../../support/made-net-dir.ts'

const netDir = makeNetDir({relays: Array.from({length: 8}, () => ({}))})
const HOUR_MS = 3_600_000

/** Of a node whose circuits are never built. */
function setUp() {
  const own = new OwnCircuits()
  const random = secureFraction
  const now = () => new Date()
  const guards = new EntryGuards({store: {load: () => [], save: () => {}}, random, now, version: 'test'})
  const paths = new PathSelection({
    guards,
    vanguards: new Vanguards(random, Date.now),
    random,
    now: Date.now
  })
  const build = (path: Parameters<OwnCircuits['watch']>[0], _: number, purpose?: OwnCircuitPurpose) =>
    own.watch(path, purpose ?? 'GENERAL', () => new Promise(() => {}))
  const circuits = new HsCircuits({netDir: () => netDir, paths, build: () => new Promise(() => {}), now})
  const side = {paths, descriptorEvents: new DescriptorEvents()}
  const node = {core: {own, build}, side, netDir: () => netDir} as unknown as Controllable
  const client = new OnionClient(
    {
      netDir: () => undefined,
      circuits,
      paths,
      time: {isTesting: false},
      clientKey: () => undefined,
      allowPrivateAddresses: () => false,
      random,
      now
    },
    {...DEFAULT_ONION_CLIENT_OPTIONS, sessionsMax: 3}
  )
  return {node, client}
}

/** Of services that build so many circuits to clients each. */
function sideOf(client: OnionClient, pending: readonly number[]) {
  const all = new Map(pending.map((pendingRendezvous, i) => [`${i}`, {pendingRendezvous}]))
  return {client, services: {all, addedCount: 7}, clientAuth: {size: 9}} as unknown as OwnSide
}

describe('how full the bounds of our own side are', () => {
  const address = () => printOnionAddress(generateEd25519().public)
  const socks = {connections: {open: 5, most: 2048}}

  before(() => ed25519Ready)

  it('counts circuits with services from when they are begun until they come to nothing', async () => {
    const {client} = setUp()
    const used = () => ownCaps(sideOf(client, []), socks).client_circuits
    assert.deepEqual(used(), {used: 0, limit: 3})
    const connecting = [1, 2, 3, 4].map(() => client.connect({address: address(), port: 80, isolation: ''}))
    assert.deepEqual(used(), {used: 3, limit: 3})
    const codes = (await Promise.all(connecting)).map(each => !each.ok && each.fault.code)
    assert.equal(codes[3], 'onion-too-many-services')
    assert.deepEqual(used(), {used: 0, limit: 3})
    client.close()
  })

  it('tells the fullest service, and under the names of metrics', () => {
    const {client} = setUp()
    assert.deepEqual(capReadings(ownCaps(sideOf(client, [3, 200, 0]), socks)), {
      ramson_cap_used: {
        client_circuits: 0,
        socks_connections: 5,
        client_auth_keys: 9,
        service_rendezvous: 200,
        added_services: 7
      },
      ramson_cap_limit: {
        client_circuits: 3,
        socks_connections: 2048,
        client_auth_keys: 4096,
        service_rendezvous: 256,
        added_services: 1000
      }
    })
    assert.deepEqual(ownCaps(sideOf(client, []), socks).service_rendezvous, {used: 0, limit: 0})
    client.close()
  })

  it('counts circuits that controllers made, and no others', () => {
    const {node} = setUp()
    const circuits = new CircuitsOfNode(node)
    void node.core.build([], 1000, 'GENERAL')
    assert.equal(circuits.madeCount, 0)
    for (let i = 0; i < 3; i++) assert.ok(circuits.launch(['relay1', 'relay2'], 'GENERAL').ok)
    assert.equal(circuits.madeCount, 3)
  })

  it('counts descriptors that are on their way for controllers, the newest where there are too many', () => {
    const {node} = setUp()
    const descriptors = new DescriptorsOfNode(node, false)
    const identity = generateEd25519()
    const blinded = blindKeyPair(
      identity,
      blindingParameter(identity.public, {number: 20_000, lengthMinutes: 1440})
    )
    const text = toLatin1(
      printHsDescriptor({
        blinded,
        subcredential: subcredential(identity.public, blinded.public),
        signing: generateEd25519(),
        certsExpireAt: new Date(Date.now() + HOUR_MS),
        lifetimeMinutes: 180,
        revisionCounter: 1n,
        authorizedClients: [],
        content: {
          isSingleOnion: false,
          flowControl: {protocols: parseProtocols('FlowCtrl=1-2') ?? assert.fail(), sendmeIncrement: 31},
          powParams: undefined,
          introductionPoints: []
        }
      })
    )
    const servers = netDir.relays.slice(0, 1).map(({fingerprint}) => fingerprint)
    for (let i = 1; i <= CONTROLLER_UPLOADS_MAX + 2; i++) {
      assert.deepEqual(descriptors.publish(text, servers, identity.public), {ok: true, value: undefined})
      assert.equal(descriptors.uploads, Math.min(i, CONTROLLER_UPLOADS_MAX))
    }
    descriptors.close()
    assert.equal(descriptors.uploads, 0)
  })
})
