// What `npm start` and `npm test` need before they can run, on a fresh clone as on a used one.
//
// In this order, each step only where it has something to do:
//   1. Node itself is new enough
//   2. install   `npm ci`, when an installed package is missing or is not the one package-lock.json names
//   3. native    the C++ addon (scripts/build-native.mjs); without a compiler it says so and ramson runs on the fallback
//   4. build     TypeScript to dist/ (scripts/build.mjs)
//
// Only Node built-ins are imported here, because this runs before anything is installed.

import {existsSync, readFileSync} from 'node:fs'
import {basename, join} from 'node:path'
import {failAndExit, root, run, StepFailure, step} from './step.mjs'

const readJson = path => JSON.parse(readFileSync(path, 'utf8'))

/** The lowest Node version of package.json's `engines`, as numbers: `>=20.19` is `[20, 19]`. */
const leastNode = () => {
  const range = readJson(join(root, 'package.json')).engines.node
  return range.replace(/^>=/, '').split('.').map(Number)
}

const checkNode = () => {
  const [major, minor] = leastNode()
  const [haveMajor, haveMinor] = process.versions.node.split('.').map(Number)
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return
  throw new StepFailure(
    `ramson needs Node ${major}.${minor} or later; this is Node ${process.versions.node} (${process.execPath}).`
  )
}

/**
 * Why the installed packages are not those of package-lock.json, or `undefined` when they are.
 *
 * npm keeps a copy of what it installed in node_modules/.package-lock.json. The two are compared by content and not by
 * age, so that switching branches back and forth installs nothing. Optional packages may be missing: they are for other
 * platforms.
 */
const whyInstall = () => {
  const installedPath = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installedPath)) return 'nothing is installed yet'
  const installed = readJson(installedPath).packages
  for (const [path, wanted] of Object.entries(readJson(join(root, 'package-lock.json')).packages)) {
    if (path === '') continue
    const found = installed[path]
    if (found === undefined && wanted.optional) continue
    if (found?.version !== wanted.version || found?.integrity !== wanted.integrity)
      return `${path} has changed`
  }
  return undefined
}

/** How to call npm: the npm that runs this script, where one does, so that both are of one version. */
const npm = () => {
  const running = process.env.npm_execpath
  return running !== undefined && /^npm(-cli)?\.c?js$/.test(basename(running))
    ? [process.execPath, [running]]
    : ['npm', []]
}

const install = async progress => {
  const reason = whyInstall()
  if (reason === undefined) return undefined
  progress(`npm ci (${reason})`)
  const [command, first] = npm()
  const args = [...first, 'ci', '--include=dev', '--no-audit', '--no-fund']
  const {status, output} = await run(command, args)
  if (status === 127)
    throw new StepFailure('npm was not found. It comes with Node; please install it and try again.')
  if (status !== 0) throw new StepFailure(`npm ci failed (exit status ${status}):\n\n${output}`)
  return `npm ci: ${Object.keys(readJson(join(root, 'node_modules', '.package-lock.json')).packages).length} packages`
}

/**
 * A build script of this folder as a step. Its stdout ends in the line to print as the note (none: nothing to do). Its
 * stderr is for the user and is always shown: without a compiler the native build explains itself there.
 */
const buildWith = script => async progress => {
  const path = join(root, 'scripts', script)
  if (!existsSync(path)) return undefined
  progress('building')
  const {status, stdout, stderr, output} = await run(process.execPath, [path])
  if (status !== 0) throw new StepFailure(`scripts/${script} failed (exit status ${status}):\n\n${output}`)
  if (process.stdout.isTTY && stderr !== '') process.stdout.write('\r\x1b[2K')
  process.stderr.write(stderr)
  return stdout.trim() === '' ? undefined : stdout.trimEnd().split('\n').at(-1)
}

const steps = {install, native: buildWith('build-native.mjs'), build: buildWith('build.mjs')}

try {
  checkNode()
  // `node scripts/setup.mjs install` runs the steps that are named and no others.
  const wanted = process.argv.slice(2)
  for (const [name, work] of Object.entries(steps)) {
    if (wanted.length === 0 || wanted.includes(name)) await step(name, work)
  }
} catch (error) {
  failAndExit(error)
}
