// How a node is, in one line, for `systemctl status`.

import type {OriginNode} from '../origin-node.ts'
import {RelayNode} from '../relay-node.ts'

export function statusLine(node: RelayNode | OriginNode): string {
  if (!(node instanceof RelayNode)) return 'running'
  const {channels, registry} = node.core
  const missing = node.monitor.missing()
  const load = `${channels.size} channels, ${registry.size} circuits`
  return missing.length === 0 ? load : `${load}; not ready: ${missing.join(', ')}`
}
