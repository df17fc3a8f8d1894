// A node without an ORPort in the hands of the control port.

import type {OriginNode} from '../origin-node.ts'
import type {Controllable} from './controllable.ts'

export function controllableOrigin(node: OriginNode): Controllable {
  const {client, side, monitor, socksPorts} = node
  return {
    core: client.core,
    documents: client.documents,
    side,
    startedAtMs: monitor.startedAtMs,
    relay: undefined,
    netDir: () => client.netDir,
    isNetworkDisabled: () => client.isAsleep,
    address: () => undefined,
    listeners: kind => (kind === 'socks' ? socksPorts.map(port => `127.0.0.1:${port}`) : []),
    accounting: what => (what === 'enabled' ? '0' : undefined),
    heartbeat: () => monitor.beat()
  }
}
