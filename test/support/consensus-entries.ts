// Consensus entries as the tests ask after them: by fingerprint, with flags. Read from what C tor's control port answers to
// `ns/all`, and on purpose not with ramson's own document parser.

/** One relay's `r` and `s` lines. */
export interface ConsensusEntry {
  readonly nickname: string
  readonly fingerprint: string
  readonly flags: ReadonlySet<string>
  /** The `w` line's Bandwidth. */
  readonly bandwidth: number
}

/** Entries by upper case RSA fingerprint. */
export function parseConsensusEntries(text: string): ReadonlyMap<string, ConsensusEntry> {
  const entries = new Map<string, ConsensusEntry>()
  for (const chunk of text.split(/^(?=r )/m)) {
    const [, nickname = '', identity = ''] = /^r (\S+) (\S+) /.exec(chunk) ?? []
    if (identity === '') continue
    const fingerprint = Buffer.from(identity, 'base64').toString('hex').toUpperCase()
    const flags = new Set(/^s ?(.*)$/m.exec(chunk)?.[1]?.split(' ').filter(Boolean))
    const bandwidth = Number(/^w Bandwidth=(\d+)/m.exec(chunk)?.[1] ?? 0)
    entries.set(fingerprint, {nickname, fingerprint, flags, bandwidth})
  }
  return entries
}
