// The body of a POST, up to a limit.

import type {IncomingMessage} from 'node:http'

/** Undefined when there are more octets than `max`. Never settles for a peer that leaves: then nobody waits for it. */
export function readBody(message: IncomingMessage, max: number): Promise<Uint8Array | undefined> {
  return new Promise(resolve => {
    const parts: Buffer[] = []
    let length = 0
    message.on('data', (part: Buffer) => {
      length += part.length
      if (length > max) {
        message.pause()
        resolve(undefined)
      } else parts.push(part)
    })
    message.once('end', () => resolve(new Uint8Array(Buffer.concat(parts, length))))
  })
}
