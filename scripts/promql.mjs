// What a PromQL expression is made of, as far as checks ask: which metrics it names, which of them with labels, and which
// it takes a rate of.

import {parser} from '@prometheus-io/lezer-promql'

const RATES = ['rate', 'irate', 'increase']
/** Grafana puts a duration in place of its variables before Prometheus sees the expression. */
const GRAFANA_DURATIONS = /\$__(rate_interval|interval|range)/g

/**
 * `{metrics, selectors, rates, ranges, faults}`: names of metrics, the text of each selector with its metric, names within a
 * rate, what stands in brackets within rates, and the places that no PromQL parser takes.
 */
export function readExpression(text) {
  const expr = text.replaceAll(GRAFANA_DURATIONS, match => `5m${' '.repeat(Math.max(0, match.length - 2))}`)
  const found = {metrics: new Set(), selectors: [], rates: new Set(), ranges: [], faults: []}
  const functions = []
  parser.parse(expr).iterate({
    enter(node) {
      const source = expr.slice(node.from, node.to)
      if (node.type.isError) found.faults.push(`at ${node.from}: ${source || 'something is missing'}`)
      if (node.name === 'FunctionCall') functions.push(/^\w+/.exec(source)?.[0] ?? '')
      if (node.name === 'VectorSelector') {
        const metric = /^[a-zA-Z_:][\w:]*/.exec(source)?.[0] ?? ''
        found.metrics.add(metric)
        found.selectors.push({metric, text: source})
        if (functions.some(name => RATES.includes(name))) found.rates.add(metric)
      }
      if (node.name === 'MatrixSelector')
        found.ranges.push(/\[([^\]]*)\]$/.exec(text.slice(node.from, node.to))?.[1])
    },
    leave(node) {
      if (node.name === 'FunctionCall') functions.pop()
    }
  })
  return found
}
