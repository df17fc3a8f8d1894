// A timer that does not keep the process, for whoever is handed its timers.

/** Calls back once, after at least so many microseconds; the function given back cancels that. */
export function after(delayUs: number, callback: () => void): () => void {
  const timer = setTimeout(callback, delayUs / 1000)
  timer.unref()
  return () => clearTimeout(timer)
}
