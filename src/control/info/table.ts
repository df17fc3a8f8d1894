// Every key that GETINFO knows. Of keys that a prefix covers too, the exact one counts.

import {circuitInfo} from './circuit-info.ts'
import {exact, type InfoKey} from './info.ts'
import {networkInfo} from './network-info.ts'
import {processInfo} from './process-info.ts'
import {statusInfo} from './status-info.ts'

/** What stands in info/names and is a part of a prefix. */
const DOCUMENTED: readonly (readonly [string, string])[] = [
  ['config/names', 'List of configuration options, types, and documentation.'],
  ['config/defaults', 'List of default values for configuration options.'],
  ['current-time/local', 'Current time on the local system.'],
  ['current-time/utc', 'Current UTC time.'],
  ['accounting/bytes', 'Number of bytes read/written so far in the accounting interval.'],
  ['accounting/bytes-left', 'Number of bytes left to write/read so far in the accounting interval.'],
  ['accounting/enabled', 'Is accounting currently enabled?'],
  ['accounting/hibernating', 'Are we hibernating or awake?'],
  ['accounting/interval-start', 'Time when the accounting period starts.'],
  ['accounting/interval-end', 'Time when the accounting period ends.'],
  ['accounting/interval-wake', 'Time to wake up in this accounting period.']
]

const names = exact('info/names', 'List of GETINFO options, types, and documentation.', () =>
  [
    ...keys.flatMap(({name, kind, help}) =>
      help === undefined ? [] : [[kind === 'prefix' ? `${name}*` : name, help]]
    ),
    ...DOCUMENTED
  ]
    .map(([name, help]) => `${name} -- ${help}\n`)
    .sort()
    .join('')
)

const keys: readonly InfoKey[] = [names, ...processInfo, ...statusInfo, ...networkInfo, ...circuitInfo]
const EXACT = new Map(keys.flatMap(key => (key.kind === 'exact' ? [[key.name, key] as const] : [])))
const PREFIXES = keys.filter(({kind}) => kind === 'prefix')

export function findInfo(text: string): {readonly key: InfoKey; readonly rest: string} | undefined {
  const known = EXACT.get(text)
  if (known !== undefined) return {key: known, rest: ''}
  const key = PREFIXES.find(({name}) => text.startsWith(name))
  return key && {key, rest: text.slice(key.name.length)}
}
