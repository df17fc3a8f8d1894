// Streams of applications to onion services, from the SOCKS port on, for whoever wants to see them or have a say in them:
//
//   open ─▶ NEW ─(left unattached: attach)─▶ SENTCONNECT ─▶ SUCCEEDED ─▶ CLOSED
//                                                        └─ FAILED, CLOSED
//
// A stream that is left for a controller to attach waits two minutes for it, as with C tor.

import type {Duplex} from 'node:stream'
import type {OriginCircuit} from '../circuit/origin-circuit.ts'
import {localFault} from '../fault/fault.ts'
import {err, type Result} from '../fault/result.ts'
import type {OnionClientFault} from '../roles/client/fault.ts'
import type {OnionTarget} from '../roles/client/onion-client.ts'

export type ClientStreamStatus = 'NEW' | 'SENTCONNECT' | 'SUCCEEDED' | 'FAILED' | 'CLOSED'

export interface ClientStream {
  readonly id: number
  readonly target: OnionTarget
  readonly status: ClientStreamStatus
  /** Undefined until it is known. */
  readonly circuit: OriginCircuit | undefined
  /** Undefined until it has succeeded. */
  readonly duplex: Duplex | undefined
}

type Connect = (
  target: OnionTarget,
  joined?: (circuit: OriginCircuit) => void
) => Promise<Result<Duplex, OnionClientFault>>

interface Entry extends ClientStream {
  target: OnionTarget
  status: ClientStreamStatus
  circuit: OriginCircuit | undefined
  /** Set while it waits to be attached. */
  attach: ((how: 'attached' | 'given-up') => void) | undefined
  duplex: Duplex | undefined
}

const UNATTACHED_MS = 2 * 60_000

export class ClientStreams {
  readonly #connect: Connect
  readonly #entries = new Map<number, Entry>()
  readonly #listeners = new Set<(stream: ClientStream) => void>()
  #leavesUnattached: () => boolean = () => false
  #lastId = 0

  constructor(connect: Connect) {
    this.#connect = connect
  }

  /** Whether new streams wait for a controller. */
  set leavesUnattached(leaves: () => boolean) {
    this.#leavesUnattached = leaves
  }

  list(): readonly ClientStream[] {
    return [...this.#entries.values()]
  }

  get(id: number): ClientStream | undefined {
    return this.#entries.get(id)
  }

  onChange(listener: (stream: ClientStream) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly connect = async (target: OnionTarget): Promise<Result<Duplex, OnionClientFault>> => {
    const entry: Entry = {
      id: ++this.#lastId,
      target,
      status: 'NEW',
      circuit: undefined,
      attach: undefined,
      duplex: undefined
    }
    this.#entries.set(entry.id, entry)
    this.#tell(entry)
    if (this.#leavesUnattached() && (await this.#attached(entry)) === 'given-up') {
      this.#end(entry, 'FAILED')
      return err(localFault('onion-stream-timeout'))
    }
    const connected = await this.#connect(entry.target, circuit => {
      entry.circuit = circuit
      this.#becomes(entry, 'SENTCONNECT')
    })
    if (!connected.ok) {
      this.#end(entry, 'FAILED')
      return connected
    }
    this.#succeeded(entry, connected.value)
    return connected
  }

  /** False: it does not wait for that. */
  attach(id: number): boolean {
    const attach = this.#entries.get(id)?.attach
    attach?.('attached')
    return attach !== undefined
  }

  /** Another target for a stream that waits; false: it does not. */
  redirect(id: number, address: string, port: number | undefined): boolean {
    const entry = this.#entries.get(id)
    if (entry?.attach === undefined) return false
    entry.target = {...entry.target, address, port: port ?? entry.target.port}
    return true
  }

  close(id: number): void {
    const entry = this.#entries.get(id)
    entry?.attach?.('given-up')
    entry?.duplex?.destroy()
  }

  #attached(entry: Entry): Promise<'attached' | 'given-up'> {
    return new Promise(resolve => {
      const timer = setTimeout(() => entry.attach?.('given-up'), UNATTACHED_MS)
      timer.unref()
      entry.attach = how => {
        clearTimeout(timer)
        entry.attach = undefined
        resolve(how)
      }
    })
  }

  #succeeded(entry: Entry, stream: Duplex): void {
    entry.duplex = stream
    this.#becomes(entry, 'SUCCEEDED')
    stream.once('close', () => this.#end(entry, 'CLOSED'))
    if (stream.destroyed) this.#end(entry, 'CLOSED')
  }

  #end(entry: Entry, status: 'FAILED' | 'CLOSED'): void {
    if (!this.#entries.delete(entry.id)) return
    if (status === 'FAILED') this.#becomes(entry, 'FAILED')
    this.#becomes(entry, 'CLOSED')
  }

  #becomes(entry: Entry, status: ClientStreamStatus): void {
    entry.status = status
    this.#tell(entry)
  }

  #tell(entry: Entry): void {
    for (const listener of this.#listeners) listener(entry)
  }
}
