// Makes the addons that the package is shipped with: prebuilds/<platform>-<arch>/ramson.node. `npm pack` and `npm run prebuilds` run it.
//
//   node scripts/prebuild.mjs          for this machine, and, on Linux, for the other processor where there is a compiler
//   node scripts/prebuild.mjs --all    the same, and it fails when one of them cannot be made
//
// This machine's is the one of build/Release (scripts/build-native.mjs), stripped. The other one is cross-compiled. Each is
// looked at before it counts: it must ask for nothing but the C library, libgcc and libm, and for no newer C library than
// `libcMost`. What cannot be made is left out, loudly; whoever installs the package there then runs on the fallback.

import {copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {crossBuild} from './cross-build.mjs'
import {failAndExit, root, run, StepFailure, step} from './step.mjs'

/** README.md tells what this means: Debian 12, Ubuntu 22.04, RHEL 9 and what is newer. */
const libcMost = [2, 34]
const libraries = /^(libc\.so\.6|libm\.so\.6|libgcc_s\.so\.1|ld-linux-(x86-64\.so\.2|aarch64\.so\.1))$/

const addonName = 'ramson.node'
const mustAll = process.argv.includes('--all')
const {platform, arch} = process

/** Why one is left out; printed, or, where all are wanted, thrown. */
class Missing extends Error {}

const must = async (what, command, args, settings) => {
  const {status, output} = await run(command, args, settings)
  if (status !== 0) throw new StepFailure(`${what} failed (exit status ${status}):\n${output}`)
  return output
}

const isThere = async command => (await run(command, ['--version'])).status === 0

const newestSource = () => {
  const sources = readdirSync(join(root, 'native'), {withFileTypes: true, recursive: true})
    .filter(entry => entry.isFile() && /\.(cc|h)$/.test(entry.name))
    .map(entry => join(entry.parentPath ?? entry.path, entry.name))
  return Math.max(...[...sources, join(root, 'CMakeLists.txt')].map(path => statSync(path).mtimeMs))
}

const buildHere = async () => {
  const script = join(root, 'scripts', 'build-native.mjs')
  const {status, output} = await run(process.execPath, [script], {
    env: {...process.env, RAMSON_REQUIRE_NATIVE: '1'}
  })
  if (status !== 0) throw new Missing(output.trim())
  return {addon: join(root, 'build', 'Release', addonName), prefix: ''}
}

const buildOther = other => async progress => {
  const {prefix, compiler, folder, configure} = crossBuild(other)
  for (const program of [compiler, 'cmake'])
    if (!(await isThere(program))) throw new Missing(`${program} is not installed.`)
  progress('configuring')
  mkdirSync(folder, {recursive: true})
  await must('cmake', 'cmake', ['-S', root, '-B', folder, ...configure()])
  progress('building')
  await must('The build', 'cmake', ['--build', folder, '--target', 'ramson', '--parallel', '2'])
  return {addon: join(folder, addonName), prefix}
}

/** Versions of the C library that an addon asks for, the newest of them; other libraries that it asks for, refused. */
const lookAt = async (file, name) => {
  const dynamic = await must('readelf', 'readelf', ['-dW', '--dyn-syms', file])
  for (const [, library] of dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g))
    if (!libraries.test(library))
      throw new StepFailure(`${name} would need ${library} where it is installed.`)
  const versions = [...dynamic.matchAll(/@GLIBC_(\d+)\.(\d+)/g)].map(found => [
    Number(found[1]),
    Number(found[2])
  ])
  const newest = versions.sort((a, b) => b[0] - a[0] || b[1] - a[1])[0]
  if (newest === undefined) throw new StepFailure(`${name} asks for no C library at all.`)
  if (newest[0] > libcMost[0] || newest[1] > libcMost[1])
    throw new StepFailure(
      `${name} needs glibc ${newest.join('.')}, which is newer than ${libcMost.join('.')}.`
    )
  return newest.join('.')
}

const make = (name, build) => async progress => {
  const made = join(root, 'prebuilds', name, addonName)
  if (existsSync(made) && statSync(made).mtimeMs >= newestSource()) return undefined
  rmSync(made, {force: true})
  const {addon, prefix} = await build(progress)
  mkdirSync(dirname(made), {recursive: true})
  const next = join(root, 'build', `${name}.node`)
  copyFileSync(addon, next)
  await must('strip', `${prefix}strip`, platform === 'darwin' ? ['-x', next] : ['--strip-unneeded', next])
  const libc = platform === 'linux' ? `, glibc ${await lookAt(next, name)}` : ''
  renameSync(next, made)
  return `${name}: ${Math.round(statSync(made).size / 1000)} kB${libc}`
}

const targets = {[`${platform}-${arch}`]: buildHere}
if (platform === 'linux') {
  const other = arch === 'arm64' ? 'x64' : 'arm64'
  targets[`linux-${other}`] = buildOther(other)
}

try {
  for (const [name, build] of Object.entries(targets)) {
    await step('prebuild', async progress => {
      try {
        return await make(name, build)(progress)
      } catch (error) {
        if (!(error instanceof Missing)) throw error
        if (mustAll) throw new StepFailure(`There is no prebuilt addon for ${name}: ${error.message}`)
        return `${name}: LEFT OUT: ${error.message}`
      }
    })
  }
} catch (error) {
  failAndExit(error)
}
