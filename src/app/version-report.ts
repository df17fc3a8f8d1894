// What `--version` prints: the version, what moves the cells and on what it runs.

import {dataPlaneInfo} from '../crypto/relay-crypto/relay-crypto.ts'
import {versionText} from './version.ts'

export function versionReport(): string {
  const {implementation, reason, kernel} = dataPlaneInfo()
  const why = reason === undefined ? '' : ` (${reason})`
  return `${versionText()}\ndata plane: ${implementation}, ${kernel}${why}\nNode ${process.versions.node}\n`
}
