// KeepalivePeriod: a channel on which we have written nothing for so long gets a PADDING cell, so that whatever forgets
// silent connections on the way goes on to know it, and so that a peer that is gone shows. One that could not be written to
// for ten periods holds memory for nobody and is closed. Both data planes ask once per tick.

const SWEEP_MS = 1000
/** A channel that octets wait for is stuck after so many periods without a write. */
const STUCK_PERIODS = 10

/** A channel as this looks at it. */
export interface KeptChannel {
  /** When octets last left for the peer. */
  readonly wroteAtMs: number
}

export interface KeepaliveVerdict<Channel> {
  /** They get a PADDING cell now. */
  readonly silent: readonly Channel[]
  /** They are to be closed. */
  readonly stuck: readonly Channel[]
}

const NOTHING: KeepaliveVerdict<never> = {silent: [], stuck: []}

export class ChannelKeepalive<Channel extends KeptChannel> {
  readonly #periodMs: () => number
  /** When the last cell of ours was put on a channel; one that is stuck gets no more of them than any other. */
  readonly #keptAtMs = new WeakMap<Channel, number>()
  #sweptAtMs = 0

  /** `periodMs`: of the moment; 0 means that no channel is kept alive. */
  constructor(periodMs: () => number) {
    this.#periodMs = periodMs
  }

  sweep(channels: Iterable<Channel>, nowMs: number): KeepaliveVerdict<Channel> {
    const periodMs = this.#periodMs()
    if (nowMs - this.#sweptAtMs < Math.min(SWEEP_MS, periodMs) || periodMs === 0) return NOTHING
    this.#sweptAtMs = nowMs
    const silent: Channel[] = []
    const stuck: Channel[] = []
    for (const channel of channels) {
      const {wroteAtMs} = channel
      const silentMs = nowMs - wroteAtMs
      if (silentMs < periodMs) continue
      const keptAtMs = this.#keptAtMs.get(channel) ?? 0
      // Time alone may only seem to have passed, as for a machine that slept: what we put there has not left.
      const isFull = keptAtMs - wroteAtMs >= periodMs
      if (isFull && silentMs >= STUCK_PERIODS * periodMs) stuck.push(channel)
      else if (nowMs - keptAtMs >= periodMs) {
        this.#keptAtMs.set(channel, nowMs)
        silent.push(channel)
      }
    }
    return {silent, stuck}
  }
}
