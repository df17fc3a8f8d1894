// A relay's core on 127.0.0.1 with fresh keys and no directory network: for tests of links and circuits.

import {randomBytes} from 'node:crypto'
import type {Duplex} from 'node:stream'
import {RelayCore, type RelayCoreDeps} from '../../src/app/relay-core.ts'
import {paddingParams} from '../../src/channel/padding.ts'
import {FixedWindow} from '../../src/circuit/congestion-control/fixed-window.ts'
import type {PathHop} from '../../src/circuit/open-circuit.ts'
import {rsaIdentity} from '../../src/crypto/rsa.ts'
import {generateX25519} from '../../src/crypto/x25519.ts'
import {LinkEndpoint} from '../../src/dataplane/link-endpoint.ts'
import type {DataPlaneOptions} from '../../src/dataplane/plane-options.ts'
import {OnionSkinPool} from '../../src/pool/onion-skin-pool.ts'
import {makeLinkKeys} from './link-keys.ts'

export interface TestCore {
  readonly core: RelayCore
  /** This relay as a hop. */
  readonly hop: PathHop
  readonly pool: OnionSkinPool
  close(): Promise<void>
}

export async function startCore(
  options: {
    readonly openDirectory?: (stream: Duplex) => void
    readonly deps?: Partial<RelayCoreDeps>
    readonly plane?: Partial<DataPlaneOptions>
    /** KeepalivePeriod of the moment. */
    readonly keepaliveMs?: () => number
  } = {}
): Promise<TestCore> {
  const keys = await makeLinkKeys()
  const {rsaKey, ed25519Identity} = keys
  const onionKey = generateX25519()
  const endpoint = await LinkEndpoint.open({
    keys: () => keys,
    ownAddresses: () => [Uint8Array.of(127, 0, 0, 1)],
    paddingParams: () => paddingParams(() => undefined, options.keepaliveMs?.()),
    nowSeconds: () => Math.floor(Date.now() / 1000),
    certificateDays: undefined
  })
  const ownRsaIdentity = rsaIdentity(rsaKey.public)
  const pool = new OnionSkinPool(
    {
      workers: 1,
      keys: {
        onionKeys: [onionKey.secret],
        rsaIdentity: ownRsaIdentity,
        ed25519Identity,
        policy: {cgo: 'refused'}
      }
    },
    {
      onWorkerFailure: error => {
        throw error
      }
    }
  )
  const core = new RelayCore(
    {
      ownRsaIdentity,
      ownEd25519Identity: ed25519Identity,
      allowPrivateAddresses: true,
      canUseIpv6: true,
      plane: {circuitCellsMax: 2500, rate: 0, burst: 0, unverifiedMax: 4096, ...options.plane}
    },
    {
      endpoint,
      onionSkins: pool,
      network: {listed: () => undefined, allowNonearlyExtend: () => false, acceptsSendmeV0: () => false},
      congestionControl: () => new FixedWindow(),
      openDirectory: options.openDirectory,
      roles: new Map(),
      admits: () => true,
      isHibernating: () => false,
      ...options.deps
    }
  )
  const address = await core.plane.listen({host: '127.0.0.1', port: 0})
  return {
    core,
    pool,
    hop: {
      rsaIdentity: ownRsaIdentity,
      ed25519Identity,
      addresses: [address],
      ntorOnionKey: onionKey.public
    },
    close: async () => {
      await core.plane.close()
      await pool.close()
    }
  }
}

export function randomOctets(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length))
}
