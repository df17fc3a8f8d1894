// What a person would look for in a dashboard before trusting it: every expression is PromQL and names metrics that exist;
// the variables that it uses are declared; panels have a title, a description and a unit; rates are of counters and over
// Grafana's own interval; and every metric of our own is looked at somewhere. Rules and their runbooks are held to the same.
//
// Reads the catalog of metrics from dist, so the sources must be built. Where promtool is installed (Debian: prometheus), it
// judges the rules, their tests and our names as well. Prints a line for each thing that is not so.

import {spawnSync} from 'node:child_process'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {readExpression} from './promql.mjs'
import {root} from './step.mjs'

const {catalog} = await import(pathToFileURL(join(root, 'dist/src/metrics/catalog.js')).href)

const read = path => readFileSync(join(root, path), 'utf8')
const filesOf = (folder, ending) =>
  readdirSync(join(root, folder))
    .filter(name => name.endsWith(ending))
    .sort()
const problems = []

/** Unit ids of Grafana that we use; a panel with another one is probably misspelt. */
const UNITS = ['none', 'short', 'bytes', 'Bps', 'cps', 's', 'ms', 'percentunit']
const HISTOGRAM_SUFFIXES = /_(bucket|sum|count)$/

// ── rules

const rulesOf = name => {
  const rules = []
  for (const line of read(`grafana/prometheus/rules/${name}`).split('\n')) {
    const begun = /^ +- (record|alert): (.+)$/.exec(line)
    if (begun !== null) rules.push({kind: begun[1], name: begun[2], for: undefined})
    const field = /^ +(expr|for|summary|severity|runbook_url): (.+)$/.exec(line)
    if (field !== null) rules.at(-1)[field[1]] = field[2]
  }
  return rules
}
const rules = filesOf('grafana/prometheus/rules', '.yml').flatMap(rulesOf)
const recorded = new Set(rules.filter(rule => rule.kind === 'record').map(rule => rule.name))

// ── metrics

/** The kind of a series, or undefined where there is no such metric. */
const kindOf = name => {
  if (name === 'up') return 'gauge'
  if (recorded.has(name)) return 'gauge'
  const base = name.replace(HISTOGRAM_SUFFIXES, '')
  if (base !== name && catalog[base]?.kind === 'histogram') return 'counter'
  return catalog[name]?.kind === 'histogram' ? undefined : catalog[name]?.kind
}
const used = new Set()

const checkExpression = (where, text) => {
  const {metrics, rates, faults} = readExpression(text)
  for (const fault of faults) problems.push(`${where}: not PromQL ${fault}: ${text}`)
  for (const metric of metrics) {
    used.add(metric).add(metric.replace(HISTOGRAM_SUFFIXES, ''))
    if (kindOf(metric) === undefined) problems.push(`${where}: there is no metric ${metric}`)
  }
  for (const metric of rates) {
    if (kindOf(metric) === 'gauge') problems.push(`${where}: a rate over the gauge ${metric}`)
  }
}

// ── dashboards

const checkPanel = (where, panel, declared) => {
  for (const field of ['title', 'description']) {
    if (!panel[field]) problems.push(`${where}: no ${field}`)
  }
  const {unit} = panel.fieldConfig?.defaults ?? {}
  if (!UNITS.includes(unit)) problems.push(`${where}: the unit ${unit} is none of ${UNITS.join(', ')}`)
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's variable, not ours
  if (panel.datasource?.uid !== '${datasource}') problems.push(`${where}: not the data source that is chosen`)
  if (!panel.targets?.length) problems.push(`${where}: no query`)
  const names = new Set()
  for (const {refId, expr} of panel.targets ?? []) {
    if (!refId || names.has(refId)) problems.push(`${where}: a query without a name of its own`)
    names.add(refId)
    for (const [, name] of expr.matchAll(/\$\{?(\w+)/g)) {
      if (!name.startsWith('__') && !declared.has(name))
        problems.push(`${where}: the variable ${name} is not declared`)
    }
    checkExpression(where, expr)
    const {selectors, ranges} = readExpression(expr)
    for (const {metric, text} of selectors) {
      for (const label of ['job', 'instance']) {
        if (!text.includes(`${label}=~"$${label}"`)) problems.push(`${where}: ${metric} of every ${label}`)
      }
    }
    for (const range of ranges) {
      if (range?.trim() !== '$__rate_interval')
        problems.push(`${where}: a rate over ${range} instead of $__rate_interval`)
    }
  }
}

const seen = {ids: new Set(), titles: new Set()}
for (const name of filesOf('grafana/dashboards', '.json')) {
  const dashboard = JSON.parse(read(`grafana/dashboards/${name}`))
  const declared = new Set(dashboard.templating.list.map(variable => variable.name))
  for (const variable of ['datasource', 'job', 'instance']) {
    if (!declared.has(variable)) problems.push(`${name}: no variable ${variable}`)
  }
  for (const {name: of, query} of dashboard.templating.list.filter(each => each.type === 'query')) {
    const metric = /^label_values\((\w+)/.exec(query)?.[1]
    if (kindOf(metric ?? '') === undefined) problems.push(`${name}: the variable ${of} asks for no metric`)
  }
  if (dashboard.editable !== false) problems.push(`${name}: can be edited in place`)
  if (seen.ids.has(dashboard.uid)) problems.push(`${name}: the uid ${dashboard.uid} is not its own`)
  seen.ids.add(dashboard.uid)
  for (const panel of dashboard.panels.filter(each => each.type !== 'row')) {
    checkPanel(`${name}, ${panel.title}`, panel, declared)
    const {x, w} = panel.gridPos
    if (x + w > 24) problems.push(`${name}, ${panel.title}: reaches beyond the edge`)
  }
}

for (const rule of rules) {
  checkExpression(rule.name, rule.expr ?? '')
  if (rule.kind !== 'alert') continue
  for (const field of ['for', 'severity', 'summary', 'runbook_url']) {
    if (rule[field] === undefined) problems.push(`${rule.name}: no ${field}`)
  }
  if (!existsSync(join(root, rule.runbook_url ?? ''))) problems.push(`${rule.name}: no runbook`)
  const test = `grafana/prometheus/tests/${rule.name}.test.yml`
  const text = existsSync(join(root, test)) ? read(test) : ''
  for (const shown of [`${rule.name} fires`, `${rule.name} does not fire`]) {
    if (!text.includes(shown)) problems.push(`${test}: no test '${shown}'`)
  }
}

for (const name of Object.keys(catalog)) {
  if (name.startsWith('ramson_') && !used.has(name))
    problems.push(`${name} is on no dashboard and in no rule`)
}

// ── what Prometheus's own tool says

const promtool = (args, options = {}) =>
  spawnSync('promtool', args, {cwd: join(root, 'grafana/prometheus'), ...options})
const isThere = promtool(['--version']).error === undefined
if (isThere) {
  const judge = (...args) => {
    const {status, stdout, stderr} = promtool(args)
    if (status !== 0) problems.push(`promtool ${args.join(' ')}:\n${stdout}${stderr}`)
  }
  judge('check', 'config', 'prometheus.yml')
  judge('test', 'rules', ...filesOf('grafana/prometheus/tests', '.yml').map(name => `tests/${name}`))
} else if (process.env.RAMSON_REQUIRE_PROMETHEUS === '1') {
  problems.push('promtool is not installed, and RAMSON_REQUIRE_PROMETHEUS=1 asks for it')
}

const count = `${seen.ids.size} dashboards`
const closing = isThere
  ? count
  : 'not checked: the rules, because promtool is missing (Debian: apt-get install prometheus)'
console.log(problems.length > 0 ? problems.join('\n') : closing)
process.exit(problems.length > 0 ? 1 : 0)
