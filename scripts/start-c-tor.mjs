// `npm run start:c-tor`: a ramson relay at work, in a private Tor network of C tor on this machine.
//
// In this order: C tor is there → authorities, relays, an exit → ramson, until the authorities list it as Running → a
// client, a circuit of it with ramson in the middle, and some bytes over that circuit → what a person wants to know →
// stay until Ctrl-C. Every process is a child of this one and is ended by its own pid, and the folder is removed.
// The network is the one the interop tests use (test/support). Nothing leaves 127.0.0.1.

import {spawnSync} from 'node:child_process'
import {existsSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {failAndExit, root, StepFailure, step} from './step.mjs'

const nickname = 'ramson'
const transferOctets = 5_000_000
const transferTimeoutMs = 60_000

const support = name => import(pathToFileURL(join(root, 'dist', 'test', 'support', `${name}.js`)).href)

const torVersion = () => {
  const {status, stdout} = spawnSync('tor', ['--version'], {encoding: 'utf8'})
  if (status === 0) return stdout.match(/Tor version (\S+?)\.?\s/)?.[1] ?? 'of unknown version'
  throw new StepFailure(
    'This shows a ramson relay at work in a private network of C tor, and C tor is not installed.\n' +
      'Debian, Ubuntu: apt-get install tor     macOS: brew install tor\n\n' +
      'ramson itself does not need it: npm start is a network of ramson alone. As a relay of a network you have:\n' +
      '  node dist/src/app/main.js -f <torrc>'
  )
}

const needProgram = () => {
  if (process.env.RAMSON_SUBJECT === 'tor' || existsSync(join(root, 'dist', 'src', 'app', 'main.js'))) return
  throw new StepFailure(
    'dist/src/app/main.js is not there: this version of ramson has no relay program to start.'
  )
}

const rows = (title, pairs) => {
  const width = Math.max(...pairs.map(([key]) => key.length))
  console.log(`\n${title}`)
  for (const [key, value] of pairs) console.log(`  ${key.padEnd(width)}  ${value}`)
}

const {version} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))

/** Starts everything; what is started is put into `running` at once, so that it can be stopped at any point. */
const start = async running => {
  const tor = torVersion()
  needProgram()
  const names = ['tor-network', 'circuits', 'socks-client', 'transfer-server']
  const [{TorNetwork}, {extendCircuit, StreamAttacher}, {socksConnect}, transfer] = await Promise.all(
    names.map(support)
  )
  console.log(`ramson ${version} in a private network of C tor ${tor} on this machine\n`)
  const network = new TorNetwork({})
  running.network = network
  await step('network', async progress => {
    progress('starting C tor and waiting for a first consensus')
    await network.start()
    const {authorities, relays, exits} = network
    return `${authorities.length} authorities, ${relays.length} relays, ${exits.length} exit; first consensus`
  })
  const relay = await network.addSubject(nickname)
  await step('relay', async progress => {
    progress('starting ramson')
    await relay.start()
    progress('waiting for the authorities to list it as Running')
    network.measure(relay.fingerprint, 1_000)
    await network.runningInConsensus([relay.fingerprint])
    const {flags} = (await network.consensus()).get(relay.fingerprint)
    return [...flags].sort().join(' ')
  })
  const path = [network.relays[0], relay, network.exits[0]]
  let client
  let circuit
  await step('client', async progress => {
    progress('bootstrapping a client')
    client = await network.startClient('client')
    return 'bootstrapped'
  })
  const control = await client.openControl()
  await step('circuit', async progress => {
    progress('building a circuit')
    const fingerprints = []
    for (const hop of path) fingerprints.push(hop === relay ? relay.fingerprint : await hop.fingerprint())
    await control.command('SETCONF __LeaveStreamsUnattached=1')
    await control.setEvents('CIRC', 'STREAM')
    circuit = await extendCircuit(control, fingerprints)
    return `client → ${path.map(hop => hop.nickname ?? hop.name).join(' → ')}`
  })
  await step('traffic', async progress => {
    progress('fetching over that circuit')
    const server = await transfer.TransferServer.listen()
    const attacher = new StreamAttacher(control)
    const user = attacher.userFor(circuit)
    const socket = await socksConnect({
      socksPort: client.socksPort,
      host: '127.0.0.1',
      port: server.port,
      user
    })
    const {digest, seconds} = await transfer.download(socket, transferOctets, version, transferTimeoutMs)
    if (digest !== transfer.expectedDigest(version, transferOctets)) {
      throw new StepFailure('What arrived over the circuit is not what was sent.')
    }
    attacher.close()
    server.close()
    const megabytes = transferOctets / 1e6
    return `${megabytes} MB over it, SHA-256 as sent, ${(megabytes / seconds).toFixed(1)} MB/s`
  })
  await (await client.control()).command('SETCONF __LeaveStreamsUnattached=0')
  return {network, relay, client}
}

/** A torrc with which one more C tor client joins the network. */
const writeJoinTorrc = network => {
  const file = join(network.directory, 'join.torrc')
  const lines = [
    ...network.commonTorrc,
    `DataDirectory ${join(network.directory, 'joined')}`,
    'SocksPort auto',
    'PathsNeededToBuildCircuits 0.67'
  ]
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

const running = {}
let isStopping = false
const stop = async status => {
  if (isStopping) process.exit(130)
  isStopping = true
  if (running.network !== undefined) {
    await step('stop', async progress => {
      progress('ending every process')
      await running.network.stop()
      return 'every process ended, folder removed'
    })
  }
  process.exit(status)
}
process.on('SIGINT', () => stop(0))
process.on('SIGTERM', () => stop(0))

try {
  const {network, relay, client} = await start(running)
  rows('The relay', [
    ['ORPort', `127.0.0.1:${relay.orPort}`],
    ['fingerprint', relay.fingerprint],
    ['Ed25519', relay.ed25519Identity],
    ['log', join(network.directory, nickname, `log-${relay.implementation}`)]
  ])
  rows('The network', [
    ['SOCKS', `127.0.0.1:${client.socksPort} (the client; curl --socks5-hostname …)`],
    ['to join', `tor -f ${writeJoinTorrc(network)}`]
  ])
  console.log('\nCtrl-C stops it all.')
  while (relay.isRunning) await new Promise(resolve => setTimeout(resolve, 500))
  if (!isStopping) {
    console.error(`\nramson has ended by itself:\n${relay.daemon.interestingLines()}`)
    await stop(1)
  }
} catch (error) {
  if (!isStopping) {
    if (running.network !== undefined) await running.network.stop()
    failAndExit(error)
  }
}
