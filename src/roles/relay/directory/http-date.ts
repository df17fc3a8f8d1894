// Times in HTTP headers (RFC 9110 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, always UTC.

const PATTERN = /^(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

export function formatHttpDate(time: Date): string {
  return time.toUTCString()
}

/** Undefined for any other form: a condition that cannot be read is no condition. */
export function parseHttpDate(text: string): Date | undefined {
  if (!PATTERN.test(text)) return undefined
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? undefined : time
}
