// Which circuit a (channel, circ_id) pair belongs to, for the cells that reach the control plane: CREATE*, CREATED*,
// DESTROY. One circuit we are a hop of has up to two such ends, one that we built has one.

import {CircIdTable} from '../dataplane/circ-id-table.ts'
import type {ChannelHandle} from '../dataplane/contract.ts'

export class CircuitIds<Owner> {
  readonly #byChannel = new Map<ChannelHandle, CircIdTable<Owner>>()

  get(channel: ChannelHandle, circId: number): Owner | undefined {
    return this.#byChannel.get(channel)?.get(circId)
  }

  set(channel: ChannelHandle, circId: number, owner: Owner): void {
    let ids = this.#byChannel.get(channel)
    if (ids === undefined) {
      ids = new CircIdTable()
      this.#byChannel.set(channel, ids)
    }
    ids.set(circId, owner)
  }

  delete(channel: ChannelHandle, circId: number): void {
    const ids = this.#byChannel.get(channel)
    ids?.delete(circId)
    if (ids?.size === 0) this.#byChannel.delete(channel)
  }

  has(channel: ChannelHandle, circId: number): boolean {
    return this.#byChannel.get(channel)?.has(circId) ?? false
  }

  /** How many circuits the channel carries. */
  count(channel: ChannelHandle): number {
    return this.#byChannel.get(channel)?.size ?? 0
  }

  /** Takes every circuit of a channel out of the table. */
  take(channel: ChannelHandle): Owner[] {
    const owners = [...(this.#byChannel.get(channel)?.values() ?? [])]
    this.#byChannel.delete(channel)
    return owners
  }
}
