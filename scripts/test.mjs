// Runs the tests of dist/test with Node's own runner. `npm test` sets up first (scripts/setup.mjs).
//
//   npm test                          everything
//   npm test -- unit codec            the group `unit`, and every file whose path contains `codec`
//   npm test -- --except interop      everything but what matches
//   npm test -- --name 'relay cell'   only tests whose name matches the regular expression
//   npm test -- --each                a line for every test, not one for every file
//
// A group is a folder below test/. Most groups hold small deterministic tests, and as many files run at once as there
// are cores. The files of `interop` start whole networks of processes, which wait for one another's votes most of the
// time: they run two at a time after the rest. Those in `alone` measure time or memory and run one at a time at the end.
// Both print a line for every test because each takes long.
//
// Read by the tests themselves: RAMSON_REQUIRE_NATIVE, RAMSON_DATAPLANE, RAMSON_KERNEL, RAMSON_SUBJECT. Without C tor the
// interop group cannot run, and without Chromium the browser group: they are left out, loudly, or with
// RAMSON_REQUIRE_TOR=1 and RAMSON_REQUIRE_CHROMIUM=1 fail. The last line is always `N passed, N failed, N skipped`.

import {spawnSync} from 'node:child_process'
import {existsSync, readdirSync} from 'node:fs'
import {availableParallelism} from 'node:os'
import {join, relative, sep} from 'node:path'
import {run} from 'node:test'
import {parseArgs} from 'node:util'
import {root} from './step.mjs'
import {report} from './test-report.mjs'

const networks = ['interop']
const alone = ['browser', 'leak']
/** Of the networks, those that take longest begin first, so that the end is not spent waiting for one. */
const long = ['interop/relay-identity', 'interop/padding', 'interop/control-port']
const fileTimeoutMs = 5 * 60_000
const longTimeoutMs = 20 * 60_000

const testFolder = join(root, 'dist', 'test')

/** Every test file as `{path, group, name}`; the name is `unit/bytes/octets` for test/unit/bytes/octets.test.ts. */
const allTests = () =>
  (existsSync(testFolder) ? readdirSync(testFolder, {withFileTypes: true, recursive: true}) : [])
    .filter(entry => entry.isFile() && entry.name.endsWith('.test.js'))
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
    .sort()
    .map(path => {
      const name = relative(testFolder, path)
        .split(sep)
        .join('/')
        .replace(/\.test\.js$/, '')
      return {path, name, group: name.split('/')[0]}
    })

/** A word selects a group by its whole name, and files by any part of their path as it is written in test/. */
const matches = word => {
  const part = word.replace(/^(\.\/)?(dist\/)?test\//, '').replace(/\.test\.[jt]s$/, '')
  return test => test.group === part || test.name.includes(part)
}

const answers = program => spawnSync(program, ['--version'], {stdio: 'ignore'}).status === 0

/** Groups that a program is needed for, which not every machine has. */
const needs = [
  {
    group: 'interop',
    isThere: () => answers(process.env.RAMSON_TOR ?? 'tor'),
    what: 'C tor',
    variable: 'RAMSON_REQUIRE_TOR',
    install: 'apt-get install tor',
    untested: 'Nothing of how ramson works together with C tor'
  },
  {
    group: 'browser',
    isThere: () => answers(process.env.RAMSON_CHROMIUM ?? 'chromium'),
    what: 'Chromium',
    variable: 'RAMSON_REQUIRE_CHROMIUM',
    install: 'apt-get install chromium',
    untested: 'Nothing of how the status page looks'
  }
]

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    except: {type: 'string', multiple: true, default: []},
    name: {type: 'string', multiple: true},
    each: {type: 'boolean', default: false}
  }
})

const known = allTests()
let selected = known
for (const word of positionals) {
  if (!known.some(matches(word))) {
    console.error(
      `No test matches '${word}'. Groups: ${[...new Set(known.map(test => test.group))].join(', ')}`
    )
    process.exit(1)
  }
}
if (positionals.length > 0) selected = selected.filter(test => positionals.some(word => matches(word)(test)))
selected = selected.filter(test => !values.except.some(word => matches(word)(test)))

const total = {passed: 0, failed: 0, skipped: 0, failures: []}
const notices = []

for (const {group, isThere, what, variable, install, untested} of needs) {
  const wanting = selected.filter(test => test.group === group)
  if (wanting.length === 0 || isThere()) continue
  const names = wanting.map(test => test.name).join(', ')
  selected = selected.filter(test => !wanting.includes(test))
  if (process.env[variable] === '1') {
    total.failed += wanting.length
    total.failures.push(`${what} is not installed, and ${variable}=1 asks for: ${names}`)
  } else {
    total.skipped += wanting.length
    notices.push(
      `NOT RUN, because ${what} is not installed (Debian: ${install}): ${names}.\n` +
        `${untested} has been tested in this run.`
    )
  }
}

const runFiles = async (tests, {concurrency, timeout, lines}) => {
  if (tests.length === 0) return
  const options = {files: tests.map(test => test.path), concurrency, timeout}
  if (values.name !== undefined) options.testNamePatterns = values.name.map(name => new RegExp(name))
  const part = await report(run(options), {
    lines,
    nameOf: path => tests.find(test => test.path === path)?.name ?? path
  })
  for (const key of ['passed', 'failed', 'skipped']) total[key] += part[key]
  total.failures.push(...part.failures)
}

const ofGroups = groups => selected.filter(test => groups.includes(test.group))
const longFirst = tests => [
  ...tests.filter(test => long.includes(test.name)),
  ...tests.filter(test => !long.includes(test.name))
]

await runFiles(
  selected.filter(test => !networks.includes(test.group) && !alone.includes(test.group)),
  {concurrency: availableParallelism(), timeout: fileTimeoutMs, lines: values.each ? 'each' : 'files'}
)
await runFiles(longFirst(ofGroups(networks)), {concurrency: 2, timeout: longTimeoutMs, lines: 'each'})
await runFiles(ofGroups(alone), {concurrency: 1, timeout: longTimeoutMs, lines: 'each'})

if (selected.length === 0 && total.failed + total.skipped === 0) {
  total.failed++
  total.failures.push('No tests were selected.')
}
if (total.failures.length > 0) console.log(`\nFailed:\n${total.failures.map(name => `  ${name}`).join('\n')}`)
for (const notice of notices) console.log(`\n${notice}`)
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exit(total.failed > 0 ? 1 : 0)
