// What the defaults of a configuration depend on, as data, so that a test can be any machine.

import {availableParallelism, homedir, totalmem} from 'node:os'
import {resolve} from 'node:path'

/** What defaults depend on. */
export interface HostFacts {
  readonly homeDirectory: string
  readonly workingDirectory: string
  /** octets */
  readonly totalMemory: number
  readonly cpuCount: number
}

export function hostFacts(): HostFacts {
  return {
    homeDirectory: homedir(),
    workingDirectory: workingDirectory(),
    totalMemory: totalmem(),
    cpuCount: availableParallelism()
  }
}

let kept: string | undefined

/** Where paths in settings begin. */
export function workingDirectory(): string {
  return kept ?? process.cwd()
}

/** The process is about to go elsewhere, and its settings are to mean what they meant. */
export function keepWorkingDirectory(): void {
  kept ??= process.cwd()
}

/** From the working directory, with a leading `~` for the home directory. */
export function absolutePath(path: string, host: HostFacts): string {
  const home = /^~(?=\/|$)/
  return resolve(host.workingDirectory, path.replace(home, host.homeDirectory))
}
