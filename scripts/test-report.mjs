// Turns the events of Node's test runner into what is printed, and counts.
//
// The events of one file arrive together and in the order of declaration, so a file's line is printed when the first
// event of another file arrives. What a test says through `t.diagnostic`, and what it writes itself, is passed on. A
// failure is printed in full beneath its file. A file that declares no test counts as failed: it can only be a mistake.

import {inspect} from 'node:util'

const isColoured = process.stdout.isTTY && process.env.NO_COLOR === undefined
const paint = (code, text) => (isColoured ? `\x1b[${code}m${text}\x1b[0m` : text)
const good = text => paint(32, text)
const bad = text => paint(31, text)
const faint = text => paint(2, text)

const nameWidth = 52
const duration = ms => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)
const indent = (text, by) => text.replace(/^(?=.)/gm, ' '.repeat(by))

/** The fault itself: the runner wraps what a test threw. Aggregates of failed subtests say nothing new. */
const explain = error => {
  const cause = error?.cause ?? error
  if (typeof cause === 'string') return cause
  const isInner = /^\s+at .*\(?node:internal\//
  const lines = inspect(cause, {colors: isColoured, depth: 6}).split('\n')
  return lines.filter(line => !isInner.test(line) || line.endsWith('{')).join('\n')
}

class FileLine {
  constructor(name) {
    this.name = name
    this.passed = 0
    this.failed = 0
    this.skipped = 0
    this.ms = 0
    this.details = []
  }

  print() {
    const counts = [`${this.passed} passed`]
    if (this.failed > 0) counts.push(bad(`${this.failed} failed`))
    if (this.skipped > 0) counts.push(`${this.skipped} skipped`)
    const mark = this.failed > 0 ? bad('✗') : good('✓')
    console.log(
      `${mark} ${this.name.padEnd(nameWidth)} ${counts.join(', ').padEnd(22)} ${faint(duration(this.ms))}`
    )
    for (const detail of this.details) console.log(detail)
  }
}

/**
 * Prints the run `events` and resolves to `{passed, failed, skipped, failures}`, the last a list of names.
 * `lines` is 'files' (one line a file) or 'each' (one line a test, as it ends); `nameOf(path)` names a file.
 */
export const report = async (events, {lines, nameOf}) => {
  const total = {passed: 0, failed: 0, skipped: 0, failures: []}
  const each = lines === 'each'
  let file
  let open = []

  const written = new Map()

  const close = () => {
    if (file === undefined) return
    if (!each) file.print()
    const text = written.get(file.name)
    if (text !== undefined) console.log(indent(text.trimEnd(), 4))
    written.delete(file.name)
    for (const key of ['passed', 'failed', 'skipped']) total[key] += file[key]
    file = undefined
  }
  const enter = path => {
    const name = nameOf(path)
    if (file?.name === name) return
    close()
    file = new FileLine(name)
    if (each) console.log(`\n${name}`)
  }
  const say = text => {
    if (each || file === undefined) console.log(text)
    else file.details.push(text)
  }

  const finished = (data, hasPassed) => {
    enter(data.file)
    const isSuite = data.details.type === 'suite'
    const isFile = data.name === data.file
    const isEmpty = isFile && hasPassed
    const isSkipped = data.skip !== undefined || data.todo !== undefined
    if (data.nesting === 0) file.ms += data.details.duration_ms
    if (!isSuite || !hasPassed) {
      const title = isFile ? 'the file itself' : [...open.slice(0, data.nesting), data.name].join(' › ')
      if (isSkipped) file.skipped++
      else if (hasPassed && !isEmpty) file.passed++
      else if (!isSuite || data.details.error?.failureType !== 'subtestsFailed') {
        file.failed++
        total.failures.push(`${file.name}: ${title}`)
        const why = isEmpty ? 'this file declares no tests' : explain(data.details.error)
        if (data.details.error?.failureType !== 'subtestsFailed') {
          say(`  ${bad(`✗ ${title}`)} ${faint(duration(data.details.duration_ms))}\n${indent(why, 6)}`)
        }
      }
      if (each && hasPassed && !isFile) {
        const mark = isSkipped ? '-' : good('✓')
        console.log(`  ${mark} ${title.padEnd(nameWidth + 20)} ${faint(duration(data.details.duration_ms))}`)
      }
    }
  }

  for await (const {type, data} of events) {
    if (type === 'test:start') {
      open = [...open.slice(0, data.nesting), data.name]
      if (each && process.stdout.isTTY) process.stdout.write(faint(`  … ${data.name}\r`))
    } else if (type === 'test:pass' || type === 'test:fail') {
      finished(data, type === 'test:pass')
    } else if (type === 'test:diagnostic' && data.file !== undefined) {
      enter(data.file)
      say(faint(`    ${data.message}`))
    } else if (type === 'test:stdout' || type === 'test:stderr') {
      // Files run side by side, so what they write is kept until their own line is printed.
      const name = nameOf(data.file)
      if (each) process.stdout.write(indent(data.message, 4))
      else written.set(name, (written.get(name) ?? '') + data.message)
    }
  }
  close()
  return total
}
