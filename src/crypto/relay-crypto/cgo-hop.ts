// What Counter Galois Onion (proposal 359) is made of at either end of a hop, whoever carries it out. Unlike tor1 it enciphers
// a cell as one block: a cell that was changed on the way decrypts to noise at every hop from there on, and so do all
// cells after it. Cipher, digest and recognition are one step, so the interface names what happens to a cell instead.
//
//                relay                          origin
//   outbound     a cell from the origin;        a layer for a hop on the way to the target; call originate on the
//                true: it is for us             target's hop first, then outbound on each nearer hop, farthest first
//   inbound      a cell towards the origin      peels a layer, nearest hop first; true: this hop sent it
//   originate    a cell of ours to the origin   a cell of ours for this hop
//
// The octet of the channel command (RELAY or RELAY_EARLY) that the cell travels with is authenticated, so both ends must
// give the one that was on the wire of the channel between them. A body is 16 octets of tag and 493 of relay message
// (V1, tor-spec 6.1); what originate finds in the tag is overwritten.

import {BugError} from '../../fault/fault.ts'
import {RELAY_BODY} from '../../wire/relay-cell.ts'

/** Octets of key material of one direction: J (32), S (32), N (16), in the order of the handshake's key stream. */
export const CGO_DIRECTION_KEY_SIZE = 80

/** Octets of key material of a hop: outbound, then inbound (proposal 359, 4). */
export const CGO_KEY_SIZE = 2 * CGO_DIRECTION_KEY_SIZE

/** Octets of a tag: at the head of a body, and in an authenticated SENDME. */
export const CGO_TAG_SIZE = 16

export interface CgoHop {
  /** Puts the hop's nonce into the tag and enciphers; then the keys change. `tag` names the cell. */
  originate(command: number, body: Uint8Array): void
  /** Whose cell the last originate, or the last call that answered true, was about: a copy of the 16 octets that an
   * authenticated SENDME for it carries. BugError before the first. */
  tag(): Uint8Array
  /** Wipes the keys. Any later call is a BugError, except that closing twice is harmless. */
  close(): void
}

/** A relay's end of a hop. */
export interface CgoRelay extends CgoHop {
  outbound(command: number, body: Uint8Array): boolean
  inbound(command: number, body: Uint8Array): void
}

/** The origin's end of a hop. */
export interface CgoOrigin extends CgoHop {
  outbound(command: number, body: Uint8Array): void
  inbound(command: number, body: Uint8Array): boolean
}

/** A maker of hops. */
export interface CgoCrypto {
  /** `addon:<kernel>` or `plain`. */
  readonly name: string
  /** `material`: CGO_KEY_SIZE octets, copied. `tweaks`: T' of both directions, 32 octets; zeros at the start of a circuit. */
  openRelay(material: Uint8Array, tweaks?: Uint8Array): CgoRelay
  openOrigin(material: Uint8Array, tweaks?: Uint8Array): CgoOrigin
}

/** T' of both directions before the first cell. */
export const CGO_FIRST_TWEAKS: Uint8Array = new Uint8Array(2 * CGO_TAG_SIZE)

/** Throws a BugError unless material and tweaks have their sizes. */
export function checkCgoKeys(material: Uint8Array, tweaks: Uint8Array): void {
  if (material.length !== CGO_KEY_SIZE) throw new BugError('cgo-key-size', String(material.length))
  if (tweaks.length !== CGO_FIRST_TWEAKS.length) throw new BugError('cgo-tweaks-size', String(tweaks.length))
}

/** Throws a BugError unless it is a cell that can travel: an octet and 509 octets. */
export function checkCgoCell(command: number, body: Uint8Array): void {
  if (body.length !== RELAY_BODY) throw new BugError('relay-body-size', String(body.length))
  if (!Number.isInteger(command) || command < 0 || command > 0xff) {
    throw new BugError('cgo-command', String(command))
  }
}
