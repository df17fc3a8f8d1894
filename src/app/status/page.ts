// The status page as one HTML document: rendered once with what is the case, then kept current by a few lines of script
// that ask for `/status.json` every second. Without script it is still a page that says what it says.

import type {Status} from './status.ts'
import {style} from './style.ts'

/** `nonce`: the one of the content security policy. */
export function statusPage(status: Status, nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(status.title)}</title>
<style nonce="${nonce}">${style}</style>
</head>
<body>
<header><h1>${escapeHtml(status.title)}</h1><p id="about">${escapeHtml(status.about)}</p></header>
<main id="main"></main>
<script type="application/json" id="status">${JSON.stringify(status).replaceAll('<', '\\u003c')}</script>
<script nonce="${nonce}">${script}</script>
</body>
</html>
`
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}

// Plain functions over the DOM: text goes in as text, never as markup.
const script = `
const make = (tag, name, ...children) => {
  const element = document.createElement(tag)
  if (name) element.className = name
  for (const child of children) element.append(child)
  return element
}
const time = ms => ms === undefined ? '' : ms < 1000 ? Math.round(ms) + ' ms' : (ms / 1000).toFixed(1) + ' s'
const count = n => Math.round(n).toLocaleString('en')
const clock = ms => new Date(ms).toTimeString().slice(0, 8)
const marks = {waiting: '\\u00b7', running: '\\u2026', done: '\\u2713', failed: '\\u2717'}

const section = (title, ...children) => make('section', '', make('h2', '', title), ...children)

const steps = list => section('Steps', make('ol', 'steps', ...list.map(step =>
  make('li', step.state,
    make('span', 'mark', marks[step.state]),
    make('span', 'title', step.title),
    make('span', 'ms', time(step.ms)),
    make('span', 'detail', step.detail)))))

const facts = list => section('Use it', make('dl', 'facts', ...list.flatMap(([name, value]) =>
  [make('dt', '', name), make('dd', '', make('code', '', value))])))

const cell = (label, value, name = '') => {
  const td = make('td', name, value)
  td.dataset.label = label
  return td
}
const nodes = list => section('Nodes', make('table', '',
  make('thead', '', make('tr', '', ...['Node', 'Roles', 'Flags', 'Channels', 'Circuits', 'Cells', 'Cells/s'].map(h => make('th', '', h)))),
  make('tbody', '', ...list.map(node => make('tr', node.kind,
    cell('Node', node.name, 'name'),
    cell('Roles', node.roles.join(', ') || '\\u2013'),
    cell('Flags', node.flags.join(' ') || '\\u2013', 'flags'),
    cell('Channels', count(node.channels), 'number'),
    cell('Circuits', count(node.circuits), 'number'),
    cell('Cells', count(node.cells), 'number'),
    cell('Cells/s', count(node.cellsPerSecond), 'number'))))))

const row = ({name, value, state, part}) => {
  const dd = make('dd', state, value)
  if (part !== undefined) {
    const meter = make('meter')
    meter.value = part
    meter.high = 0.8
    dd.append(meter)
  }
  return [make('dt', '', name), dd]
}
const panels = list => make('div', 'panels', ...list.map(panel =>
  section(panel.title, make('dl', 'facts', ...panel.rows.flatMap(row)))))

const notices = list => section('Last notices', make('ol', 'notices', ...list.map(notice =>
  make('li', notice.severity, make('time', '', clock(notice.atMs)), make('span', '', notice.text)))))

const show = status => {
  const parts = []
  if (status.steps.length) parts.push(steps(status.steps))
  if (status.facts.length) parts.push(facts(status.facts))
  if (status.nodes.length) parts.push(nodes(status.nodes))
  if (status.panels && status.panels.length) parts.push(panels(status.panels))
  if (status.notices.length) parts.push(notices(status.notices))
  document.getElementById('about').textContent = status.about + ' \\u00b7 up ' + time(Date.now() - status.startedAtMs)
  document.getElementById('main').replaceChildren(...parts)
}
show(JSON.parse(document.getElementById('status').textContent))
setInterval(async () => {
  try {
    show(await (await fetch('/status.json')).json())
    document.body.classList.remove('gone')
  } catch {
    document.body.classList.add('gone')
  }
}, 1000)
`
