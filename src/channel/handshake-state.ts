// The shape that every state of a link handshake has. A state holds the data of its moment only, and its `handle` says what
// comes next. States know nothing of sockets, clocks or framing; LinkHandshake (link-handshake.ts) drives them.

import type {Cell} from './cell-framer.ts'
import type {VerifiedChannel} from './channel.ts'
import {type ChannelFault, channelFault} from './fault.ts'
import type {TranscriptDigests} from './transcript.ts'

/** A cell of the handshake, on circuit id 0. */
export interface HandshakeCell {
  readonly command: number
  readonly body: Uint8Array
}

export type HandshakeOutcome =
  | {readonly kind: 'next'; readonly state: HandshakeState; readonly send: readonly HandshakeCell[]}
  | {readonly kind: 'verified'; readonly channel: VerifiedChannel; readonly send: readonly HandshakeCell[]}
  | {readonly kind: 'fault'; readonly fault: ChannelFault}

export interface HandshakeState {
  /** Named by what it waits for. */
  readonly name: string
  /** The link version agreed on; 0 before that. */
  readonly linkVersion: number
  /**
   * Takes a cell that is part of the handshake. Padding, AUTHORIZE and unknown variable cells never get here.
   * @param transcript covers the cell itself too, except where the cell is AUTHENTICATE
   */
  handle(cell: Cell, transcript: TranscriptDigests): HandshakeOutcome
}

export function next(state: HandshakeState, ...send: readonly HandshakeCell[]): HandshakeOutcome {
  return {kind: 'next', state, send}
}

export function verified(channel: VerifiedChannel, ...send: readonly HandshakeCell[]): HandshakeOutcome {
  return {kind: 'verified', channel, send}
}

export function failed(fault: ChannelFault): HandshakeOutcome {
  return {kind: 'fault', fault}
}

/** The end of a `handle`: every command that the state did not name. */
export function unexpected(state: HandshakeState, cell: Cell): HandshakeOutcome {
  return failed(channelFault('unexpected-cell', {state: state.name, command: cell.command}))
}
