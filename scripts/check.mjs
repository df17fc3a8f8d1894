// `npm run check`: everything about the code that can be told without running it. The same before a commit and in CI.
//
// Each step is a command that prints what it checked as its last line, and its complaints when it fails. All steps
// run, whatever fails; the complaints come first and the table of steps last. `npm run check -- types` runs one step.

import {join} from 'node:path'
import {run, since, stepLine} from './step.mjs'

const bin = name => `node_modules/.bin/${name}`
const node = script => [process.execPath, [join('scripts', script)]]

const steps = [
  {name: 'install', command: [process.execPath, ['scripts/setup.mjs', 'install']]},
  {name: 'format', command: [bin('biome'), ['check', '--error-on-warnings', '--colors=off']]},
  {name: 'types', command: [bin('tsc'), ['--project', 'tsconfig.json', '--noEmit']]},
  {name: 'layers', command: node('check-dependencies.mjs')},
  {name: 'generated', command: [process.execPath, ['scripts/generate.mjs', '--check']]},
  {name: 'grafana', command: node('check-dashboards.mjs')},
  {name: 'native', command: node('check-native-format.mjs')},
  {name: 'lock', command: node('check-lock.mjs')},
  {name: 'documents', command: node('check-documents.mjs')},
  {name: 'words', command: node('check-words.mjs')}
]

const wanted = process.argv.slice(2)
const unknown = wanted.filter(name => !steps.some(step => step.name === name))
if (unknown.length > 0) {
  console.error(`No step is called ${unknown.join(', ')}. Steps: ${steps.map(step => step.name).join(', ')}`)
  process.exit(1)
}

const rows = []
for (const {name, command} of steps.filter(step => wanted.length === 0 || wanted.includes(step.name))) {
  const begun = performance.now()
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[2K${name} …`)
  const {status, output} = await run(...command)
  if (process.stdout.isTTY) process.stdout.write('\r\x1b[2K')
  const text = output.trim()
  if (status !== 0) console.log(`${name}:\n${text.replace(/^/gm, '  ')}\n`)
  // A check of ours ends in a short line saying what it looked at; a tool's own closing line is not worth a column.
  const said = text.split('\n').at(-1)
  const note = /^(\d+ \w+( fresh)?|no \w+|not checked: .*)$/.test(said) ? `ok, ${said}` : 'ok'
  rows.push({hasPassed: status === 0, line: stepLine(name, status === 0 ? note : 'FAILED', since(begun))})
}

console.log(rows.map(row => row.line).join('\n'))
const failed = rows.filter(row => !row.hasPassed).length
console.log(`\n${rows.length - failed} passed, ${failed} failed, 0 skipped`)
process.exit(failed > 0 ? 1 : 0)
