// Octets of a channel into cells (tor-spec 3), across any chunk borders.
//
//   push(chunk) ─▶ next() ─▶ cell, cell, … ─▶ undefined: wants another chunk, or `fault` is set
//
// A cell that lies whole in a chunk is handed out as a view of that chunk; only a cell that a border cuts is put together
// in a buffer of the framer's own. So a cell is valid until the next call of next() or push(): copy what has to live longer.
// Nothing is looked at beyond the cell that was asked for, because the width of a circuit id changes in mid-chunk: it is
// 2 octets until VERSIONS has been acted on, and from the very next cell what the link version says.

import {concat, readU16, readU32, writeU16, writeU32} from '../bytes/octets.ts'
import {BugError} from '../fault/fault.ts'
import {
  CELL_BODY_LENGTH,
  ChannelCommand,
  isVariableLength,
  MAX_VARIABLE_BODY_LENGTH
} from '../wire/channel-cell.ts'
import {circIdWidth} from './circ-id.ts'
import {type ChannelFault, channelFault} from './fault.ts'

export interface Cell {
  readonly circId: number
  readonly command: number
  /** Fixed cells: 509 octets. Variable cells: as long as they say. A view; see the head of this file. */
  readonly body: Uint8Array
}

const FIXED_CELL_ROOM = 4 + 1 + CELL_BODY_LENGTH
const NOTHING = new Uint8Array(0)

export class CellFramer {
  #maxVariableBody: number
  #linkVersion: number
  #chunk: Uint8Array = NOTHING
  #at = 0
  /** The beginning of a cell that the end of the last chunk cut, in the first `#heldLength` octets. */
  #held: Uint8Array = NOTHING
  #heldLength = 0
  #octets: Uint8Array = NOTHING
  #fault: ChannelFault | undefined

  /**
   * @param linkVersion 0 as long as VERSIONS was not acted on
   * @param maxVariableBody octets; a longer variable cell is the fault 'cell-too-long'
   */
  constructor(linkVersion = 0, maxVariableBody = MAX_VARIABLE_BODY_LENGTH) {
    this.#linkVersion = linkVersion
    this.#maxVariableBody = maxVariableBody
  }

  /** Link protocol version that cells are read by; 0 until VERSIONS was acted on. */
  get linkVersion(): number {
    return this.#linkVersion
  }

  set linkVersion(version: number) {
    this.#linkVersion = version
    // What is held was measured by the old width.
    if (this.#heldLength > 0) this.#giveHeldBack()
  }

  /** Why no more cells come out: the stream cannot be read on from here. */
  get fault(): ChannelFault | undefined {
    return this.#fault
  }

  /** The last cell with its header, as it was on the wire: what a transcript hash covers. Valid as long as the cell. */
  get octets(): Uint8Array {
    return this.#octets
  }

  /** How many octets wait that next() has not handed out. */
  get pending(): number {
    return this.#heldLength + this.#chunk.length - this.#at
  }

  /** Lifts the bound on variable cells that held for a stranger's handshake. Returns itself. */
  unbounded(): this {
    this.#maxVariableBody = MAX_VARIABLE_BODY_LENGTH
    return this
  }

  /** Hands out what waits, for another framer to go on from; this one is done. */
  release(): Uint8Array {
    const rest = concat(this.#held.subarray(0, this.#heldLength), this.#chunk.subarray(this.#at))
    this.#chunk = NOTHING
    this.#at = 0
    this.#heldLength = 0
    return rest
  }

  /** Gives the next octets. The chunk belongs to the framer until next() has answered undefined. */
  push(chunk: Uint8Array): void {
    const left = this.#chunk.length - this.#at
    // Sockets give Buffers, whose slice() is a view where that of other octets is a copy: nothing above must depend on it.
    if (left === 0) this.#chunk = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)
    else this.#chunk = concat(this.#chunk.subarray(this.#at), chunk)
    this.#at = 0
  }

  /** The next whole cell; undefined when there is none, or when `fault` is set. */
  next(): Cell | undefined {
    if (this.#fault !== undefined) return undefined
    const width = circIdWidth(this.#linkVersion)
    const octets = this.#heldLength > 0 ? this.#completeHeld(width) : this.#takeFromChunk(width)
    if (octets === undefined) return undefined
    this.#octets = octets
    const command = octets[width] as number
    return {
      circId: width === 4 ? readU32(octets, 0) : readU16(octets, 0),
      command,
      body: octets.subarray(isVariableLength(command) ? width + 3 : width + 1)
    }
  }

  /** Hands out every whole cell that has arrived. */
  *[Symbol.iterator](): Generator<Cell, void, undefined> {
    for (let cell = this.next(); cell !== undefined; cell = this.next()) yield cell
  }

  #takeFromChunk(width: 2 | 4): Uint8Array | undefined {
    const rest = this.#chunk.subarray(this.#at)
    const length = this.#cellLength(rest, rest.length, width)
    if (length !== undefined && length <= rest.length) {
      this.#at += length
      return rest.subarray(0, length)
    }
    if (this.#fault === undefined && rest.length > 0) this.#hold(rest.length, length ?? rest.length)
    return undefined
  }

  /** Adds to the held octets what is missing of their cell: first of its header, then of its body. */
  #completeHeld(width: 2 | 4): Uint8Array | undefined {
    for (;;) {
      const length = this.#cellLength(this.#held, this.#heldLength, width)
      if (this.#fault !== undefined) return undefined
      if (length === this.#heldLength) return this.#releaseHeld(length)
      const missing = length === undefined ? 1 : length - this.#heldLength
      const taken = Math.min(missing, this.#chunk.length - this.#at)
      if (taken === 0) return undefined
      this.#hold(taken, length ?? 0)
    }
  }

  /** Moves `count` octets of the chunk behind what is held, in a buffer with room for a cell of `length`. */
  #hold(count: number, length: number): void {
    const needed = Math.max(length, this.#heldLength + count)
    if (this.#held.length < needed) {
      const grown = new Uint8Array(Math.max(needed, FIXED_CELL_ROOM))
      grown.set(this.#held.subarray(0, this.#heldLength))
      this.#held = grown
    }
    this.#held.set(this.#chunk.subarray(this.#at, this.#at + count), this.#heldLength)
    this.#heldLength += count
    this.#at += count
  }

  #releaseHeld(length: number): Uint8Array {
    const octets = this.#held.subarray(0, length)
    this.#heldLength = 0
    // A buffer as large as one long variable cell needs is not kept for the life of the channel.
    if (this.#held.length > FIXED_CELL_ROOM) this.#held = NOTHING
    return octets
  }

  #giveHeldBack(): void {
    const rest = this.#chunk.subarray(this.#at)
    this.#chunk = concat(this.#held.subarray(0, this.#heldLength), rest)
    this.#at = 0
    this.#heldLength = 0
  }

  /** The whole length of the cell that begins in `octets`; undefined while its header is not complete. */
  #cellLength(octets: Uint8Array, available: number, width: 2 | 4): number | undefined {
    if (available <= width) return undefined
    const command = octets[width] as number
    if (!isVariableLength(command)) return width + 1 + CELL_BODY_LENGTH
    if (available < width + 3) return undefined
    const bodyLength = readU16(octets, width + 1)
    if (bodyLength > this.#maxVariableBody) {
      this.#fault = channelFault('cell-too-long', {command})
      return undefined
    }
    return width + 3 + bodyLength
  }
}

/**
 * One cell as it goes on the wire. A fixed cell is padded with zeros to 509 octets of body.
 * @param linkVersion the link protocol version agreed on; VERSIONS itself always has the narrow circuit id
 */
export function encodeCell(
  linkVersion: number,
  circId: number,
  command: number,
  body: Uint8Array
): Uint8Array {
  const width = command === ChannelCommand.VERSIONS ? 2 : circIdWidth(linkVersion)
  const variable = isVariableLength(command)
  if (body.length > (variable ? MAX_VARIABLE_BODY_LENGTH : CELL_BODY_LENGTH)) {
    throw new BugError('cell-body-too-long', `command ${command}: ${body.length}`)
  }
  const bodyAt = variable ? width + 3 : width + 1
  const cell = new Uint8Array(bodyAt + (variable ? body.length : CELL_BODY_LENGTH))
  if (width === 4) writeU32(cell, 0, circId)
  else writeU16(cell, 0, circId)
  cell[width] = command
  if (variable) writeU16(cell, width + 1, body.length)
  cell.set(body, bodyAt)
  return cell
}
