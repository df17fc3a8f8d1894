// What the library rejects with. Faults are values inside ramson; who embeds it expects errors, and finds the fault's code on
// them.

import {type ConfigFault, printConfigFault} from '../../config/fault.ts'
import {type DataDirFault, printDataDirFault} from '../../datadir/fault.ts'
import type {OnionClientFault} from '../../roles/client/fault.ts'
import type {NetworkFault} from '../network/events.ts'
import type {StartFault} from '../relay-node.ts'
import {printStartFault} from '../start-fault.ts'

/**
 * What went wrong:
 *
 * - `settings`: an option or a torrc line is wrong; the message names it
 * - `directory`: a directory or a key in it cannot be used
 * - `cannot-start`: a port is taken, or something else of this machine stands in the way
 * - `network-failed`: the private network did not come up; the message names the node
 * - `closed`: what was to be used has been closed
 * - `onion-…`: a connection to an onion service did not come about
 */
export type RamsonErrorCode =
  | 'settings'
  | 'directory'
  | 'cannot-start'
  | 'network-failed'
  | 'closed'
  | OnionClientFault['code']

/** Every rejection of the library but those of an AbortSignal, which come with the signal's own reason. */
export class RamsonError extends Error {
  override readonly name = 'RamsonError'
  readonly code: RamsonErrorCode
  /** Of `onion-stream-refused`: why, as the number that the service gave (RELAY_END's reason). */
  readonly reason: number | undefined

  constructor(code: RamsonErrorCode, message: string, reason?: number) {
    super(message)
    this.code = code
    this.reason = reason
  }
}

export function settingsError(fault: ConfigFault): RamsonError {
  return new RamsonError('settings', printConfigFault(fault))
}

export function directoryError(fault: DataDirFault): RamsonError {
  return new RamsonError('directory', printDataDirFault(fault))
}

export function startError(fault: StartFault): RamsonError {
  return new RamsonError('cannot-start', printStartFault(fault))
}

export function networkError({code, data}: NetworkFault): RamsonError {
  const {node, message, wayOut} = data ?? {node: undefined, message: code, wayOut: ''}
  return new RamsonError(
    'network-failed',
    `${node === undefined ? '' : `${node}: `}${message}. ${wayOut}`.trimEnd()
  )
}

const ONION_MESSAGES: Readonly<Record<OnionClientFault['code'], string>> = {
  'onion-address-bad': 'This is no onion address of version 3.',
  'onion-descriptor-not-found': 'No directory has a descriptor of the onion service.',
  'onion-descriptor-invalid': 'The descriptor of the onion service makes no sense.',
  'onion-client-auth-missing': 'The onion service lets only some clients in, and there is no key for it.',
  'onion-client-auth-wrong': 'The onion service does not know the key that there is for it.',
  'onion-introduction-failed': 'No introduction point took the message to the onion service.',
  'onion-introduction-timeout': 'No introduction point of the onion service answered in time.',
  'onion-rendezvous-failed': 'The onion service did not come to the rendezvous point.',
  'onion-stream-timeout': 'The onion service did not answer on the circuit in time.',
  'onion-stream-lost': 'The circuit ended before the onion service answered.',
  'onion-stream-refused': 'The onion service refused the connection.',
  'onion-no-network': 'Too little is known of the network.',
  'onion-too-many-services': 'Too many onion services are connected to at once.',
  'onion-client-closed': 'The client has been closed.'
}

export function onionError({code, data}: OnionClientFault): RamsonError {
  return new RamsonError(code, ONION_MESSAGES[code], data?.reason)
}
