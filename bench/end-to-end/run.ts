// Whole relays under load, over real TLS links in the real protocol. Each run starts a relay from a torrc on cores of its own;
// the load generator, another process, plays clients and next hops on others; and the cost of the relay process alone is
// read. Subjects take turns, A B C A B C, so that what else the machine does falls on all of them alike.

import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {freePort} from './free-port.ts'
import type {Answer, Order} from './generator.ts'
import {placed} from './placed.ts'
import {RelayProcess, type RelayProgram, versionOf} from './relay-process.ts'
import {type Median, medians, type Result, type Scaling, scalingOf} from './report.ts'

export interface LoadOptions {
  readonly shapes: readonly string[]
  readonly isVersusTor: boolean
  /** Numbers of shards; 0 is the plain data plane. */
  readonly shards: readonly number[]
  /** Programs to run ramson on; this one where there are none. */
  readonly nodes: readonly string[]
  readonly seconds: number
  readonly pairs: number
  /** Lists as taskset takes them; '' for all. */
  readonly relayCores: string
  readonly generatorCores: string
  /** Runs the load generator. */
  readonly generatorNode: string
  readonly nodeArguments: readonly string[]
  readonly torrc: readonly string[]
}

export interface EndToEndReport {
  readonly seconds: number
  readonly pairs: number
  readonly relayCores: string
  readonly generatorCores: string
  /** What each program says of itself. */
  readonly versions: readonly string[]
  readonly medians: readonly Median[]
  readonly scaling: readonly Scaling[]
  readonly results: readonly Result[]
  readonly failures: readonly string[]
}

interface Subject {
  readonly name: string
  readonly program: RelayProgram
  readonly node: string
  readonly shards: number
}

/** @param done hears of each run when it is done, with all that has been measured so far */
export async function runEndToEnd(
  options: LoadOptions,
  done: (line: string, soFar: EndToEndReport) => void
): Promise<EndToEndReport> {
  const subjects = subjectsOf(options)
  const versions = [
    ...subjects.map(({name, program, node}) => {
      const of = versionOf(program, node).replace(/\.$/, '')
      return program === 'tor' ? of : `${name}: ${of} on Node ${nodeVersion(node)}`
    }),
    `load generator: Node ${nodeVersion(options.generatorNode)}`
  ]
  const results: Result[] = []
  const failures: string[] = []
  const soFar = (): EndToEndReport => {
    const {seconds, pairs, relayCores, generatorCores} = options
    const rows = medians(results)
    const common = {seconds, pairs, relayCores, generatorCores, versions}
    return {...common, medians: rows, scaling: scalingOf(rows), results, failures}
  }
  const generator = startGenerator(options)
  const running = new Set<RelayProcess>()
  // A relay is a process of its own, and would go on alone.
  const interrupted = (): void => {
    void Promise.all([...running].map(relay => relay.stop())).finally(() => process.exit(1))
  }
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  try {
    for (let pair = 0; pair < options.pairs; pair++) {
      for (const shape of options.shapes) {
        for (const subject of subjects) {
          const answer = await runOnce({generator, running, subject, shape, options})
          // What is kept says what went wrong, and not in which files.
          if ('error' in answer) failures.push(`${shape}, ${subject.name}: ${answer.error.split('\n')[0]}`)
          else results.push({shape, subject: subject.name, shards: subject.shards, figures: answer.figures})
          const line = 'error' in answer ? failures.at(-1) : `${shape}, ${subject.name}: done`
          done(line ?? '', soFar())
        }
      }
    }
  } finally {
    generator.disconnect()
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted)
  }
  return soFar()
}

function subjectsOf({isVersusTor, shards, nodes}: LoadOptions): Subject[] {
  const ramson = (nodes.length === 0 ? [process.execPath] : nodes).flatMap(node =>
    shards.map((count): Subject => {
      const plane = count === 0 ? 'plain' : `${count} ${count === 1 ? 'shard' : 'shards'}`
      return {
        name: `ramson, ${plane}${nodes.length > 1 ? `, Node ${majorOf(node)}` : ''}`,
        program: 'ramson',
        node,
        shards: count
      }
    })
  )
  return isVersusTor ? [{name: 'tor', program: 'tor', node: '', shards: 0}, ...ramson] : ramson
}

function majorOf(node: string): string {
  return nodeVersion(node).replace(/\..*$/, '')
}

function nodeVersion(node: string): string {
  return execFileSync(node, ['--version'], {encoding: 'utf8'}).trim().slice(1)
}

function startGenerator({generatorCores, generatorNode}: LoadOptions): ChildProcess {
  const program = fileURLToPath(new URL('generator.js', import.meta.url))
  const [command, ...args] = placed([generatorNode, program], generatorCores)
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

interface Run {
  readonly generator: ChildProcess
  /** Has the relay while it runs. */
  readonly running: Set<RelayProcess>
  readonly subject: Subject
  readonly shape: string
  readonly options: LoadOptions
}

async function runOnce({generator, running, subject, shape, options}: Run): Promise<Answer> {
  const {relayCores: cores, seconds, torrc, nodeArguments} = options
  const [port, metricsPort] = [await freePort(), await freePort()]
  try {
    const relay = await RelayProcess.start({...subject, cores, port, metricsPort, torrc, nodeArguments})
    running.add(relay)
    try {
      await relay.settled()
      return await order(generator, {shape, relay: relay.relay, seconds})
    } finally {
      await relay.stop()
      running.delete(relay)
    }
  } catch (error) {
    // Without its generator nothing more can be measured.
    if (!generator.connected) throw error
    return {error: error instanceof Error ? error.message : String(error)}
  }
}
