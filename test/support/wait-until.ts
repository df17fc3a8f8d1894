// Waiting for something another process does, with a limit and a sentence that says what was awaited.

/** Resolves after `ms` milliseconds. */
export function delay(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

export interface WaitOptions {
  readonly timeoutMs: number
  readonly everyMs?: number
}

/**
 * Asks `probe` again and again until it gives something other than undefined or false; rejects, naming `what`, at the limit.
 * A probe that throws counts as a no, and its message ends up in the rejection.
 */
export async function waitUntil<T>(
  what: string,
  {timeoutMs, everyMs = 200}: WaitOptions,
  probe: () => Promise<T | undefined | false> | T | undefined | false
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  let lastError: unknown
  for (;;) {
    try {
      const answer = await probe()
      if (answer !== undefined && answer !== false) return answer
      lastError = undefined
    } catch (error) {
      lastError = error
    }
    if (performance.now() >= deadline) {
      const why = lastError === undefined ? '' : ` (${String(lastError)})`
      throw new Error(`waited ${timeoutMs / 1000} s in vain: ${what}${why}`)
    }
    await delay(everyMs)
  }
}

/** Rejects, naming `what`, when `promise` has not settled after `timeoutMs`. */
export function within<T>(what: string, timeoutMs: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`no answer after ${timeoutMs / 1000} s: ${what}`)),
      timeoutMs
    )
    promise.then(
      value => {
        clearTimeout(timer)
        resolve(value)
      },
      (error: unknown) => {
        clearTimeout(timer)
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    )
  })
}
