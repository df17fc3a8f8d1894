// The tests of the C++ code that need no Node: builds the program native_tests in several variants and runs it on every
// kernel of this machine. `npm test` covers the addon; this covers what only a sanitizer or another compiler sees.
//
//   node scripts/native-tests.mjs                  every variant
//   node scripts/native-tests.mjs plain sanitized those that are named
//
// Variants: plain (the default compiler, optimized as shipped), clang (the same with clang++), sanitized (AddressSanitizer
// and UndefinedBehaviorSanitizer), aarch64 (cross-compiled, run under qemu). A variant whose compiler is not installed is
// skipped. The last line is `N passed, N failed, N skipped`, counting variants.

import {mkdirSync} from 'node:fs'
import {join} from 'node:path'
import {root, run, StepFailure, step} from './step.mjs'

const emulator = ['qemu-aarch64-static', ['-cpu', 'max', '-L', '/usr/aarch64-linux-gnu']]

/** What each variant needs, how CMake is configured for it, and what runs the program. */
const variants = {
  plain: {needs: ['c++'], options: []},
  clang: {needs: ['clang++'], options: ['-DCMAKE_CXX_COMPILER=clang++']},
  sanitized: {
    needs: ['c++'],
    options: ['-DRAMSON_SANITIZE=address,undefined', '-DCMAKE_CXX_FLAGS_RELEASE=-O1']
  },
  aarch64: {
    needs: ['aarch64-linux-gnu-g++', emulator[0]],
    options: [
      '-DCMAKE_SYSTEM_NAME=Linux',
      '-DCMAKE_SYSTEM_PROCESSOR=aarch64',
      '-DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++'
    ],
    emulator
  }
}

const isThere = async command => (await run(command, ['--version'])).status === 0

/** Objects that are compiled for one processor must not offer the linker code that others would run. */
const checkNothingShared = async folder => {
  const {status, output} = await run('sh', [
    '-c',
    `nm -C --defined-only ${folder}/CMakeFiles/kernel_*.dir/native/kernels/*/*.o | grep -E '^[0-9a-f]+ [WVu] '`
  ])
  if (status === 0) throw new StepFailure(`kernel objects share code across processors:\n${output}`)
}

const test =
  ({needs, options, emulator: runner}, name) =>
  async progress => {
    for (const command of needs) if (!(await isThere(command))) return skip(name, command)
    const folder = join(root, 'build', 'tests', name)
    mkdirSync(folder, {recursive: true})
    const must = async (what, command, args, settings) => {
      progress(what)
      const {status, output} = await run(command, args, settings)
      if (status !== 0) throw new StepFailure(`${name}: ${what} failed (exit status ${status}):\n${output}`)
      return output.trim()
    }
    await must('configuring', 'cmake', ['-S', root, '-B', folder, '-DRAMSON_TESTS=ON', ...options])
    await must('building', 'cmake', ['--build', folder, '--target', 'native_tests', '--parallel', '2'])
    if (name === 'plain' || name === 'clang') await checkNothingShared(folder)
    const program = join(folder, 'native_tests')
    const [command, args] = runner === undefined ? [program, []] : [runner[0], [...runner[1], program]]
    const output = await must('running', command, args)
    return output.split('\n').slice(0, -1).join(', ')
  }

const counts = {passed: 0, failed: 0, skipped: 0}
const skip = (name, command) => {
  counts.skipped++
  counts.passed--
  return `${name} skipped: ${command} is not installed`
}

const wanted = process.argv.slice(2)
for (const name of wanted) {
  if (!(name in variants)) {
    console.error(`No variant is called ${name}. Variants: ${Object.keys(variants).join(', ')}`)
    process.exit(1)
  }
}
for (const [name, variant] of Object.entries(variants)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  try {
    await step(name, test(variant, name))
    counts.passed++
  } catch (error) {
    counts.failed++
    console.error(error instanceof StepFailure ? error.message : error)
  }
}
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exit(counts.failed > 0 ? 1 : 0)
