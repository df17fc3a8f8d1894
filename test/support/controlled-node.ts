// A node for the control port that is nothing but its interface: what it is asked to do is written down, what it knows is
// what the test says. The control port on it is the real one, on a real socket.

import type {Socket} from 'node:net'
import {connect} from 'node:net'
import {Authentication, type AuthenticationOptions} from '../../src/control/authentication.ts'
import {
  ControlPorts,
  type ControlPortsOptions,
  DEFAULT_CONTROL_PORTS_OPTIONS
} from '../../src/control/control-ports.ts'
import {ControlEvents} from '../../src/control/events.ts'
import type {ControlledNode, SettingLine} from '../../src/control/node.ts'
import {localFault} from '../../src/fault/fault.ts'
import {err, ok} from '../../src/fault/result.ts'
import {within} from './wait-until.ts'

export class RecordedNode {
  readonly calls: string[] = []
  readonly onions = new Map<string, unknown>()
  readonly circuits = new Set([3])
  readonly streams = new Set([7])

  readonly node: ControlledNode = {
    version: '0.4.9.11 (ramson-0.1.0)',
    facts: {
      startedAtMs: Date.now(),
      relay: undefined,
      bytesRead: () => 10,
      bytesWritten: () => 20,
      address: () => undefined,
      bootstrap: () => ({progress: 100, tag: 'done', summary: 'Done'}),
      hasBuiltCircuit: () => true,
      isDormant: () => false,
      maxMemInQueues: () => 1000,
      descriptorLimit: () => 64,
      user: () => 'tor',
      bandwidthCache: () => [
        [1, 2],
        [3, 4]
      ],
      accounting: what => (what === 'enabled' ? '0' : undefined),
      listeners: kind => (kind === 'socks' ? ['127.0.0.1:9050', 'unix:/run/socks'] : []),
      entryGuards: () => [`$${'A'.repeat(40)}~a up`],
      links: () => []
    },
    settings: {
      torrcFile: '/etc/ramson/torrc',
      defaultsFile: '',
      get: name => {
        const known = {nickname: ['foo'], log: ['notice stdout', 'info file /x'], contactinfo: []}
        const values = Object.hasOwn(known, name.toLowerCase())
          ? known[name.toLowerCase() as keyof typeof known]
          : undefined
        return values && {name: name === 'nickname' ? 'Nickname' : name, values}
      },
      onionServices: () => [
        {name: 'HiddenServiceDir', value: '/a'},
        {name: 'HiddenServicePort', value: '80'}
      ],
      names: () => [['Nickname', 'String']],
      defaults: () => [['Nickname', 'Un"named']],
      text: () => 'Nickname foo\n',
      set: lines => this.#change('set', lines),
      reset: lines => this.#change('reset', lines),
      load: async text => {
        this.calls.push(`load ${JSON.stringify(text)}`)
        return ok(undefined)
      },
      save: () => ok(undefined)
    },
    network: {
      netDir: () => undefined,
      isEnough: () => false,
      consensus: () => undefined,
      microdescriptor: () => undefined
    },
    circuits: {
      list: () => [
        {
          id: 3,
          status: 'BUILT',
          path: [`$${'A'.repeat(40)}~a`, `$${'B'.repeat(40)}`],
          purpose: 'GENERAL',
          isOneHop: false,
          createdAt: new Date('2026-11-22T17:00:00Z'),
          reason: undefined,
          remoteReason: undefined
        }
      ],
      has: id => this.circuits.has(id),
      launch: (relays, purpose) => {
        this.calls.push(`launch ${relays.join('+')} ${purpose}`)
        return relays.includes('nobody')
          ? err(localFault('no-such-relay', {message: 'No such router "nobody"'}))
          : ok(9)
      },
      extend: (id, relays) => {
        this.calls.push(`extend ${id} ${relays.join('+')}`)
        return ok(id)
      },
      close: id => this.calls.push(`close ${id}`),
      setPurpose: (id, purpose) => this.calls.push(`purpose ${id} ${purpose}`)
    },
    streams: {
      list: () => [{id: 7, status: 'NEW', circuit: 0, target: 'x.onion:80'}],
      has: id => this.streams.has(id),
      attach: (id, circuit) => {
        this.calls.push(`attach ${id} ${circuit}`)
        return circuit === 3
          ? err(localFault('cannot-attach', {message: 'Unable to attach stream'}))
          : ok(undefined)
      },
      redirect: (id, host, port) => {
        this.calls.push(`redirect ${id} ${host} ${port}`)
        return err(localFault('not-waiting', {message: 'Connection is not managed by controller.'}))
      },
      close: id => {
        this.calls.push(`close stream ${id}`)
        return ok(undefined)
      }
    },
    addresses: {
      map: (from, to) => {
        this.calls.push(`map ${from} ${to}`)
        if (to === 'bad') return err(localFault('bad-mapping', {message: 'maps to what is no address'}))
        return to === 'full' ? err(localFault('too-many', {message: ''})) : ok(from)
      },
      virtual: (kind, to) => {
        this.calls.push(`virtual ${kind} ${to}`)
        return ok(`${kind}.virtual`)
      },
      list: source => [
        ...(source === 'control' ? [] : [{from: 'a.example', to: 'a.onion'}]),
        ...(source === 'config' ? [] : [{from: '*.b.example', to: '*.b.onion'}])
      ]
    },
    onions: {
      add: onion => {
        const id = 'a'.repeat(55) + String.fromCharCode(97 + this.onions.size)
        this.onions.set(id, onion)
        return ok({id, expandedKey: new Uint8Array(64).fill(1)})
      },
      remove: id => this.onions.delete(id),
      clientAuth: {
        list: () => [],
        add: entry => {
          this.calls.push(`auth ${entry.nickname} ${entry.isPermanent}`)
          return entry.isPermanent ? err(localFault('no-directory', {message: ''})) : ok('replaced')
        },
        remove: () => false
      }
    },
    descriptors: {
      cached: () => undefined,
      own: () => undefined,
      fetch: (_identity, servers) => {
        this.calls.push(`fetch ${servers.join('+')}`)
        return ok(undefined)
      },
      publish: (descriptor, servers, identity) => {
        this.calls.push(`publish ${descriptor.length} ${servers.join('+')} ${identity?.length}`)
        return descriptor.startsWith('hs-descriptor')
          ? ok(undefined)
          : err(localFault('invalid', {message: 'Invalid descriptor'}))
      }
    },
    signal: name => this.calls.push(`signal ${name}`),
    dropGuards: () => this.calls.push('drop guards')
  }

  async #change(how: string, lines: readonly SettingLine[]) {
    this.calls.push(`${how} ${lines.map(({name, value}) => `${name}=${value}`).join(' ')}`)
    if (!lines.some(({name}) => name === 'Foo')) return ok(undefined)
    return err(localFault('unknown-option', {message: "Unknown option 'Foo'."}))
  }
}

export interface OpenedControl {
  readonly recorded: RecordedNode
  readonly ports: ControlPorts
  readonly events: ControlEvents
  readonly port: number
  readonly ownersGone: () => number
  connect(): Promise<RawController>
  /** Connected and authenticated. */
  open(): Promise<RawController>
  close(): Promise<void>
}

export async function openControl(
  options: Partial<ControlPortsOptions> = {},
  authentication: AuthenticationOptions = {cookie: undefined, passwords: []}
): Promise<OpenedControl> {
  const recorded = new RecordedNode()
  const events = new ControlEvents()
  let ownersGone = 0
  const opened = await ControlPorts.listen(
    [{host: '127.0.0.1', port: 0}],
    {
      node: recorded.node,
      authentication: new Authentication(authentication),
      events,
      failed: error => {
        throw error
      },
      ownerGone: () => {
        ownersGone++
      }
    },
    {...DEFAULT_CONTROL_PORTS_OPTIONS, ...options}
  )
  if (!opened.ok) throw new Error(opened.fault.code)
  const ports = opened.value
  const [bound] = ports.bound
  const port = typeof bound === 'object' ? bound.port : 0
  return {
    recorded,
    ports,
    events,
    port,
    ownersGone: () => ownersGone,
    connect: () => RawController.connect(port),
    async open() {
      const controller = await RawController.connect(port)
      await controller.ask('AUTHENTICATE')
      return controller
    },
    close: () => ports.close()
  }
}

/** Sends text and gives what comes back as it is. */
export class RawController {
  readonly closed: Promise<void>
  readonly #socket: Socket
  #text = ''
  #waiting: (() => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (octets: Buffer) => {
      this.#text += octets.toString()
      this.#waiting?.()
    })
    socket.on('error', () => {})
    this.closed = new Promise(resolve => {
      socket.once('close', () => {
        resolve()
        this.#waiting?.()
      })
    })
  }

  static async connect(port: number): Promise<RawController> {
    const socket = connect({host: '127.0.0.1', port})
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new RawController(socket)
  }

  send(text: string): void {
    this.#socket.write(text)
  }

  /** One reply to a line, lines joined with `\n`; what had come when the connection ended, where it did. */
  async ask(line: string): Promise<string> {
    this.send(`${line}\r\n`)
    return this.reply()
  }

  /** The next reply or event. */
  reply(): Promise<string> {
    return within('a reply', 10_000, this.#reply())
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.destroy()
  }

  async #reply(): Promise<string> {
    for (;;) {
      const match = /^(?:\d{3}(?:-.*|\+.*\r\n(?:(?!\.\r\n).*\r\n)*\.)\r\n)*\d{3} .*\r\n/.exec(this.#text)
      if (match !== null) {
        this.#text = this.#text.slice(match[0].length)
        return match[0].trimEnd().replaceAll('\r\n', '\n')
      }
      if (this.#socket.destroyed) return this.#text
      await new Promise<void>(resolve => {
        this.#waiting = resolve
      })
    }
  }
}
