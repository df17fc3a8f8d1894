// GETINFO: the process, its version and its settings.

import type {CommandContext} from '../commands/command.ts'
import {SIGNALS} from '../commands/signal.ts'
import {FEATURES} from '../commands/usefeature.ts'
import {EVENT_NAMES} from '../events.ts'
import type {ListenerKind} from '../node.ts'
import {quote} from '../words.ts'
import {exact, flag, type InfoKey, type InfoValue, isoTime, prefix} from './info.ts'

const LISTENERS: readonly ListenerKind[] = [
  'or',
  'extor',
  'dir',
  'socks',
  'trans',
  'natd',
  'dns',
  'control',
  'httptunnel',
  'metrics'
]
const SECOND_MS = 1000

export const processInfo: readonly InfoKey[] = [
  exact('version', 'The version of Tor that this behaves as.', (_rest, {node}) => node.version),
  exact('config-file', 'Current location of the "torrc" file.', (_rest, {node}) => node.settings.torrcFile),
  exact(
    'config-defaults-file',
    'Current location of the defaults file.',
    (_rest, {node}) => node.settings.defaultsFile
  ),
  exact('config-text', 'The settings that are not at their defaults.', (_rest, {node}) =>
    node.settings.text()
  ),
  exact(
    'config-can-saveconf',
    'Is it possible to save the configuration to the "torrc" file?',
    (_rest, {node}) => flag(node.settings.torrcFile !== '')
  ),
  prefix('config/', undefined, (rest, context) => configuration(rest, context)),
  exact('events/names', 'Events that SETEVENTS can ask for.', () => EVENT_NAMES.join(' ')),
  exact('features/names', 'What arguments can USEFEATURE take?', () => FEATURES.join(' ')),
  exact('signal/names', 'Signal names recognized by the SIGNAL command', () =>
    Object.keys(SIGNALS).join(' ')
  ),
  exact('process/pid', 'Process id of this process.', () => `${process.pid}`),
  exact('process/uid', 'User id running this process.', () => `${process.getuid?.() ?? -1}`),
  exact('process/user', 'Username under which this process is running.', (_rest, {node}) =>
    node.facts.user()
  ),
  exact('process/descriptor-limit', 'File descriptor limit.', (_rest, {node}) => {
    return `${node.facts.descriptorLimit()}`
  }),
  exact('limits/max-mem-in-queues', 'Actual limit on memory in queues', (_rest, {node}) => {
    return `${node.facts.maxMemInQueues()}`
  }),
  exact('uptime', 'Uptime of this process in seconds.', (_rest, {node}) => {
    return `${Math.floor((Date.now() - node.facts.startedAtMs) / SECOND_MS)}`
  }),
  exact('traffic/read', 'Bytes read since the process was started.', (_rest, {node}) => {
    return `${node.facts.bytesRead()}`
  }),
  exact('traffic/written', 'Bytes written since the process was started.', (_rest, {node}) => {
    return `${node.facts.bytesWritten()}`
  }),
  exact('bw-event-cache', 'Cached BW events for a short interval.', (_rest, {node}) => {
    return node.facts
      .bandwidthCache()
      .map(([read, written]) => `${read},${written}`)
      .join(' ')
  }),
  exact('dormant', 'Is the node dormant (not building circuits because it is idle)?', (_rest, {node}) =>
    flag(node.facts.isDormant())
  ),
  prefix('current-time/', 'Current time.', rest => {
    const now = new Date()
    if (rest === 'utc') return isoTime(now).replace(' ', 'T')
    const localMs = now.getTime() - now.getTimezoneOffset() * 60 * SECOND_MS
    return rest === 'local' ? isoTime(new Date(localMs)).replace(' ', 'T') : undefined
  }),
  prefix('net/listeners/', 'Bound addresses by type', (rest, {node}) => {
    const kind = LISTENERS.find(name => name === rest)
    return kind && node.facts.listeners(kind).map(quote).join(' ')
  }),
  prefix('accounting/', 'Accounting, where it is on.', (rest, {node}) => node.facts.accounting(rest)),
  exact('onions/current', 'Onion services owned by the current control connection.', (_rest, {session}) => {
    return [...session.onions].join('\n')
  }),
  exact(
    'onions/detached',
    'Onion services detached from the control connection.',
    (_rest, {detachedOnions}) => {
      return [...detachedOnions].join('\n')
    }
  )
]

function configuration(rest: string, {node: {settings}}: CommandContext): InfoValue {
  const lines = (pairs: readonly (readonly [string, string])[]) =>
    pairs.map(([name, text]) => `${name} ${text}\n`).join('')
  if (rest === 'names') return lines(settings.names())
  if (rest === 'defaults') return lines(settings.defaults().map(([name, value]) => [name, quote(value)]))
  return undefined
}
