// What `ramson init` has to know, from flags or from questions, and where it puts things for whom.

import {homedir} from 'node:os'
import {join} from 'node:path'

export type NodeKind = 'relay' | 'service'

export interface Answers {
  readonly kind: NodeKind
  readonly nickname: string
  readonly orPort: string
  readonly contact: string
  /** Octets a second in torrc words, such as `10 MB`; empty: no limit. */
  readonly bandwidth: string
  /** An address of the MetricsPort; `0` for none. */
  readonly metricsPort: string
  readonly statusPort: string
  readonly familyId: string
  /** Of a service: `80 127.0.0.1:8080`. */
  readonly servicePort: string
}

export interface Places {
  readonly torrc: string
  readonly dataDirectory: string
  readonly unit: string
  /** `root`: a service of the system. `user`: one of `systemctl --user`. */
  readonly owner: 'root' | 'user'
  /** Of several nodes on one machine. */
  readonly instance: string | undefined
}

export interface PlaceFlags {
  readonly directory?: string
  readonly dataDirectory?: string
  readonly unit?: string
  readonly instance?: string
}

export function defaultPlaces(flags: PlaceFlags, isRoot: boolean, home = homedir()): Places {
  const {instance} = flags
  const named = (path: string) => (instance === undefined ? path : join(path, instance))
  const suffix = instance === undefined ? '' : `-${instance}`
  const directory = flags.directory ?? named(isRoot ? '/etc/ramson' : join(home, '.config', 'ramson'))
  const state = isRoot ? `/var/lib/ramson${suffix}` : join(home, '.local', 'state', `ramson${suffix}`)
  const units = isRoot ? '/etc/systemd/system' : join(home, '.config', 'systemd', 'user')
  return {
    torrc: join(directory, 'torrc'),
    dataDirectory: flags.dataDirectory ?? state,
    unit: flags.unit ?? join(units, instance === undefined ? 'ramson.service' : `ramson-${instance}.service`),
    owner: isRoot ? 'root' : 'user',
    instance
  }
}

export const DEFAULT_ANSWERS: Answers = {
  kind: 'relay',
  nickname: 'Unnamed',
  orPort: '9001',
  contact: '',
  bandwidth: '',
  metricsPort: '127.0.0.1:9035',
  statusPort: '8035',
  familyId: '',
  servicePort: '80 127.0.0.1:8080'
}
