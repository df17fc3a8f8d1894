// A Unix datagram socket as systemd holds one out to its services, and what comes in there. Node has no such sockets, so
// python3 holds it, and prints each message with who sent it.

import {type ChildProcess, spawn, spawnSync} from 'node:child_process'
import {createInterface} from 'node:readline'
import {waitUntil} from './wait-until.ts'

const SCRIPT = `
import json, socket, struct, sys
name = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
s.bind('\\0' + name[1:] if name[0] == '@' else name)
print(json.dumps({'pid': 0, 'lines': []}), flush=True)
while True:
    data, anc, _, _ = s.recvmsg(4096, socket.CMSG_SPACE(12))
    pid = next((struct.unpack('iII', d)[0] for l, t, d in anc if t == socket.SCM_CREDENTIALS), 0)
    print(json.dumps({'pid': pid, 'lines': data.decode().split('\\n')}), flush=True)
`

export interface Notification {
  readonly pid: number
  readonly lines: readonly string[]
}

export class NotifySocket {
  readonly name: string
  readonly received: Notification[] = []
  readonly #child: ChildProcess

  private constructor(name: string) {
    this.name = name
    const child = spawn('python3', ['-c', SCRIPT, name], {stdio: ['ignore', 'pipe', 'inherit']})
    this.#child = child
    createInterface({input: child.stdout}).on('line', line => {
      this.received.push(JSON.parse(line) as Notification)
    })
  }

  /** @param name a path, or `@name` for an abstract one */
  static async open(name: string): Promise<NotifySocket> {
    const socket = new NotifySocket(name)
    await waitUntil('the notify socket', {timeoutMs: 15_000, everyMs: 50}, () => socket.received.length > 0)
    socket.received.length = 0
    return socket
  }

  /** The first message with such a line that has not been asked for before. */
  next(line: RegExp, timeoutMs = 30_000): Promise<Notification> {
    return waitUntil(`a notification ${line}`, {timeoutMs, everyMs: 50}, () => {
      const at = this.received.findIndex(({lines}) => lines.some(each => line.test(each)))
      return at === -1 ? undefined : this.received.splice(0, at + 1).at(-1)
    })
  }

  close(): void {
    this.#child.kill()
  }
}

export function whyWithoutPython(): string | false {
  return spawnSync('python3', ['--version']).status === 0 ? false : 'python3 is not installed'
}
