// `npm run bench:versus`: whole relays under load, over real TLS links in the real protocol. A relay is started from a torrc on
// cores of its own, the load generator plays clients and next hops on another, and the cost of the relay process alone is read.
//
//   --versus tor         C tor in turn with ramson, A B A B, with ratios
//   --shards 1,2         ramson's shards, one run for each; 0 is the plain data plane
//   --shapes bulk,many   some of the shapes (shapes.ts); all by default
//   --seconds 10 --pairs 5
//   --relay-cores 0 --generator-cores 1     lists as taskset takes them; '' for all
//   --json               figures for programs; --out file keeps them as well
//   --node-arguments=--cpu-prof     for the relay, to profile it; --torrc adds lines to its torrc
//
// Read CPU-seconds per gigabyte first: cells per second say little where the generator or other programs were the bottleneck.

import {type ChildProcess, spawn} from 'node:child_process'
import {mkdirSync, writeFileSync} from 'node:fs'
import {createServer} from 'node:net'
import {cpus, release} from 'node:os'
import {dirname} from 'node:path'
import {fileURLToPath} from 'node:url'
import {parseArgs} from 'node:util'
import type {Answer, Order} from './generator.ts'
import {RelayProcess, type RelayProgram, versionOf} from './relay-process.ts'
import {medians, type Result, table} from './report.ts'
import {shapes} from './shapes.ts'

interface Subject {
  readonly name: string
  readonly program: RelayProgram
  readonly shards: number
}

const {values} = parseArgs({
  options: {
    versus: {type: 'string'},
    shards: {type: 'string', default: '1'},
    shapes: {type: 'string', default: Object.keys(shapes).join(',')},
    seconds: {type: 'string', default: '5'},
    pairs: {type: 'string', default: '1'},
    'relay-cores': {type: 'string', default: '0'},
    'generator-cores': {type: 'string', default: '1'},
    'node-arguments': {type: 'string', default: ''},
    torrc: {type: 'string', multiple: true, default: []},
    json: {type: 'boolean', default: false},
    out: {type: 'string'}
  }
})

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}

function positive(option: 'seconds' | 'pairs'): number {
  const value = Number(values[option])
  return value > 0 ? value : fail(`--${option} ${values[option]}: a number above 0 is wanted`)
}

function subjectsOf(): Subject[] {
  const ramson = values.shards.split(',').map((text): Subject => {
    if (!/^\d{1,3}$/.test(text)) fail(`--shards ${text}: a number is wanted`)
    const shards = Number(text)
    return {name: shards === 0 ? 'ramson, plain' : `ramson, ${shards}`, program: 'ramson', shards}
  })
  if (values.versus === undefined) return ramson
  if (values.versus !== 'tor') fail(`--versus ${values.versus}: only 'tor' is known`)
  return [{name: 'tor', program: 'tor', shards: 0}, ...ramson]
}

function startGenerator(cores: string): ChildProcess {
  const program = fileURLToPath(new URL('generator.js', import.meta.url))
  const own = [process.execPath, program]
  const [command, ...args] = cores === '' ? own : ['taskset', '-c', cores, ...own]
  return spawn(command as string, args, {stdio: ['ignore', 'inherit', 'inherit', 'ipc']})
}

function order(generator: ChildProcess, wanted: Order): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const ended = (): void => reject(new Error('the load generator ended'))
    generator.once('exit', ended)
    generator.once('message', (answer: Answer) => {
      generator.off('exit', ended)
      resolve(answer)
    })
    generator.send(wanted)
  })
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}

async function runOnce(generator: ChildProcess, subject: Subject, shape: string): Promise<Answer> {
  const relay = await RelayProcess.start({
    ...subject,
    cores: values['relay-cores'],
    port: await freePort(),
    torrc: values.torrc,
    nodeArguments: values['node-arguments'].split(' ').filter(argument => argument !== '')
  })
  try {
    return await order(generator, {shape, relay: relay.relay, seconds: positive('seconds')})
  } finally {
    await relay.stop()
  }
}

const wanted = values.shapes.split(',')
for (const shape of wanted)
  if (!(shape in shapes)) fail(`There is no shape '${shape}': ${Object.keys(shapes).join(', ')}`)
const subjects = subjectsOf()
const pairs = positive('pairs')
const results: Result[] = []
const generator = startGenerator(values['generator-cores'])
try {
  for (const shape of wanted) {
    for (let pair = 0; pair < pairs; pair++) {
      for (const subject of subjects) {
        const answer = await runOnce(generator, subject, shape)
        if ('error' in answer) console.error(`${shape}, ${subject.name}: ${answer.error}`)
        else results.push({shape, subject: subject.name, figures: answer.figures})
      }
    }
  }
} finally {
  generator.disconnect()
}
const machine = {
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  kernel: release(),
  node: process.version,
  versions: [...new Set(subjects.map(({program}) => program))].map(versionOf),
  relayCores: values['relay-cores'],
  generatorCores: values['generator-cores'],
  date: new Date().toISOString()
}
const report = {machine, seconds: positive('seconds'), pairs, medians: medians(results), results}
const json = JSON.stringify(report, null, 2)
if (values.out !== undefined) {
  mkdirSync(dirname(values.out), {recursive: true})
  writeFileSync(values.out, `${json}\n`)
}
console.log(values.json ? json : `${machine.cpu}, Node ${machine.node}\n${table(report.medians)}`)
