// ConstrainedSockets: what the kernel may keep for one socket, in each direction. Node has no call for it, so it goes through
// the addon over the descriptor; without the addon sockets keep what the system gives them.

import type {Socket} from 'node:net'
import {loadAddon} from '../crypto/binding.ts'

/** Octets for each direction of a socket that opens now; undefined: as the system has it. */
export type SocketOctets = () => number | undefined

/** At once, or as soon as it is connected: there is no descriptor before. */
export function constrainSocket(socket: Socket, octets: number | undefined): void {
  if (octets === undefined) return
  if (socket.connecting) socket.once('connect', () => constrain(socket, octets))
  else constrain(socket, octets)
}

function constrain(socket: Socket, octets: number): void {
  const {_handle: handle} = socket as unknown as {readonly _handle?: {readonly fd?: number} | null}
  // Refused where the connection is gone already.
  if (typeof handle?.fd === 'number' && handle.fd >= 0) loadAddon().addon?.setSocketBuffers(handle.fd, octets)
}
