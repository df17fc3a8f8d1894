// AbortSignal for work that cannot be stopped half-way: it is waited for, what came of it is closed, and then the rejection
// is the signal's reason. So whoever gets the rejection knows that nothing is open any more.

/** A promise that rejects when the signal aborts; `forget` takes the listener away. */
export function aborted(signal: AbortSignal | undefined): {
  readonly rejection: Promise<never>
  forget(): void
} {
  let listener = () => {}
  const rejection = new Promise<never>((_, reject) => {
    listener = () => reject(signal?.reason)
  })
  // It is raced against something or nobody asks.
  rejection.catch(() => {})
  if (signal?.aborted) listener()
  else signal?.addEventListener('abort', listener, {once: true})
  return {rejection, forget: () => signal?.removeEventListener('abort', listener)}
}

/** The result of `work`, or the signal's reason as soon as it aborts; `work` goes on by itself then. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const {rejection, forget} = aborted(signal)
  try {
    return await Promise.race([work, rejection])
  } finally {
    forget()
  }
}

/** The result of `work`, which is waited for in any case; after an abort it is closed and the reason thrown. */
export async function closedIfAborted<T>(
  work: Promise<T>,
  signal: AbortSignal | undefined,
  close: (result: T) => Promise<void>
): Promise<T> {
  const result = await work
  if (signal?.aborted) {
    await close(result)
    throw signal.reason
  }
  return result
}
