// Everything that stands before the first node of a private network can start: its directory, its ports, the page that the
// service shows, the authority's keys, which every torrc names, and the torrcs, written and read like any other.

import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {toBase16Upper} from '../../bytes/base16.ts'
import {printConfigFault} from '../../config/fault.ts'
import {loadConfig, type RelayConfig} from '../../config/relay-config.ts'
import {parseTorrcText} from '../../config/torrc-text.ts'
import {rsaIdentity} from '../../crypto/rsa.ts'
import {drawAuthorityKeys, hasAuthorityKeys, loadOrCreateAuthorityKeys} from '../../datadir/authority-keys.ts'
import {printDataDirFault} from '../../datadir/fault.ts'
import {loadOrCreateRelayKeys, type RelayKeys} from '../../datadir/relay-keys.ts'
import {ok, type Result} from '../../fault/result.ts'
import {printLogFault} from '../../log/fault.ts'
import type {Log} from '../../log/log.ts'
import {failure, type NetworkFault} from './events.ts'
import {joinTorrcs} from './join-torrcs.ts'
import {
  AUTHORITY_NAME,
  commonLines,
  type LayoutOptions,
  type NodePlan,
  planNodes,
  relayName
} from './layout.ts'
import {NetworkDirectory} from './network-directory.ts'
import type {PrivateNetworkOptions} from './network-options.ts'
import {Notices} from './notices.ts'
import {WelcomePage} from './page.ts'
import {freeBase, isFree, type NetworkPorts, ownerOf, portsFrom, takenPorts} from './ports.ts'
import type {Steps} from './steps.ts'

export interface PreparedNode extends NodePlan {
  readonly config: RelayConfig
  readonly log: Log
}

export interface Preparation {
  readonly relays: number
  readonly ports: NetworkPorts
  readonly directory: string
  readonly nodes: readonly PreparedNode[]
  readonly joinRelay: string
  readonly joinClient: string
  readonly notices: Notices
  /** The torrc lines that all nodes have. */
  readonly common: readonly string[]
  /** What to do when a node failed. */
  wayOut(node: string): string
  close(): Promise<void>
}

const HOST = '127.0.0.1'
const DAY_MS = 86_400_000
const OTHER_DIRECTORY = 'Mend this directory, or choose another one with --keep.'

export async function prepare(
  options: PrivateNetworkOptions,
  steps: Steps
): Promise<Result<Preparation, NetworkFault>> {
  const opened = NetworkDirectory.open(options.keep, options.atExit)
  if (!opened.ok) return unusable(opened.fault.data)
  const directory = opened.value
  const closing: (() => unknown)[] = [() => directory.close()]
  const close = async () => {
    for (const work of closing.toReversed()) await work()
  }
  const prepared = await prepareIn(directory, options, steps, closing)
  if (prepared.ok) return ok({...prepared.value, close})
  await close()
  return prepared
}

async function prepareIn(
  directory: NetworkDirectory,
  options: PrivateNetworkOptions,
  steps: Steps,
  closing: (() => unknown)[]
): Promise<Result<Omit<Preparation, 'close'>, NetworkFault>> {
  const ports = await choosePorts(directory, options)
  if (!ports.ok) return ports
  const target = options.target ?? {host: HOST, port: ports.value.page}
  if (options.target === undefined && options.parts !== 'relays') {
    const page = await WelcomePage.start(target.port)
    if (!page.ok) return portTaken(target.port, ports.value)
    closing.push(() => page.value.close())
  }
  const authority = await makeKeys(directory, options.relays)
  if (!authority.ok) return authority
  steps.detail(0, 'writing torrcs')
  const {relays, intervalSeconds} = options
  const layout: LayoutOptions = {
    directory: directory.path,
    relays,
    ports: ports.value,
    intervalSeconds,
    target,
    authority: authority.value
  }
  const notices = new Notices()
  const nodes: PreparedNode[] = []
  for (const plan of planNodes(layout)) {
    if (options.parts === 'relays' && (plan.kind === 'service' || plan.kind === 'client')) continue
    const node = prepareNode(plan, directory, notices)
    if (!node.ok) return node
    closing.push(() => node.value.log.close())
    nodes.push(node.value)
  }
  const joined = writeJoinTorrcs(layout, directory)
  if (!joined.ok) return joined
  const shown = options.keep === undefined ? 'DIRECTORY' : directory.path
  return ok({
    relays,
    ports: ports.value,
    directory: directory.path,
    nodes,
    joinRelay: joined.value.relay.file,
    joinClient: joined.value.client.file,
    notices,
    common: commonLines(layout),
    wayOut: node =>
      `Start it again${options.keep === undefined ? ' with --keep DIRECTORY' : ''} and read ${join(shown, node, 'log')}.`
  })
}

async function choosePorts(
  directory: NetworkDirectory,
  {relays, basePort, socksPort, statusPort}: PrivateNetworkOptions
): Promise<Result<NetworkPorts, NetworkFault>> {
  const base = basePort ?? directory.basePort ?? (await freeBase(relays))
  if (base === undefined) {
    return failure(0, undefined, 'no block of free ports was found', 'Choose one with --base-port.')
  }
  const ports = portsFrom(base, relays)
  const chosen = {...ports, socks: socksPort ?? ports.socks, status: statusPort ?? ports.status}
  const replaced = new Set(
    [ports.socks, ports.status].filter(port => port !== chosen.socks && port !== chosen.status)
  )
  const others = [chosen.socks, chosen.status].filter(port => port !== ports.socks && port !== ports.status)
  const taken = (await takenPorts(base, relays)).filter(port => !replaced.has(port))
  for (const port of others) if (!(await isFree(port))) taken.push(port)
  const [first] = taken
  if (first !== undefined) return portTaken(first, chosen)
  const remembered = directory.rememberBasePort(base)
  return remembered.ok ? ok(chosen) : unusable(remembered.fault.data)
}

/** Keys of the authority, which every torrc names, and meanwhile those of the relays, which would be made later anyway. */
async function makeKeys(
  directory: NetworkDirectory,
  relays: number
): Promise<Result<LayoutOptions['authority'], NetworkFault>> {
  const now = new Date()
  const home = directory.makeDirectory(AUTHORITY_NAME)
  if (!home.ok) return unusable(home.fault.data)
  const authorityKeys = join(home.value, 'keys')
  const drawing = hasAuthorityKeys(authorityKeys) ? undefined : drawAuthorityKeys()
  const own = await makeRelayKeys(directory, AUTHORITY_NAME, now)
  if (!own.ok) return own
  for (let i = 1; i <= relays; i++) {
    const made = await makeRelayKeys(directory, relayName(i), now)
    if (!made.ok) return made
  }
  const made = loadOrCreateAuthorityKeys(authorityKeys, now, await drawing)
  if (!made.ok) return failure(0, AUTHORITY_NAME, printDataDirFault(made.fault), OTHER_DIRECTORY)
  return ok({
    fingerprint: toBase16Upper(rsaIdentity(own.value.identity.rsa.public)),
    v3Identity: toBase16Upper(made.value.cert.identity)
  })
}

async function makeRelayKeys(
  directory: NetworkDirectory,
  name: string,
  now: Date
): Promise<Result<RelayKeys, NetworkFault>> {
  const home = directory.makeDirectory(name)
  if (!home.ok) return unusable(home.fault.data)
  const options = {
    keyDirectory: join(home.value, 'keys'),
    signingKeyLifetimeMs: 30 * DAY_MS,
    signingKeySlopMs: DAY_MS,
    offlineMasterKey: false
  }
  const made = await loadOrCreateRelayKeys(options, now)
  return made.ok ? ok(made.value.keys) : failure(0, name, printDataDirFault(made.fault), OTHER_DIRECTORY)
}

function prepareNode(
  plan: NodePlan,
  directory: NetworkDirectory,
  notices: Notices
): Result<PreparedNode, NetworkFault> {
  const made = directory.makeDirectory(plan.name)
  if (!made.ok) return unusable(made.fault.data)
  const file = join(plan.name, 'torrc')
  const written = directory.write(file, plan.torrc)
  if (!written.ok) return unusable(written.fault.data)
  const path = join(directory.path, file)
  const lines = parseTorrcText(readFileSync(path, 'utf8'), path)
  const config = lines.ok ? loadConfig({torrc: lines.value}) : lines
  if (!config.ok) return failure(0, plan.name, printConfigFault(config.fault), `Its settings are in ${path}.`)
  const log = notices.openLog(plan.name, join(plan.directory, 'log'))
  if (!log.ok) return failure(0, plan.name, printLogFault(log.fault), OTHER_DIRECTORY)
  return ok({...plan, config: config.value, log: log.value})
}

function writeJoinTorrcs(
  layout: LayoutOptions,
  directory: NetworkDirectory
): Result<ReturnType<typeof joinTorrcs>, NetworkFault> {
  const torrcs = joinTorrcs(layout)
  for (const [name, {text}] of Object.entries(torrcs)) {
    const written = directory.write(`join-${name}.torrc`, text)
    if (!written.ok) return unusable(written.fault.data)
  }
  return ok(torrcs)
}

function portTaken(port: number, ports: NetworkPorts): Result<never, NetworkFault> {
  const message = `port ${port} is in use`
  return failure(
    0,
    ownerOf(port, ports),
    message,
    `End what uses it, or choose another one with ${portOption(port, ports)}.`
  )
}

function portOption(port: number, {socks, status}: NetworkPorts): string {
  if (port === socks) return '--socks-port'
  return port === status ? '--status-port' : '--base-port'
}

function unusable(
  data: {readonly directory: string; readonly reason: string} | undefined
): Result<never, NetworkFault> {
  const message = `the directory ${data?.directory} cannot be used (${data?.reason})`
  return failure(0, undefined, message, 'Choose another one with --keep.')
}
