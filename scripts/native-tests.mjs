// The tests of the C++ code that see more than `npm test`: other compilers, sanitizers, another processor.
//
//   node scripts/native-tests.mjs                  every variant
//   node scripts/native-tests.mjs plain sanitized  those that are named
//
// Each variant builds in build/tests/<variant>, and runs on every kernel of this machine:
//   plain      the program native_tests, optimized as the addon is shipped
//   clang      the same with clang++
//   sanitized  the same under AddressSanitizer and UndefinedBehaviorSanitizer
//   threads    the tests of the data plane under ThreadSanitizer
//   memory     the tests of the data plane under valgrind, but for those with threads
//   aarch64    the same as plain, cross-compiled, under qemu
//   prebuilt   the addon of that build, loaded by a Node for that processor, which RAMSON_NODE_ARM64 names, under qemu
//   secrets    keys and data marked as secret under valgrind: no branch and no address may depend on them
//   addon      the addon itself under the sanitizers, called by the tests of dist/test/native
//
// A variant that lacks what it needs is skipped. The last line is `N passed, N failed, N skipped`, counting variants.

import {existsSync, mkdirSync} from 'node:fs'
import {join} from 'node:path'
import {crossBuild, emulator, headers} from './cross-build.mjs'
import {root, run, StepFailure, step} from './step.mjs'

const sanitizers = ['-DRAMSON_SANITIZE=address,undefined', '-DCMAKE_CXX_FLAGS_RELEASE=-O1']
const addonTests = [
  'handles',
  'primitives',
  'records',
  'relay-direction-twins',
  'cgo-twins',
  'x25519',
  'onion-skin-twins'
].map(name => join(root, 'dist', 'test', 'native', `${name}.test.js`))

const isThere = async command => (await run(command, ['--version'])).status === 0

/** The first of these programs that is not installed, as a reason to skip. */
const lacksProgram = async (...commands) => {
  for (const command of commands) if (!(await isThere(command))) return `${command} is not installed`
  return undefined
}

/** Objects that are compiled for one processor must not offer the linker code that others would run. */
const checkNothingShared = async folder => {
  const objects = `${folder}/CMakeFiles/kernel_*.dir/native/kernels/*/*.o`
  const {status, output} = await run('sh', [
    '-c',
    `nm -C --defined-only ${objects} | grep -E '^[0-9a-f]+ [WVu] '`
  ])
  if (status === 0) throw new StepFailure(`kernel objects share code across processors:\n${output}`)
}

/** Runs native_tests, through an emulator where one is given; its lines say how many checks each kernel passed. */
const runProgram =
  (...emulator) =>
  async (folder, must) => {
    const [command, ...args] = [...emulator, join(folder, 'native_tests')]
    const output = await must('running', command, args)
    return output.split('\n').slice(0, -1).join(', ')
  }

/** The same for the tests of the data plane alone. */
const runShards =
  (part, ...emulator) =>
  async (folder, must) => {
    const [command, ...args] = [...emulator, join(folder, 'native_tests'), part]
    const output = await must('running', command, args)
    return output.split('\n').slice(0, -1).join(', ')
  }

const runAddon = async (folder, must) => {
  const library = async name => (await run('c++', [`-print-file-name=${name}`])).stdout.trim()
  const output = await must(
    'running',
    process.execPath,
    ['--test', '--test-concurrency=1', '--test-reporter=tap', ...addonTests],
    {
      env: {
        ...process.env,
        LD_PRELOAD: `${await library('libasan.so')} ${await library('libubsan.so')}`,
        // Node itself leaves memory behind when it ends; the handle tests count what the addon has open.
        ASAN_OPTIONS: 'detect_leaks=0',
        RAMSON_ADDON: join(folder, 'ramson.node')
      }
    }
  )
  return `${/^# pass (\d+)$/m.exec(output)?.[1]} tests`
}

const runPrebuilt = async (folder, must) => {
  const [command, ...args] = [...emulator('arm64'), process.env.RAMSON_NODE_ARM64]
  const settings = {env: {...process.env, RAMSON_ADDON: join(folder, 'ramson.node')}}
  const told = []
  for (const path of addonTests.filter(path => /twins/.test(path))) {
    const output = await must('running', command, [...args, '--test-reporter=tap', path], settings)
    told.push(`${/^# pass (\d+)$/m.exec(output)?.[1]} tests`)
  }
  return told.join(', ')
}

/** Two variants share what is compiled for both. */
const sanitizedBuild = {
  folder: join(root, 'build', 'tests', 'sanitized'),
  configure: () => ['-DRAMSON_TESTS=ON', `-DCMAKE_JS_INC=${headers().join(';')}`, ...sanitizers]
}
const valgrindBuild = {
  folder: join(root, 'build', 'tests', 'valgrind'),
  configure: ['-DRAMSON_TESTS=ON', '-DCMAKE_CXX_FLAGS_RELEASE=-O3 -DNDEBUG -g']
}

const variants = {
  plain: {
    lacks: () => lacksProgram('c++'),
    configure: ['-DRAMSON_TESTS=ON'],
    check: checkNothingShared,
    test: runProgram()
  },
  clang: {
    lacks: () => lacksProgram('clang++'),
    configure: ['-DRAMSON_TESTS=ON', '-DCMAKE_CXX_COMPILER=clang++'],
    check: checkNothingShared,
    test: runProgram()
  },
  sanitized: {
    lacks: () => lacksProgram('c++'),
    ...sanitizedBuild,
    test: runProgram()
  },
  threads: {
    lacks: () => lacksProgram('c++'),
    configure: ['-DRAMSON_TESTS=ON', '-DRAMSON_SANITIZE=thread', '-DCMAKE_CXX_FLAGS_RELEASE=-O1'],
    test: runShards('shards')
  },
  memory: {
    lacks: () => lacksProgram('c++', 'valgrind'),
    ...valgrindBuild,
    // It knows no newer instructions than those of the kernel it is told to use.
    // Threads would wait for one another there, because one runs at a time.
    test: runShards(
      'one-thread',
      'env',
      'RAMSON_KERNEL=generic',
      'valgrind',
      '--quiet',
      '--error-exitcode=1',
      '--leak-check=full'
    )
  },
  aarch64: {
    lacks: () => lacksProgram('aarch64-linux-gnu-g++', 'qemu-aarch64-static'),
    ...crossBuild('arm64'),
    test: runProgram(...emulator('arm64'))
  },
  prebuilt: {
    lacks: async () => {
      if (!addonTests.every(existsSync)) return 'dist/ is not built'
      if (process.env.RAMSON_NODE_ARM64 === undefined) return 'RAMSON_NODE_ARM64 names no Node'
      return lacksProgram('aarch64-linux-gnu-g++', 'qemu-aarch64-static')
    },
    ...crossBuild('arm64'),
    target: 'ramson',
    test: runPrebuilt
  },
  secrets: {
    lacks: () => lacksProgram('c++', 'valgrind'),
    ...valgrindBuild,
    target: 'native_secrets',
    test: async (folder, must) => {
      const program = join(folder, 'native_secrets')
      const output = await must('running', 'valgrind', ['--quiet', '--error-exitcode=1', program])
      return output.split('\n').join(', ')
    }
  },
  addon: {
    lacks: async () => {
      if (process.platform !== 'linux') return 'preloading the sanitizers is done for Linux only'
      if (!addonTests.every(existsSync)) return 'dist/ is not built'
      return lacksProgram('c++')
    },
    ...sanitizedBuild,
    target: 'ramson',
    test: runAddon
  }
}

const counts = {passed: 0, failed: 0, skipped: 0}

/** What builds in a folder, by folder: two variants may share one, and then take turns. */
const builds = new Map()
const inTurn = (folder, work) => {
  const own = (builds.get(folder) ?? Promise.resolve()).then(work, work)
  builds.set(folder, own)
  return own
}

const runVariant = async (name, variant, progress) => {
  const {lacks, configure, folder: ownFolder, target = 'native_tests', check, test} = variant
  const reason = await lacks()
  if (reason !== undefined) {
    counts.skipped++
    return `skipped: ${reason}`
  }
  const folder = ownFolder ?? join(root, 'build', 'tests', name)
  mkdirSync(folder, {recursive: true})
  const must = async (what, command, args, settings) => {
    progress(what)
    const {status, output} = await run(command, args, settings)
    if (status !== 0) throw new StepFailure(`${name}: ${what} failed (exit status ${status}):\n${output}`)
    return output.trim()
  }
  const options = typeof configure === 'function' ? configure() : configure
  await inTurn(folder, async () => {
    await must('configuring', 'cmake', ['-S', root, '-B', folder, ...options])
    await must('building', 'cmake', ['--build', folder, '--target', target, '--parallel', '2'])
  })
  await check?.(folder)
  const note = await test(folder, must)
  counts.passed++
  return note
}

const wanted = process.argv.slice(2)
for (const name of wanted) {
  if (!(name in variants)) {
    console.error(`No variant is called ${name}. Variants: ${Object.keys(variants).join(', ')}`)
    process.exit(1)
  }
}
/** Those that take longest begin first, so that the end is not spent waiting for one. */
const long = ['memory', 'sanitized', 'threads']
const waiting = [...long, ...Object.keys(variants).filter(name => !long.includes(name))]
  .filter(name => wanted.length === 0 || wanted.includes(name))
  .map(name => [name, variants[name]])

/** Runs what waits, one variant after the other. */
const work = async () => {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [name, variant] = next
    try {
      await step(name, progress => runVariant(name, variant, progress))
    } catch (error) {
      counts.failed++
      console.error(error instanceof StepFailure ? error.message : error)
    }
  }
}
// Most of a variant's time is one program's, so there is work for another core; on a terminal, one line is drawn at a time.
await Promise.all(process.stdout.isTTY ? [work()] : [work(), work()])
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exit(counts.failed > 0 ? 1 : 0)
