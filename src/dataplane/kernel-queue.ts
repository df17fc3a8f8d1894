// What the kernel says of a TCP socket's way out, and how much more it is worth giving to it (KIST): what the congestion window
// lets go at once, and as much again, times a factor, so that it has something to send when acknowledgements come. More would
// only wait there, where nobody can decide any more whose turn it is. native/net/kernel_queue.h is its twin.

import {loadAddon} from '../crypto/binding.ts'

export interface KernelQueue {
  /** Segments that may be on their way, and those that are. */
  readonly window: number
  readonly unacknowledged: number
  /** Octets of a segment, and octets that were not sent yet. */
  readonly segment: number
  readonly unsent: number
}

const words = new Uint32Array(4)

/** Undefined for what is no TCP socket, and where system or addon do not tell. */
export function kernelQueue(descriptor: number): KernelQueue | undefined {
  if (loadAddon().addon?.socketQueue(descriptor, words) !== true) return undefined
  const [window = 0, unacknowledged = 0, segment = 0, unsent = 0] = words
  return {window, unacknowledged, segment, unsent}
}

/** Whether this system and this addon tell of sockets at all. */
export function tellsKernelQueues(): boolean {
  return process.platform === 'linux' && loadAddon().addon !== undefined
}

/** Octets that may be given to the kernel now. */
export function kernelRoom({window, unacknowledged, segment, unsent}: KernelQueue, factor: number): number {
  const open = Math.max(0, window - unacknowledged)
  return Math.max(0, (open + window * factor) * segment - unsent)
}
