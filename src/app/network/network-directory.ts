// The directory of a private network: a temporary one that goes with the network, or one that is kept, which holds the base
// port too, so that addresses and identities are the same at the next start.

import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {type Fault, localFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'

export type NetworkDirectoryFault = Fault<
  'directory-unusable',
  {readonly directory: string; readonly reason: string}
>

const FILE = 'network.json'
const FOR_US_ALONE = 0o700

export class NetworkDirectory {
  readonly path: string
  readonly #fate: 'kept' | 'temporary'
  readonly #removeAtExit = () => this.#remove()

  private constructor(path: string, fate: 'kept' | 'temporary', atExit: 'remove' | 'leave') {
    this.path = path
    this.#fate = fate
    // However the process ends: keys are not left lying about.
    if (fate === 'temporary' && atExit === 'remove') process.once('exit', this.#removeAtExit)
  }

  /**
   * @param keep undefined for a temporary one
   * @param atExit what becomes of a temporary one that is still open when the process ends
   */
  static open(
    keep: string | undefined,
    atExit: 'remove' | 'leave' = 'remove'
  ): Result<NetworkDirectory, NetworkDirectoryFault> {
    const path = keep === undefined ? join(tmpdir(), 'ramson-network-') : resolve(keep)
    try {
      if (keep === undefined) return ok(new NetworkDirectory(mkdtempSync(path), 'temporary', atExit))
      mkdirSync(path, {recursive: true, mode: FOR_US_ALONE})
      return ok(new NetworkDirectory(path, 'kept', atExit))
    } catch (error) {
      return err(localFault('directory-unusable', {directory: path, reason: errorCode(error)}))
    }
  }

  /** The base port of the last time. */
  get basePort(): number | undefined {
    try {
      const {basePort} = JSON.parse(readFileSync(join(this.path, FILE), 'utf8')) as {basePort?: unknown}
      return typeof basePort === 'number' && Number.isInteger(basePort) ? basePort : undefined
    } catch {
      return undefined
    }
  }

  rememberBasePort(basePort: number): Result<undefined, NetworkDirectoryFault> {
    return this.write(FILE, `${JSON.stringify({basePort})}\n`)
  }

  makeDirectory(name: string): Result<string, NetworkDirectoryFault> {
    const directory = join(this.path, name)
    return this.#attempt(() => {
      mkdirSync(directory, {recursive: true, mode: FOR_US_ALONE})
      return directory
    })
  }

  /** @param name of the file within the directory */
  write(name: string, text: string): Result<undefined, NetworkDirectoryFault> {
    return this.#attempt(() => {
      writeFileSync(join(this.path, name), text, {mode: 0o600})
      return undefined
    })
  }

  /** Removes what is temporary. */
  close(): void {
    process.off('exit', this.#removeAtExit)
    if (this.#fate === 'temporary') this.#remove()
  }

  #remove(): void {
    rmSync(this.path, {recursive: true, force: true, maxRetries: 3})
  }

  #attempt<T>(work: () => T): Result<T, NetworkDirectoryFault> {
    try {
      return ok(work())
    } catch (error) {
      return err(localFault('directory-unusable', {directory: this.path, reason: errorCode(error)}))
    }
  }
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
