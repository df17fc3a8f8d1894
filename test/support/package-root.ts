// Tests are compiled into an output folder of any name, so what they read is found from the package's own root.

import {existsSync, readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

/** The folder of the nearest package.json above this file. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder)
    if (above === folder) throw new Error('no package.json above the tests')
    folder = above
  }
  return folder
}

/** A file of test/vectors, parsed; the caller names its shape. */
export function readVectors<T>(name: string): T {
  return JSON.parse(readFileSync(join(packageRoot(), 'test', 'vectors', name), 'utf8')) as T
}
