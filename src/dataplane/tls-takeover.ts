// Takes a TLS 1.3 connection away from node:tls, which has done its handshake, so that its records can be read and written
// natively: descriptor, suite, traffic secrets, and how many records have gone under each.
//
//   node:tls over a RecordTap ─▶ quiet ─▶ take ─▶ TlsConnection, or undefined: then node:tls goes on with it

import type {TLSSocket} from 'node:tls'
import {concat} from '../bytes/octets.ts'
import {loadAddon} from '../crypto/binding.ts'
import type {RecordTap} from './record-tap.ts'
import {TrafficSecrets} from './traffic-secrets.ts'

/** The suites that records are done natively with, by their numbers. */
const SUITES: ReadonlyMap<string, number> = new Map([
  ['TLS_AES_128_GCM_SHA256', 0x1301],
  // What a C tor relay picks as a server, whatever it is offered first.
  ['TLS_AES_256_GCM_SHA384', 0x1302]
])
/** Loop turns after which nothing that went in before is on its way through node's streams any more. */
const QUIET_TURNS = 2
/** A peer that does not read what we sent in the handshake is left to node:tls after so many turns. */
const TURNS_MAX = 100

/** A TLS connection without a socket of Node's. */
export interface TlsConnection {
  /** Whoever has the connection closes it. */
  readonly descriptor: number
  readonly suite: number
  readonly isServer: boolean
  /** What protects the octets that we read, and behind it, as long, what protects those that we write. To be wiped. */
  readonly secrets: Uint8Array
  /** Records that have gone under each of the two. */
  readonly sequences: readonly [reading: number, writing: number]
  /** What came and was not opened yet. */
  readonly behind: Uint8Array
}

export class TlsTakeover {
  readonly #tls: TLSSocket
  readonly #tap: RecordTap
  readonly #isServer: boolean
  readonly #secrets = new TrafficSecrets()

  constructor(tls: TLSSocket, tap: RecordTap, isServer: boolean) {
    this.#tls = tls
    this.#tap = tap
    this.#isServer = isServer
    tls.on('keylog', (line: Buffer) => this.#secrets.note(line))
  }

  /** Calls `taken` in a later loop turn. What node:tls has got by then has come out as 'data' before; nobody may pause the
   * socket meanwhile, nor write to it. Without a connection node:tls goes on. Not called where the connection ends before. */
  begin(taken: (connection: TlsConnection | undefined) => void): void {
    this.#tap.stop()
    this.#wait(1, taken)
  }

  wipe(): void {
    this.#secrets.wipe()
  }

  #wait(turn: number, taken: (connection: TlsConnection | undefined) => void): void {
    setImmediate(() => {
      if (this.#tls.destroyed) return
      const {writableLength, readableLength} = this.#tls
      const isQuiet = turn > QUIET_TURNS && this.#tap.isIdle && writableLength + readableLength === 0
      if (!isQuiet && turn < TURNS_MAX) {
        this.#wait(turn + 1, taken)
        return
      }
      const connection = isQuiet ? this.#take() : undefined
      this.#secrets.wipe()
      if (connection === undefined) this.#tap.open()
      taken(connection)
    })
  }

  #take(): TlsConnection | undefined {
    const {addon} = loadAddon()
    const suite = SUITES.get(this.#tls.getCipher().standardName)
    const {client, server} = this.#secrets
    if (addon === undefined || suite === undefined || this.#tls.getProtocol() !== 'TLSv1.3') return undefined
    if (client === undefined || server === undefined) return undefined
    const [reading, writing] = this.#isServer ? [client, server] : [server, client]
    const kernel = addon.kernels.indexOf(addon.kernel)
    const opens = (secret: Uint8Array) => (record: Uint8Array) =>
      addon.opensRecord(kernel, suite, secret, record) === true
    const received = this.#tap.received.countFrom(opens(reading))
    const sent = this.#tap.sent.countFrom(opens(writing))
    if (received === undefined || sent === undefined) return undefined
    const socket = this.#tap.letGo(descriptor => addon.duplicateDescriptor(descriptor))
    if (socket === undefined) return undefined
    return {
      ...socket,
      suite,
      isServer: this.#isServer,
      secrets: concat(reading, writing),
      sequences: [received, sent]
    }
  }
}
