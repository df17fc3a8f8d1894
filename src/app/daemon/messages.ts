// What a program and the daemon that it has become say to each other while the daemon starts, over Node's channel between a
// process and its child.

import type {Severity} from '../../log/severity.ts'

/** In the environment of the daemon alone: any parent may have opened a channel to a program that is to be none. */
export const DAEMON_VARIABLE = 'RAMSON_IS_DAEMON'

/** The first thing that the daemon hears. */
export interface DaemonInput {
  /** Where the torrc came from there: it can be read once. */
  readonly standardInput: string | undefined
}

export type DaemonMessage =
  | {readonly kind: 'line'; readonly severity: Severity; readonly text: string}
  | {readonly kind: 'up'}
