// Times as directory documents write them: `YYYY-MM-DD HH:MM:SS`, always UTC (dir-spec 1.2).

const PATTERN = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})$/

/** Undefined for any other form, for dates that no calendar has and for years before 1970. */
export function parseTime(text: string): Date | undefined {
  const match = PATTERN.exec(text.trimEnd())
  if (match === null) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number
  ]
  // A leap second is written as 60 or 61 and means the second that follows.
  if (year < 1970 || hour > 23 || minute > 59 || second > 61) return undefined
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second))
  const calendar = new Date(Date.UTC(year, month - 1, day))
  return calendar.getUTCMonth() === month - 1 && calendar.getUTCDate() === day ? date : undefined
}

/** To whole seconds, cut, not rounded. */
export function formatTime(time: Date): string {
  return time.toISOString().slice(0, 19).replace('T', ' ')
}
