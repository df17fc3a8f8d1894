// The bounds of a node's own client and services, and how full they are.

import type {Readings} from '../../metrics/catalog.ts'
import type {CapUses} from '../../metrics/ramson-metrics.ts'
import {PENDING_MAX as RENDEZVOUS_MAX} from '../../roles/service/rendezvous.ts'
import {CLIENT_AUTH_KEYS_MAX} from '../client-auth.ts'
import {ADDED_SERVICES_MAX} from '../onion-services.ts'
import type {OwnSide} from '../own-side.ts'
import type {SocksPorts} from '../socks-ports.ts'

export function ownCaps(
  {client, services, clientAuth}: Pick<OwnSide, 'client' | 'services' | 'clientAuth'>,
  {connections}: Pick<SocksPorts, 'connections'>
): CapUses {
  const pending = [...services.all.values()].map(({pendingRendezvous}) => pendingRendezvous)
  return {
    client_circuits: {used: client.size, limit: client.sizeMax},
    socks_connections: {used: connections.open, limit: connections.most},
    client_auth_keys: {used: clientAuth.size, limit: CLIENT_AUTH_KEYS_MAX},
    // Each service has the bound for itself: the fullest is told.
    service_rendezvous: {
      used: Math.max(0, ...pending),
      limit: pending.length === 0 ? 0 : RENDEZVOUS_MAX
    },
    added_services: {used: services.addedCount, limit: ADDED_SERVICES_MAX}
  }
}

/** Under the names of the metrics. */
export function capReadings(caps: CapUses): Readings {
  const entries = Object.entries(caps)
  return {
    ramson_cap_used: Object.fromEntries(entries.map(([cap, {used}]) => [cap, used])),
    ramson_cap_limit: Object.fromEntries(entries.map(([cap, {limit}]) => [cap, limit]))
  }
}
