// Documents of one kind come one behind the other: in a reply, in a cache file, in an upload. Each begins with a known
// keyword, and annotations in front of that keyword belong to it.

/** Where one document of several begins and where the next begins. */
export interface DocumentSpan {
  readonly start: number
  readonly end: number
}

/**
 * The documents in `text` whose first line has one of `keywords`. What stands before the first of them is left out.
 * Each line is looked at once.
 */
export function splitDocuments(text: string, keywords: readonly string[]): readonly DocumentSpan[] {
  const starts: number[] = []
  let annotations: number | undefined
  for (let at = 0; at < text.length; ) {
    if (text[at] === '@') {
      annotations ??= at
    } else if (keywords.some(keyword => startsWithKeyword(text, at, keyword))) {
      starts.push(annotations ?? at)
      annotations = undefined
    } else {
      annotations = undefined
    }
    const newline = text.indexOf('\n', at)
    if (newline < 0) break
    at = newline + 1
  }
  return starts.map((start, i) => ({start, end: starts[i + 1] ?? text.length}))
}

function startsWithKeyword(text: string, at: number, keyword: string): boolean {
  if (!text.startsWith(keyword, at)) return false
  const next = text[at + keyword.length]
  return next === undefined || next === ' ' || next === '\t' || next === '\n'
}
