// What the rest of ramson sees of the log. A message is one plain sentence and holds nothing that links a client, a service
// or a circuit to anything; an address that must appear goes through `scrub`. No call here throws.

import type {LogDomain, Severity} from './severity.ts'

export interface Logger {
  /** We are about to stop. */
  err(message: string): void
  /** The operator should do something. Never because of what a peer sent. */
  warn(message: string): void
  /** The operator would want to know; rare. */
  notice(message: string): void
  info(message: string): void
  debug(message: string): void
  log(severity: Severity, message: string): void
  /** A peer broke the protocol: info, or warn where the operator asked with ProtocolWarnings. */
  protocol(message: string): void
  /** The same log for messages about `domain`. */
  about(domain: LogDomain): Logger
  /**
   * The same log, silent for `intervalMs` after each message; the next message then says how many were held back. `key`
   * names the occasion: all loggers limited with one key share one limit.
   */
  limited(key: string, intervalMs: number): Logger
  /** `[scrubbed]` unless the operator turned SafeLogging off. */
  scrub(address: string): string
  /** Whether anybody would read a message of this severity: ask before building a costly one. */
  takes(severity: Severity): boolean
}
