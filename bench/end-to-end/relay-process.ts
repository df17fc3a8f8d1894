// The relay under test: a process of its own, started from a torrc as an operator would start it, on cores of its own and
// with no directory network around it. Its cost is what the kernel says of all its threads together.

import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from 'node:fs'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {rsaIdentity} from '../../src/crypto/rsa.ts'
import {keyFiles, readKey} from '../../src/datadir/key-file.ts'
import {placed} from './placed.ts'

export type RelayProgram = 'ramson' | 'tor'

export interface RelayOptions {
  readonly program: RelayProgram
  /** The program that runs ramson. */
  readonly node: string
  /** ramson's shards; 0: its plain data plane. */
  readonly shards: number
  /** A list as taskset takes it, or '' for all. */
  readonly cores: string
  readonly port: number
  /** For ramson. */
  readonly metricsPort: number
  /** More lines of torrc. */
  readonly torrc: readonly string[]
  /** More arguments for node, to profile. */
  readonly nodeArguments: readonly string[]
}

/** A relay as the load generator needs to know it. Keys as base64, since this goes from process to process. */
export interface RelayUnderTest {
  readonly pid: number
  readonly port: number
  /** Where it tells what it has counted; 0 where it does not. */
  readonly metricsPort: number
  readonly rsaIdentity: string
  readonly ed25519Identity: string
  readonly ntorOnionKey: string
}

const START_TIMEOUT_MS = 30_000
const SETTLE_MS = 250
const SETTLE_MAX_MS = 5_000
/** Of a core. */
const SETTLED_SHARE = 0.03
const PROGRAM = fileURLToPath(new URL('../../src/app/main.js', import.meta.url))
const NOBODY = 'A'.repeat(40)

export class RelayProcess {
  readonly relay: RelayUnderTest
  readonly #child: ChildProcess
  readonly #folder: string

  private constructor(relay: RelayUnderTest, child: ChildProcess, folder: string) {
    this.relay = relay
    this.#child = child
    this.#folder = folder
  }

  static async start(options: RelayOptions): Promise<RelayProcess> {
    const folder = mkdtempSync(join(tmpdir(), `bench-${options.program}-`))
    const data = join(folder, 'data')
    mkdirSync(data, {mode: 0o700})
    const torrc = join(folder, 'torrc')
    writeFileSync(torrc, `${torrcLines(options, data).join('\n')}\n`)
    const log = openSync(join(folder, 'log'), 'w')
    const [command, ...args] = commandOf(options, torrc)
    const child = spawn(command as string, args, {stdio: ['ignore', log, log], env: environmentOf(options)})
    closeSync(log)
    try {
      const relay = await readyRelay(child, options, join(data, 'keys'))
      return new RelayProcess(relay, child, folder)
    } catch (error) {
      child.kill('SIGKILL')
      throw new Error(`${String(error)}\n${readFileSync(join(folder, 'log'), 'utf8').slice(-2000)}`)
    }
  }

  /** Resolves when the relay has done what it does at its start, as drawing keys, or has taken too long over it. */
  async settled(): Promise<void> {
    const deadline = Date.now() + SETTLE_MAX_MS
    let before = cpuNs(this.relay.pid)
    while (Date.now() < deadline) {
      await sleep(SETTLE_MS)
      const now = cpuNs(this.relay.pid)
      if (now - before < SETTLED_SHARE * SETTLE_MS * 1e6) return
      before = now
    }
  }

  get log(): string {
    return readFileSync(join(this.#folder, 'log'), 'utf8')
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = new Promise(resolve => this.#child.once('exit', resolve))
      this.#child.kill('SIGTERM')
      const killed = setTimeout(() => this.#child.kill('SIGKILL'), 5_000)
      await ended
      clearTimeout(killed)
    }
    rmSync(this.#folder, {recursive: true, force: true})
  }
}

/** CPU nanoseconds that all threads of a process have had; those of threads that have ended are not in it. */
export function cpuNs(pid: number): number {
  let sum = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      sum += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
    } catch {
      // It ended between the two calls.
    }
  }
  return sum
}

/** Octets of memory that a process has resident. */
export function residentOctets(pid: number): number {
  const kilobytes = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kilobytes) * 1024
}

/** The first line that `tor --version` or ramson prints. */
export function versionOf(program: RelayProgram, node: string): string {
  const [command, args] = program === 'tor' ? ['tor', ['--version']] : [node, [PROGRAM, '--version']]
  return execFileSync(command, args, {encoding: 'utf8'}).split('\n')[0] ?? ''
}

function torrcLines({program, port, metricsPort, torrc}: RelayOptions, data: string): string[] {
  return [
    'Nickname bench',
    `ORPort 127.0.0.1:${port}`,
    'Address 127.0.0.1',
    `DataDirectory ${data}`,
    'Log notice stdout',
    // A test network needs an authority; nobody answers there, so the relay stays without a directory.
    `DirAuthority none orport=1 v3ident=${NOBODY} 127.0.0.1:1 ${NOBODY}`,
    'TestingTorNetwork 1',
    'AssumeReachable 1',
    'PublishServerDescriptor 0',
    'ExtendAllowPrivateAddresses 1',
    'ContactInfo bench',
    'SocksPort 0',
    'ExitRelay 0',
    // One address plays every client.
    'DoSCircuitCreationEnabled 0',
    'DoSConnectionEnabled 0',
    'DoSStreamCreationEnabled 0',
    'DoSRefuseSingleHopClientRendezvous 0',
    // Profilers look into both.
    'DisableDebuggerAttachment 0',
    ...(program === 'tor'
      ? []
      : [`MetricsPort 127.0.0.1:${metricsPort}`, 'MetricsPortPolicy accept 127.0.0.1']),
    ...torrc
  ]
}

function commandOf({program, node, cores, nodeArguments}: RelayOptions, torrc: string): string[] {
  const own =
    program === 'tor'
      ? ['tor', '-f', torrc, '--defaults-torrc', '/dev/null']
      : [node, ...nodeArguments, PROGRAM, '-f', torrc]
  return placed(own, cores)
}

function environmentOf({program, shards}: RelayOptions): NodeJS.ProcessEnv {
  if (program === 'tor') return process.env
  const plane = shards === 0 ? {RAMSON_DATAPLANE: 'plain'} : {RAMSON_SHARDS: String(shards)}
  return {...process.env, ...plane}
}

/** C tor opens its port before it writes its keys. */
async function readyRelay(child: ChildProcess, options: RelayOptions, keys: string): Promise<RelayUnderTest> {
  const {program, port} = options
  const metricsPort = program === 'ramson' ? options.metricsPort : 0
  const deadline = Date.now() + START_TIMEOUT_MS
  for (;;) {
    const identity = (await accepts(port)) ? readIdentity(keys) : undefined
    if (identity !== undefined) return {pid: child.pid ?? -1, port, metricsPort, ...identity}
    if (child.exitCode !== null) throw new Error(`the relay ended with ${child.exitCode}`)
    if (Date.now() > deadline) throw new Error('the relay does not come up')
    await sleep(100)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({host: '127.0.0.1', port})
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

type Identity = Pick<RelayUnderTest, 'rsaIdentity' | 'ed25519Identity' | 'ntorOnionKey'>

function readIdentity(keys: string): Identity | undefined {
  const rsa = readKey(keys, keyFiles.identityRsa)
  const ed25519 = readKey(keys, keyFiles.masterPublic)
  const ntor = readKey(keys, keyFiles.onionNtor)
  if (!rsa.ok || !ed25519.ok || !ntor.ok) throw new Error('the relay wrote keys that nobody can read')
  if (rsa.value === undefined || ed25519.value === undefined || ntor.value === undefined) return undefined
  const base64 = (octets: Uint8Array) => Buffer.from(octets).toString('base64')
  return {
    rsaIdentity: base64(rsaIdentity(rsa.value.public)),
    ed25519Identity: base64(ed25519.value),
    ntorOnionKey: base64(ntor.value.public)
  }
}
