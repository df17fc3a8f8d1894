// What `--version` prints: the version, what would move the cells of a relay here and on what it runs.

import {availableParallelism} from 'node:os'
import {choosePlane, planeText} from './data-plane.ts'
import {versionText} from './version.ts'

export function versionReport(): string {
  const plane = planeText(choosePlane(availableParallelism()))
  return `${versionText()}\ndata plane: ${plane}\nNode ${process.versions.node}\n`
}
