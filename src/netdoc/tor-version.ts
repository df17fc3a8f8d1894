// Versions of C tor (version-spec): what authorities recommend, and what a descriptor that names C tor must be.

interface TorVersion {
  readonly numbers: readonly number[]
  /** Kind of the last number: pre, rc or plain. */
  readonly stage: number
  readonly patch: number
  readonly tag: string
}

const NUMBER = '(\\d{1,10})'
const PATTERN = new RegExp(
  `^(?:Tor )?${NUMBER}\\.${NUMBER}(?:\\.${NUMBER}(?:(\\.|pre|rc)${NUMBER})?)?(?:[-.]([^\\s]*))?(?:\\s.*)?$`,
  'i'
)
const STAGES: Readonly<Record<string, number>> = {pre: 0, rc: 1, '.': 2}

/** Negative when `a` is older. What is no version comes after all versions, in the order of the text. */
export function compareTorVersions(a: string, b: string): number {
  const [left, right] = [parseTorVersion(a), parseTorVersion(b)]
  if (left === undefined || right === undefined) {
    if (left === undefined && right === undefined) return compareTexts(a, b)
    return left === undefined ? 1 : -1
  }
  const numbers = (version: TorVersion) => [...version.numbers, version.stage, version.patch]
  const [ours, theirs] = [numbers(left), numbers(right)]
  for (const [i, number] of ours.entries()) {
    const difference = number - (theirs[i] ?? 0)
    if (difference !== 0) return difference
  }
  return compareTexts(left.tag, right.tag)
}

export function isTorVersion(text: string): boolean {
  return parseTorVersion(text) !== undefined
}

/** The version that a descriptor's platform names, as votes give it: undefined when it names no C tor. */
export function versionOfPlatform(platform: string | undefined): string | undefined {
  return platform === undefined ? undefined : /^Tor \S+(?: \(r\S*)?(?= )/.exec(platform)?.[0]
}

function parseTorVersion(text: string): TorVersion | undefined {
  const match = PATTERN.exec(text)
  if (match === null) return undefined
  const [, major, minor, micro = '0', stage = '.', patch = '0', tag = ''] = match
  const numbers = [major, minor, micro].map(Number)
  return {numbers, stage: STAGES[stage.toLowerCase()] ?? 2, patch: Number(patch), tag}
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
