// Totals of the stream layer, plain numbers for the metrics to read.

export interface StreamCounters {
  begin: number
  beginDir: number
  resolve: number
}

export function newStreamCounters(): StreamCounters {
  return {begin: 0, beginDir: 0, resolve: 0}
}
