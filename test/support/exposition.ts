// Reads the text that Prometheus scrapes, as far as tests have to look at it.

export interface ScrapedMetric {
  readonly type: string
  readonly help: string
  /** By labels as text, `{state="opened"}` or nothing. */
  readonly series: Map<string, number>
}

export function parseExposition(text: string): Map<string, ScrapedMetric> {
  const metrics = new Map<string, ScrapedMetric>()
  let help = ''
  let metric: ScrapedMetric | undefined
  for (const line of text.split('\n')) {
    const about = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line)
    if (about?.[1] === 'HELP') help = about[3] ?? ''
    else if (about?.[1] === 'TYPE') {
      metric = {type: about[3] ?? '', help, series: new Map()}
      metrics.set(about[2] ?? '', metric)
    } else if (line !== '' && !line.startsWith('#')) {
      const sample = /^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)$/.exec(line)
      if (sample === null || metric === undefined) throw new Error(`no sample: ${line}`)
      const name = [...metrics.keys()].at(-1) ?? ''
      const suffix = (sample[1] ?? '').slice(name.length)
      metric.series.set(`${suffix}${sample[2] ?? ''}`, Number(sample[3]))
    }
  }
  return metrics
}
