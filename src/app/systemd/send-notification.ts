// One message to the service manager, over the Unix datagram socket that NOTIFY_SOCKET names. Node has no such sockets: the
// addon sends it, or, without the addon, systemd-notify does, which a process of its own that the unit has to admit
// (NotifyAccess=all).

import {spawnSync} from 'node:child_process'
import {fromText} from '../../bytes/octets.ts'
import {loadAddon} from '../../crypto/binding.ts'

const COMMAND_TIMEOUT_MS = 5_000

export type SendNotification = (socket: string, message: string) => boolean

/** Lines such as `READY=1`; false when they did not get away. */
export function sendNotification(socket: string, message: string): boolean {
  const {addon} = loadAddon()
  return addon === undefined
    ? notifyByCommand(socket, message)
    : addon.sendDatagram(fromText(socket), fromText(message))
}

export function notifyByCommand(socket: string, message: string): boolean {
  const {status} = spawnSync('systemd-notify', message.split('\n'), {
    env: {...process.env, NOTIFY_SOCKET: socket},
    timeout: COMMAND_TIMEOUT_MS,
    stdio: 'ignore'
  })
  return status === 0
}
