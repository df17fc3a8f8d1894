// The version as package.json has it, for --version, the descriptor's platform line and the state file.

import {existsSync, readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {BugError} from '../fault/fault.ts'

/** Where ramson lies: the folder of its package.json. */
export function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    if (dirname(folder) === folder) throw new BugError('no-package-json')
    folder = dirname(folder)
  }
  return folder
}

let known: string | undefined

/** `0.1.0`: of what this process was started from, whatever lies on the disk by now. */
export function version(): string {
  known ??= readVersion()
  return known
}

function readVersion(): string {
  const {version: found} = JSON.parse(readFileSync(join(packageFolder(), 'package.json'), 'utf8')) as {
    version?: unknown
  }
  if (typeof found !== 'string') throw new BugError('no-version')
  return found
}

/** `ramson 0.1.0` */
export function versionText(): string {
  return `ramson ${version()}`
}
