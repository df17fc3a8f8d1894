// The unit of packaging/, with the paths of this machine. One for `systemctl --user` keeps what such a unit can have.

import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {packageFolder} from '../version.ts'
import type {Places} from './answers.ts'

export interface ProgramPaths {
  readonly node: string
  readonly main: string
}

/** Settings of the [Service] section that need no rights beyond the user's own. */
const FOR_USERS = new Set([
  'Type',
  'NotifyAccess',
  'WatchdogSec',
  'ExecStartPre',
  'ExecStart',
  'ExecReload',
  'KillSignal',
  'TimeoutStartSec',
  'TimeoutStopSec',
  'Restart',
  'RestartSec',
  'UMask',
  'LimitNOFILE',
  'NoNewPrivileges'
])
const HOMES = /^\/(home|root|run\/user)\//

export function unitText(places: Places, {node, main}: ProgramPaths): string {
  const text = readFileSync(join(packageFolder(), 'packaging', 'systemd', 'ramson.service'), 'utf8')
  const withPaths = text
    .replace(/^(#.*\n)+\n/, '# Written by ramson init. To add to it: systemctl edit.\n\n')
    .replaceAll('/usr/bin/ramson', `${quoted(node)} ${quoted(main)}`)
    .replaceAll(' --DataDirectory /var/lib/ramson', '')
    .replaceAll('/etc/ramson/torrc', quoted(places.torrc))
  return places.owner === 'root' ? forSystem(withPaths, places, [node, main]) : forUser(withPaths)
}

/** As systemd reads the words of a command. */
function quoted(path: string): string {
  const escaped = path.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /["'\\\s]/.test(escaped) ? `"${escaped.replace(/["\\]/g, '\\$&')}"` : escaped
}

function forSystem(text: string, {dataDirectory, instance}: Places, programs: readonly string[]): string {
  const name = instance === undefined ? 'ramson' : `ramson-${instance}`
  const isUsual = dataDirectory === `/var/lib/${name}`
  const isAtHome = programs.some(path => HOMES.test(path))
  return text
    .replace(
      /^StateDirectory=.*$/m,
      isUsual ? `StateDirectory=${name}` : `ReadWritePaths=${quoted(dataDirectory)}`
    )
    .replace(isUsual ? /(?!)/ : /^StateDirectoryMode=.*\n/m, '')
    .replace(/^RuntimeDirectory=.*$/m, `RuntimeDirectory=${name}`)
    .replace(/^ProtectHome=yes$/m, isAtHome ? 'ProtectHome=read-only' : 'ProtectHome=yes')
}

function forUser(text: string): string {
  const lines = text.split('\n').filter(line => {
    const key = /^(\w+)=/.exec(line)?.[1]
    return key === undefined ? !line.startsWith('# ') || /written by/i.test(line) : isForUsers(key)
  })
  return lines
    .join('\n')
    .replace('WantedBy=multi-user.target', 'WantedBy=default.target')
    .replace('systemctl edit', 'systemctl --user edit')
    .replace(/\n{3,}/g, '\n\n')
}

function isForUsers(key: string): boolean {
  return FOR_USERS.has(key) || ['Description', 'Documentation', 'WantedBy'].includes(key)
}
