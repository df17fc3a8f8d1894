// The client end of a one-hop CREATE_FAST circuit over a RawLink: key derivation, the hop's cryptography and relay messages,
// apart from src/ so that the relay under test is not its own judge. It sends whatever command and length a test asks for.

import {createCipheriv, createHash, type Hash, randomBytes} from 'node:crypto'
import {ANSWER_TIMEOUT_MS, FIXED_BODY, type RawCell, RawCommand, type RawLink} from './raw-link.ts'

/** One direction of a hop's tor1 cryptography. */
class Direction {
  readonly #cipher: ReturnType<typeof createCipheriv>
  readonly #digest: Hash

  constructor(seed: Uint8Array, key: Uint8Array) {
    this.#cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16))
    this.#digest = createHash('sha1').update(seed)
  }

  crypt(body: Uint8Array): Buffer {
    return this.#cipher.update(body)
  }

  take(body: Uint8Array): Buffer {
    this.#digest.update(body)
    return this.#digest.copy().digest().subarray(0, 4)
  }
}

export interface RawRelayMessage {
  readonly command: number
  readonly streamId: number
  readonly data: Buffer
}

/** What came back on a circuit: a relay message, or the DESTROY reason, or that the channel closed. */
export type CircuitAnswer =
  | {readonly kind: 'message'; readonly message: RawRelayMessage}
  | {readonly kind: 'destroyed'; readonly reason: number}
  | {readonly kind: 'closed'}

/** A one-hop circuit made with CREATE_FAST (tor-spec 5.1.5 of the 2023 text). */
export class RawCircuit {
  readonly link: RawLink
  readonly id: number
  /** KH of the handshake, 20 octets: the relay's word that it has the keys, and what ESTABLISH_INTRO is tied to. */
  readonly keyHash: Uint8Array
  /** What nobody but the two ends knows: digest seeds and keys of both directions, and KH. */
  readonly secrets: readonly Uint8Array[]
  readonly #outbound: Direction
  readonly #inbound: Direction

  private constructor(link: RawLink, id: number, secret: Uint8Array) {
    this.link = link
    this.id = id
    const keys = Buffer.concat(
      [0, 1, 2, 3, 4].map(i => createHash('sha1').update(secret).update(Buffer.of(i)).digest())
    )
    this.keyHash = keys.subarray(0, 20)
    const cuts = [0, 20, 40, 60, 76, 92]
    this.secrets = cuts.slice(1).map((end, i) => keys.subarray(cuts[i], end))
    this.#outbound = new Direction(keys.subarray(20, 40), keys.subarray(60, 76))
    this.#inbound = new Direction(keys.subarray(40, 60), keys.subarray(76, 92))
  }

  static async create(link: RawLink, id: number): Promise<RawCircuit> {
    const x = randomBytes(20)
    link.sendCell(id, RawCommand.CREATE_FAST, x)
    for (;;) {
      const cell = await link.nextCell()
      if (cell.circuitId !== id) continue
      if (cell.command !== RawCommand.CREATED_FAST) throw new Error(`CREATE_FAST answered by ${cell.command}`)
      return new RawCircuit(link, id, Buffer.concat([x, cell.body.subarray(0, 20)]))
    }
  }

  /** Sends a relay message the relay will recognize; `length` may lie about the data. */
  send(
    command: number,
    streamId: number,
    data: Uint8Array,
    options: {early?: boolean; length?: number} = {}
  ): void {
    const body = Buffer.alloc(FIXED_BODY)
    body[0] = command
    body.writeUInt16BE(streamId, 3)
    body.writeUInt16BE(options.length ?? data.length, 9)
    body.set(data.subarray(0, FIXED_BODY - 11), 11)
    body.set(this.#outbound.take(body), 5)
    const outer = options.early === true ? RawCommand.RELAY_EARLY : RawCommand.RELAY
    this.link.sendCell(this.id, outer, this.#outbound.crypt(body))
  }

  /** Sends 509 octets that the relay will not take for its own unless it has to: they begin 0, then anything but 0, 0. */
  sendThrough(body: Uint8Array, options: {early?: boolean} = {}): void {
    const outer = options.early === true ? RawCommand.RELAY_EARLY : RawCommand.RELAY
    this.link.sendCell(this.id, outer, this.#outbound.crypt(body))
  }

  /** The next cell of this circuit, whoever wrote it, without this hop's layer where it is a relay cell. */
  async nextThrough(timeoutMs = ANSWER_TIMEOUT_MS): Promise<RawCell | undefined> {
    for (;;) {
      const cell = await this.link.cellOrClose(timeoutMs)
      if (cell === undefined) return undefined
      if (cell.circuitId !== this.id) continue
      const isRelay = cell.command === RawCommand.RELAY || cell.command === RawCommand.RELAY_EARLY
      return isRelay ? {...cell, body: this.#inbound.crypt(cell.body)} : cell
    }
  }

  /** The next thing the relay says on this circuit. Cells of other circuits are passed over. */
  async next(timeoutMs = ANSWER_TIMEOUT_MS): Promise<CircuitAnswer> {
    for (;;) {
      const cell = await this.link.cellOrClose(timeoutMs)
      if (cell === undefined) return {kind: 'closed'}
      if (cell.circuitId !== this.id) continue
      if (cell.command === RawCommand.DESTROY) return {kind: 'destroyed', reason: cell.body[0] ?? -1}
      if (cell.command !== RawCommand.RELAY) continue
      const body = this.#inbound.crypt(cell.body)
      const said = Buffer.from(body.subarray(5, 9))
      body.fill(0, 5, 9)
      if (!said.equals(this.#inbound.take(body))) throw new Error('a relay cell that is not for us')
      const message = {
        command: body[0] ?? 0,
        streamId: body.readUInt16BE(3),
        data: body.subarray(11, 11 + body.readUInt16BE(9))
      }
      return {kind: 'message', message}
    }
  }
}
