// A client of a relay's directory over any stream: sends the octets of a request and reads whatever comes until the end.

import type {Duplex} from 'node:stream'

export interface DirectoryReply {
  /** Zero when nothing came before the stream ended. */
  readonly status: number
  readonly statusLine: string
  /** Names as they came. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: Buffer
}

export async function readReply(stream: Duplex): Promise<DirectoryReply> {
  const parts: Buffer[] = []
  await new Promise<void>(resolve => {
    stream.on('data', (part: Buffer) => parts.push(part))
    stream.once('end', resolve)
    stream.once('close', resolve)
  })
  const octets = Buffer.concat(parts)
  const headEnd = octets.indexOf('\r\n\r\n')
  const [statusLine = '', ...lines] = octets.toString('latin1', 0, Math.max(headEnd, 0)).split('\r\n')
  const pairs = lines.map(
    line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const
  )
  const body = headEnd < 0 ? octets : octets.subarray(headEnd + 4)
  return {status: Number(statusLine.split(' ')[1] ?? 0), statusLine, headers: new Map(pairs), body}
}

/** The request as C tor's client writes it. */
export function requestOctets(
  path: string,
  headers: readonly string[] = [],
  method = 'GET',
  body = ''
): Buffer {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
  const head = [`${method} ${path} HTTP/1.0`, 'Host: 127.0.0.1', ...headers, ...length]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}
