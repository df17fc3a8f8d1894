// Builds the C++ addon into build/Release/ramson.node with cmake-js, offline.
//
//   node scripts/build-native.mjs            when a source is newer than the addon
//   node scripts/build-native.mjs --force    always
//
// Without a C++20 compiler or cmake, or where the build fails, ramson runs on its slower fallback over node:crypto: one
// paragraph on stderr says so, build/native-status.json keeps the reason for `--version` and the status page, and the exit
// status is 0. RAMSON_REQUIRE_NATIVE=1 makes it 1.
//
// cmake-js runs as `configure` and then `build`, not as `compile`, which would build a second time after a failure and
// print every error twice.

import {existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {root, run} from './step.mjs'

const addonPath = join(root, 'build', 'Release', 'ramson.node')
const statusPath = join(root, 'build', 'native-status.json')
const isRequired = process.env.RAMSON_REQUIRE_NATIVE === '1'

/** The newest modification time (ms) among the files that the addon is made of. */
const newestSource = () => {
  const sources = readdirSync(join(root, 'native'), {withFileTypes: true, recursive: true})
    .filter(entry => entry.isFile() && /\.(cc|h)$/.test(entry.name))
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
  return Math.max(...[...sources, join(root, 'CMakeLists.txt')].map(path => statSync(path).mtimeMs))
}

const isUpToDate = () => existsSync(addonPath) && statSync(addonPath).mtimeMs >= newestSource()

const writeStatus = status => {
  mkdirSync(join(root, 'build'), {recursive: true})
  writeFileSync(statusPath, `${JSON.stringify(status, null, 2)}\n`)
}

const isThere = async (command, args = ['--version']) => (await run(command, args)).status === 0

/** What the machine lacks for the build, in words; undefined when it has everything. */
const whatIsMissing = async () => {
  const missing = []
  const compilers =
    process.env.CXX === undefined ? ['c++', 'g++', 'clang++'] : [process.env.CXX.split(' ')[0]]
  const found = []
  for (const compiler of compilers) if (await isThere(compiler)) found.push(compiler)
  if (found.length === 0)
    missing.push(process.env.CXX === undefined ? 'C++20 compiler' : `compiler called ${process.env.CXX}`)
  if (!(await isThere('cmake'))) missing.push('cmake')
  if (!(await isThere('make')) && !(await isThere('ninja'))) missing.push('make')
  return missing.length === 0 ? undefined : missing.join(', no ')
}

/** Says in one paragraph what that means, and ends the script. */
const goWithout = (reason, advice, details = '') => {
  // An addon of older sources may not fit the TypeScript beside it.
  rmSync(addonPath, {force: true})
  rmSync(join(root, 'prebuilds', `${process.platform}-${process.arch}`), {recursive: true, force: true})
  writeStatus({built: false, reason})
  if (details !== '') console.error(`${details.trimEnd()}\n`)
  console.error(
    `The native addon was not built, because ${reason}. ramson works without it, on a fallback over node:crypto ` +
      `that carries several times fewer cells per second. ${advice}`
  )
  process.exit(isRequired ? 1 : 0)
}

/** A folder configured for sources that have moved, or for headers of another place, cannot be used again. */
const forgetForeignConfiguration = () => {
  const cachePath = join(root, 'build', 'CMakeCache.txt')
  if (!existsSync(cachePath)) return
  const cache = readFileSync(cachePath, 'utf8')
  const home = /^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$/m.exec(cache)?.[1]
  if (home !== root) rmSync(join(root, 'build'), {recursive: true, force: true})
}

const cmakeJs = async command => {
  const cli = join(root, 'node_modules', 'cmake-js', 'bin', 'cmake-js')
  return run(process.execPath, [cli, command, '--log-level', 'error', '--parallel', '2'])
}

/** The part of a build's output that says what went wrong, without the build tool's own chatter. */
const essence = output => {
  const lines = output.split('\n').filter(line => !/^(ERROR OMG|ninja: |g?make(\[\d+\])?: )/.test(line))
  const first = lines.findIndex(line => /\berror\b|CMake Error/i.test(line))
  return (first === -1 ? lines.slice(-20) : lines.slice(first, first + 40)).join('\n')
}

if (!process.argv.includes('--force') && isUpToDate()) process.exit(0)

const missing = await whatIsMissing()
if (missing !== undefined) {
  goWithout(
    `this machine has no ${missing}`,
    "To build it, install them (Debian, Ubuntu: 'apt-get install g++ make cmake'; macOS: 'xcode-select --install' " +
      "and cmake) and run 'node scripts/build-native.mjs'."
  )
}
if (!existsSync(join(root, 'node_modules', 'cmake-js'))) {
  goWithout('the npm packages are not installed', "Run 'npm ci', then 'node scripts/build-native.mjs'.")
}

forgetForeignConfiguration()
for (const command of ['configure', 'build']) {
  const {status, output} = await cmakeJs(command)
  if (status !== 0) {
    goWithout(
      `its ${command === 'build' ? 'compilation' : 'configuration'} failed (see above)`,
      "Run 'node scripts/build-native.mjs --force' to try again.",
      essence(output)
    )
  }
}
if (!existsSync(addonPath)) goWithout('the build left no addon behind', 'Please report this.')

// What was just built must load here, and its choice of kernel is the best proof that it does.
const probe = await run(
  process.execPath,
  [
    '-p',
    `const addon = require(${JSON.stringify(addonPath)}); addon.kernel + ' of ' + addon.kernels.join(', ')`
  ],
  {env: {...process.env, RAMSON_KERNEL: ''}}
)
if (probe.status !== 0) goWithout('it does not load', 'Please report this.', probe.output)
writeStatus({built: true, kernel: probe.stdout.trim().split(' ')[0]})
console.log(`addon built, kernel ${probe.stdout.trim()}`)
