// __OwningControllerProcess: a controller that started the node may wish that it ends with it. Whether the process is still
// there is looked at every few seconds, as C tor does.

import type {RelayConfig} from '../../config/relay-config.ts'
import type {Log} from '../../log/log.ts'

const LOOK_MS = 15_000
const OPTION = '__OwningControllerProcess'

export interface OwningProcessDeps {
  readonly log: Log
  readonly config: () => RelayConfig
  readonly signal: (signal: 'SIGTERM') => void
}

export class OwningProcess {
  readonly #timer: NodeJS.Timeout

  constructor({log, config, signal}: OwningProcessDeps) {
    this.#timer = setInterval(() => {
      const pid = Number(/^\d{1,9}/.exec(config().given.get(OPTION)?.at(-1)?.value ?? '')?.[0] ?? 0)
      if (pid === 0 || isThere(pid)) return
      clearInterval(this.#timer)
      log.logger.notice('Owning controller process has vanished; exiting now.')
      signal('SIGTERM')
    }, LOOK_MS)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It is there, and not ours.
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
