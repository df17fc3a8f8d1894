// What a ramson relay says of itself on its MetricsPort: the cells that came, and how many messages went from one shard to
// another. C tor has no shards and is not asked.

import type {RelayUnderTest} from './relay-process.ts'

export interface RelayCounts {
  readonly received: number
  readonly crossed: number
}

export async function relayCounts({metricsPort}: RelayUnderTest): Promise<RelayCounts | undefined> {
  if (metricsPort === 0) return undefined
  const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics`)
  const text = await answer.text()
  return {
    received: sampleOf(text, /^ramson_cells_total\{[^}]*received[^}]*\} (\S+)/m),
    crossed: sampleOf(text, /^ramson_shard_messages_total(?:\{[^}]*\})? (\S+)/m)
  }
}

function sampleOf(text: string, sample: RegExp): number {
  const value = sample.exec(text)?.[1]
  if (value === undefined) throw new Error(`the relay's metrics lack ${sample.source}`)
  return Number(value)
}
