// How the C++ is built for the other of the two processors that the package holds an addon for. The tests of that build
// (scripts/native-tests.mjs) and the addon that is packed (scripts/prebuild.mjs) share one folder and its objects.

import {createRequire} from 'node:module'
import {join} from 'node:path'
import {root} from './step.mjs'

/** Node's name of a processor → the prefix of its GNU tools, and its name there. */
const processors = {
  arm64: {prefix: 'aarch64-linux-gnu-', name: 'aarch64'},
  x64: {prefix: 'x86_64-linux-gnu-', name: 'x86_64'}
}

/** @param arch arm64 or x64, as `process.arch` has them */
export const crossBuild = arch => {
  const {prefix, name} = processors[arch]
  return {
    prefix,
    compiler: `${prefix}g++`,
    folder: join(root, 'build', 'tests', name),
    configure: () => [
      '-DRAMSON_TESTS=ON',
      `-DCMAKE_JS_INC=${headers().join(';')}`,
      '-DCMAKE_SYSTEM_NAME=Linux',
      `-DCMAKE_SYSTEM_PROCESSOR=${name}`,
      `-DCMAKE_CXX_COMPILER=${prefix}g++`
    ]
  }
}

/** Where Node-API is declared; both packages are installed in a checkout alone. */
export const headers = () => {
  const require = createRequire(import.meta.url)
  return [require('node-api-headers').include_dir, require('node-addon-api').include_dir]
}

/** A program of `arch` runs here, or, on another processor, under this emulator. */
export const emulator = arch =>
  arch === process.arch ? [] : ['qemu-aarch64-static', '-cpu', 'max', '-L', '/usr/aarch64-linux-gnu']
