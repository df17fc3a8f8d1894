// The command line of `ramson bench`, parsed and checked; nothing is measured here.

import {type ParseArgsConfig, parseArgs} from 'node:util'
import {localFault} from '../src/fault/fault.ts'
import {err, ok, type Result} from '../src/fault/result.ts'
import type {LoadOptions} from './end-to-end/run.ts'
import {shapes} from './end-to-end/shapes.ts'
import {microParts} from './micro.ts'

const OPTIONS = {
  help: {type: 'boolean', short: 'h', default: false},
  json: {type: 'boolean', default: false},
  out: {type: 'string'},
  time: {type: 'string', default: '300'},
  fallback: {type: 'boolean', default: false},
  versus: {type: 'string'},
  shards: {type: 'string', default: '1'},
  nodes: {type: 'string', default: ''},
  'generator-node': {type: 'string', default: process.execPath},
  seconds: {type: 'string', default: '5'},
  pairs: {type: 'string', default: '1'},
  'relay-cores': {type: 'string', default: '0'},
  'generator-cores': {type: 'string', default: '1'},
  'node-arguments': {type: 'string', default: ''},
  torrc: {type: 'string', multiple: true, default: []}
} as const satisfies ParseArgsConfig['options']

export const BENCH_HELP = `Usage: ramson bench [part …] [options]

What ramson costs on this machine. Parts are of two kinds; without any, all of both are measured, or those alone that the
options are about.

  Primitives:    ${Object.keys(microParts).join(' ')}; micro for all of them
  Whole relays:  ${Object.keys(shapes).join(' ')}; end-to-end for all of them

Primitives:
  --time <ms>              for each measurement (${OPTIONS.time.default})
  --fallback               also where the addon does not load

Whole relays, each a process of its own under load over TLS links:
  --versus tor             C tor in turn with ramson, A B A B, with ratios
  --shards <n,n,…>         ramson with so many shards, in turn; 0 is the plain data plane (${OPTIONS.shards.default})
  --nodes <path,path,…>    ramson on each of these Node programs, in turn; this one otherwise
  --generator-node <path>  the load generator on this one
  --pairs <n>              turns; figures are medians (${OPTIONS.pairs.default})
  --seconds <s>            of measuring, in each turn (${OPTIONS.seconds.default})
  --relay-cores <list>     as taskset takes it; '' for all (${OPTIONS['relay-cores'].default})
  --generator-cores <list> the same for the load generator (${OPTIONS['generator-cores'].default})
  --torrc <line>           one more line for the relay's torrc
  --node-arguments=<words> for the relay's Node, as --cpu-prof

  --json                   figures for programs
  --out <path>             keeps them as JSON; in a folder, named by date and processor
  -h, --help               print this

Read CPU-seconds per gigabyte first: cells per second say little where the generator or other programs were the bottleneck.
`

export interface BenchOptions {
  readonly isJson: boolean
  readonly out: string | undefined
  readonly micro:
    | {readonly parts: readonly string[]; readonly timeMs: number; readonly mayFallBack: boolean}
    | undefined
  readonly load: LoadOptions | undefined
}

/** About whole relays alone. */
const LOAD_ONLY = [
  'versus',
  'shards',
  'nodes',
  'generator-node',
  'seconds',
  'pairs',
  'relay-cores',
  'generator-cores',
  'torrc'
]
const MICRO_ONLY = ['time', 'fallback']

type Parsed = Result<BenchOptions | 'help', ReturnType<typeof usage>['fault']>

export function parseBenchOptions(words: readonly string[]): Parsed {
  let parsed: ReturnType<typeof parse>
  try {
    parsed = parse(words)
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error))
  }
  const {values, positionals, tokens} = parsed
  if (values.help) return ok('help')
  const strange = positionals.find(
    word => !['micro', 'end-to-end'].includes(word) && !(word in microParts) && !(word in shapes)
  )
  if (strange !== undefined) return usage(`There is no part '${strange}'. See ramson bench --help.`)
  const given = tokens.flatMap(token => (token.kind === 'option' ? [token.name] : []))
  const isAboutLoad = given.some(name => LOAD_ONLY.includes(name))
  const isAboutMicro = given.some(name => MICRO_ONLY.includes(name))
  const named = (all: object, whole: string) =>
    positionals.includes(whole) ? Object.keys(all) : positionals.filter(word => word in all)
  const parts =
    positionals.length > 0
      ? named(microParts, 'micro')
      : isAboutLoad && !isAboutMicro
        ? []
        : Object.keys(microParts)
  const loads =
    positionals.length > 0
      ? named(shapes, 'end-to-end')
      : isAboutMicro && !isAboutLoad
        ? []
        : Object.keys(shapes)
  for (const name of ['seconds', 'pairs', 'time'] as const) {
    if (!(Number(values[name]) > 0)) return usage(`--${name} ${values[name]}: a number above 0 is wanted.`)
  }
  if (!/^\d{1,3}(,\d{1,3})*$/.test(values.shards))
    return usage(`--shards ${values.shards}: numbers are wanted.`)
  if (values.versus !== undefined && values.versus !== 'tor') {
    return usage(`--versus ${values.versus}: only tor is known.`)
  }
  return ok({
    isJson: values.json,
    out: values.out,
    micro:
      parts.length === 0 ? undefined : {parts, timeMs: Number(values.time), mayFallBack: values.fallback},
    load:
      loads.length === 0
        ? undefined
        : {
            shapes: loads,
            isVersusTor: values.versus === 'tor',
            shards: values.shards.split(',').map(Number),
            nodes: listOf(values.nodes, ','),
            seconds: Number(values.seconds),
            pairs: Math.ceil(Number(values.pairs)),
            relayCores: values['relay-cores'],
            generatorCores: values['generator-cores'],
            generatorNode: values['generator-node'],
            nodeArguments: listOf(values['node-arguments'], ' '),
            torrc: values.torrc
          }
  })
}

function parse(words: readonly string[]) {
  return parseArgs({args: [...words], options: OPTIONS, allowPositionals: true, tokens: true})
}

function listOf(text: string, separator: string): string[] {
  return text.split(separator).filter(item => item !== '')
}

function usage(message: string) {
  return err(localFault('usage', {message}))
}
