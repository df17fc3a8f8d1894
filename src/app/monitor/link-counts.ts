// What is counted of links and circuits for the metrics alone: connections by direction and family of addresses, and what
// the link gate turned away. Listens to what the parts tell anyway.

import type {OpenChannel} from '../../dataplane/channel-map.ts'
import type {ChannelHandle} from '../../dataplane/contract.ts'
import type {LinkGate} from '../../dataplane/link-gate.ts'
import type {Sample} from '../../metrics/metric.ts'

type Family = 'ipv4' | 'ipv6'

export class LinkCounts {
  readonly #created = {
    initiated: {ipv4: 0, ipv6: 0},
    received: {ipv4: 0, ipv6: 0}
  }
  readonly #rejected = {ipv4: 0, ipv6: 0}
  /** Since the start, by link protocol version. */
  readonly versions = new Map<number, {initiated: number; received: number}>()

  /** A link that finished its handshake. */
  opened({info: {direction, address, linkVersion}}: OpenChannel): void {
    this.#created[direction][familyOf(address.octets)]++
    const version = this.versions.get(linkVersion) ?? {initiated: 0, received: 0}
    version[direction]++
    this.versions.set(linkVersion, version)
  }

  /** The same gate, with those that it turns away counted. */
  counted(gate: LinkGate): LinkGate {
    return {
      admits: (channel: ChannelHandle, address: Uint8Array) => {
        const admitted = gate.admits(channel, address)
        if (!admitted) this.#rejected[familyOf(address)]++
        return admitted
      },
      closed: channel => gate.closed(channel)
    }
  }

  created(): Sample[] {
    const samples: Sample[] = []
    for (const family of ['ipv4', 'ipv6'] as const) {
      for (const direction of ['initiated', 'received'] as const) {
        const labels = {type: 'OR', direction, state: 'created', family}
        samples.push({labels, value: this.#created[direction][family]})
      }
      const labels = {type: 'OR', direction: 'received', state: 'rejected', family}
      samples.push({labels, value: this.#rejected[family]})
    }
    return samples
  }

  count(direction: 'initiated' | 'received', family: Family): number {
    return this.#created[direction][family]
  }
}

function familyOf(octets: Uint8Array): Family {
  return octets.length === 4 ? 'ipv4' : 'ipv6'
}
