// One shard as main sees it: what it is to be told at the end of this loop turn, which links it has, and what of that is
// still on its way.
//
//   commands, links ─▶ (once per loop turn) ─▶ post            message ─▶ the plane
//
// A shard may die with its thread. What it held is then told from here, and the next thread begins with nothing.

import {MessageChannel, type MessagePort} from 'node:worker_threads'
import {loadAddon} from '../../crypto/binding.ts'
import type {ChannelHandle, ConnectHandle, DataPlaneLimits} from '../contract.ts'
import {RecordWriter} from './record-writer.ts'
import {nextChannelHandle} from './shard-indexes.ts'
import type {ShardThreads} from './shard-thread.ts'
import type {ShardStart} from './shard-worker.ts'
import type {ShardCounters} from './shared-memory.ts'
import type {FromWorker, LinkCommand, ToWorker} from './worker-messages.ts'

export interface MainShardOptions extends Omit<ShardStart, 'port' | keyof DataPlaneLimits> {
  readonly counters: ShardCounters
}

export interface MainShardDeps {
  readonly threads: ShardThreads
  /** Something is to be posted before the loop turn ends. */
  readonly wantsPost: (shard: MainShard) => void
  readonly received: (shard: MainShard, message: FromWorker) => void
}

export class MainShard {
  readonly index: number
  readonly counters: ShardCounters
  readonly commands = new RecordWriter()
  /** Its verified channels. */
  readonly open = new Set<ChannelHandle>()
  /** Its links that have come from others, verified or not. */
  readonly received = new Set<ChannelHandle>()
  readonly connecting = new Map<ConnectHandle, ChannelHandle>()
  /** All of its links. */
  readonly links = new Set<ChannelHandle>()
  readonly #options: MainShardOptions
  readonly #deps: MainShardDeps
  #links: LinkCommand[] = []
  #port: MessagePort | undefined
  #sequence = 0
  /** Counters of closed circuits, until the shard has done the message that closed them. */
  readonly #leaving: {readonly sequence: number; readonly counter: number}[] = []
  /** Connections on their way to the worker. */
  readonly #descriptors: {readonly sequence: number; readonly descriptor: number}[] = []

  constructor(options: MainShardOptions, deps: MainShardDeps) {
    this.index = options.index
    this.counters = options.counters
    this.#options = options
    this.#deps = deps
  }

  /** Starts a worker; the promise ends with it, or rejects when it dies. */
  run(limits: DataPlaneLimits): Promise<void> {
    const {port1, port2} = new MessageChannel()
    const {index, indexes, place, memory} = this.#options
    this.#port = port1
    port1.on('message', (message: FromWorker) => this.#deps.received(this, message))
    return this.#deps.threads.run({port: port2, index, indexes, place, memory, ...limits})
  }

  /** Of the message that is posted next. */
  get nextSequence(): number {
    return this.#sequence + 1
  }

  get isUp(): boolean {
    return this.#port !== undefined
  }

  nextHandle(): ChannelHandle {
    return nextChannelHandle(this.index)
  }

  tell(command: LinkCommand): void {
    if (command.kind === 'accept') {
      this.#descriptors.push({sequence: this.#sequence + 1, descriptor: command.descriptor})
    }
    this.#links.push(command)
    this.#deps.wantsPost(this)
  }

  /** The counter may be used again when what was told so far has been done. */
  leave(counter: number): void {
    this.#leaving.push({sequence: this.#sequence + 1, counter})
  }

  post(): void {
    if (this.#port === undefined || this.commands.length + this.#links.length === 0) return
    const sequence = ++this.#sequence
    const commands = this.commands.length === 0 ? undefined : this.commands.octets().slice()
    const message: ToWorker = {sequence, commands, links: this.#links}
    this.#port.postMessage(message, commands === undefined ? [] : [commands.buffer])
    this.commands.clear()
    this.#links = []
  }

  /** Gives the counters that the shard has done with. */
  settled(): number[] {
    const done = this.counters.get('done')
    takeDone(this.#descriptors, done)
    return takeDone(this.#leaving, done).map(({counter}) => counter)
  }

  /** The worker is gone, and with it what was on its way to it; gives the counters that nobody writes any more. */
  died(): number[] {
    this.#port?.close()
    this.#port = undefined
    this.commands.clear()
    const settled = this.settled()
    for (const {descriptor} of this.#descriptors) loadAddon().addon?.closeDescriptor(descriptor)
    this.#descriptors.length = 0
    this.#links = []
    const left = this.#leaving.splice(0).map(({counter}) => counter)
    this.#sequence = 0
    this.open.clear()
    this.received.clear()
    this.connecting.clear()
    this.links.clear()
    return [...settled, ...left]
  }
}

/** Removes what a worker has done from the head of a list that is in the order of sequence numbers. */
function takeDone<Item extends {readonly sequence: number}>(items: Item[], done: number): Item[] {
  let count = 0
  for (let item = items[0]; item !== undefined && item.sequence <= done; item = items[count]) count++
  return count === 0 ? [] : items.splice(0, count)
}
