// The far end of the tests' streams, and the near end that checks it. A client writes one request line; the server then
//   GET <count> <seed>   sends `count` pseudo-random octets drawn from `seed` and closes
//   PUT <count>          takes `count` octets, answers their SHA-256 in hexadecimal and a newline, and closes
//   ECHO                 sends back whatever comes
// Both ends compute the SHA-256 on their own, so what is compared never travelled.

import {createCipheriv, createHash} from 'node:crypto'
import {createServer, type Server, type Socket} from 'node:net'
import {within} from './wait-until.ts'

const CHUNK = 64 * 1024

/** `count` octets of AES-256-CTR keystream under a key drawn from `seed`, in chunks. */
export function* pseudoRandomOctets(seed: string, count: number): Generator<Buffer> {
  const stream = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), Buffer.alloc(16))
  const zeros = Buffer.alloc(CHUNK)
  for (let left = count; left > 0; left -= CHUNK) {
    yield stream.update(left < CHUNK ? zeros.subarray(0, left) : zeros)
  }
}

/** SHA-256, in hexadecimal, of what `pseudoRandomOctets` gives. */
export function expectedDigest(seed: string, count: number): string {
  const hash = createHash('sha256')
  for (const chunk of pseudoRandomOctets(seed, count)) hash.update(chunk)
  return hash.digest('hex')
}

async function writeAll(socket: Socket, chunks: Iterable<Buffer>): Promise<void> {
  for (const chunk of chunks) {
    if (socket.destroyed) return
    if (!socket.write(chunk)) {
      await new Promise<void>(resolve => {
        const go = (): void => {
          socket.off('drain', go)
          socket.off('close', go)
          resolve()
        }
        socket.once('drain', go)
        socket.once('close', go)
      })
    }
  }
}

function takeUpload(socket: Socket, count: number, first: Buffer): void {
  const hash = createHash('sha256')
  let left = count
  const take = (chunk: Buffer): void => {
    hash.update(chunk.subarray(0, left))
    left -= chunk.length
    if (left <= 0) {
      socket.off('data', take)
      socket.end(`${hash.digest('hex')}\n`)
    }
  }
  socket.on('data', take)
  take(first)
}

function serve(socket: Socket): void {
  let request = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  const read = (chunk: Buffer): void => {
    request = Buffer.concat([request, chunk])
    const newline = request.indexOf(10)
    if (newline < 0) return
    socket.off('data', read)
    const [verb = '', count = '0', seed = ''] = request.subarray(0, newline).toString('latin1').split(' ')
    const rest = request.subarray(newline + 1)
    if (verb === 'GET') {
      writeAll(socket, pseudoRandomOctets(seed, Number(count))).then(() => socket.end())
    } else if (verb === 'PUT') {
      takeUpload(socket, Number(count), rest)
    } else {
      socket.write(rest)
      socket.pipe(socket)
    }
  }
  socket.on('data', read)
}

/** Listens on 127.0.0.1 until closed. */
export class TransferServer {
  readonly port: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
    server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      serve(socket)
    })
  }

  static async listen(): Promise<TransferServer> {
    const server = createServer({allowHalfOpen: true})
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    return new TransferServer(server, address.port)
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}

function readToEnd(socket: Socket, onChunk: (chunk: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.on('data', onChunk)
    socket.once('end', resolve)
    socket.once('error', reject)
    socket.once('close', resolve)
    socket.resume()
  })
}

export interface Transfer {
  readonly count: number
  readonly digest: string
  readonly seconds: number
}

/** Asks for `count` octets over a connected socket, reads to the end, and gives what arrived. */
export async function download(
  socket: Socket,
  count: number,
  seed: string,
  timeoutMs: number
): Promise<Transfer> {
  const hash = createHash('sha256')
  const started = performance.now()
  let received = 0
  socket.write(`GET ${count} ${seed}\n`)
  const whole = readToEnd(socket, chunk => {
    received += chunk.length
    hash.update(chunk)
  })
  try {
    await within(`${count} octets`, timeoutMs, whole)
  } catch (error) {
    throw new Error(`${received} of ${count} octets arrived`, {cause: error})
  } finally {
    socket.destroy()
  }
  return {count: received, digest: hash.digest('hex'), seconds: (performance.now() - started) / 1000}
}

/** Sends `count` octets drawn from `seed` over a connected socket and gives the digest the server answered. */
export async function upload(
  socket: Socket,
  count: number,
  seed: string,
  timeoutMs: number
): Promise<Transfer> {
  const started = performance.now()
  let answer = ''
  socket.write(`PUT ${count}\n`)
  const answered = readToEnd(socket, chunk => {
    answer += chunk.toString('latin1')
  })
  try {
    await within(
      `${count} octets to be taken`,
      timeoutMs,
      writeAll(socket, pseudoRandomOctets(seed, count)).then(() => answered)
    )
  } finally {
    socket.destroy()
  }
  return {count, digest: answer.trim(), seconds: (performance.now() - started) / 1000}
}

/** Sends `text`, and gives as many octets of the answer as the text has. */
export async function echo(socket: Socket, text: string, timeoutMs: number): Promise<string> {
  let answer = ''
  socket.write(`ECHO\n${text}`)
  try {
    await within(
      'the echo',
      timeoutMs,
      new Promise<void>(resolve => {
        socket.on('data', (chunk: Buffer) => {
          answer += chunk.toString('latin1')
          if (answer.length >= text.length) resolve()
        })
        socket.once('close', () => resolve())
        socket.resume()
      })
    )
  } finally {
    socket.destroy()
  }
  return answer
}
