// What streams of applications carried since they were last asked, as the event STREAM_BW has it: octets that the application
// wrote, octets that came for it, and the time.

import {RelayStream, type StreamTraffic} from '../../stream/relay-stream.ts'
import type {ClientStream} from '../client-streams.ts'

const NOTHING: StreamTraffic = {sent: 0, received: 0}

export class StreamTrafficWatch {
  readonly #before = new WeakMap<RelayStream, StreamTraffic>()

  /** Undefined where it was nothing, and for a stream that is not there yet. */
  since({duplex}: Pick<ClientStream, 'duplex'>): string | undefined {
    if (!(duplex instanceof RelayStream)) return undefined
    const before = this.#before.get(duplex) ?? NOTHING
    const {sent, received} = duplex.traffic
    if (sent === before.sent && received === before.received) return undefined
    this.#before.set(duplex, {sent, received})
    const time = new Date().toISOString().replace('Z', '000')
    return `${sent - before.sent} ${received - before.received} ${time}`
  }
}
