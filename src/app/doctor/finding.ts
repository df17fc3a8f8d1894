// What `ramson doctor` finds: one line each, and where something is amiss the command or the line that mends it.

/** `bad` keeps a relay from working or harms it; `warn` is worth doing something about; `good` is as it should be. */
export type Verdict = 'good' | 'warn' | 'bad'

export interface Finding {
  /** Names the check, for scripts: it stays the same from version to version. */
  readonly check: string
  readonly verdict: Verdict
  readonly text: string
  /** A command for a shell, or what to write into a file. */
  readonly fix?: string
}

export function good(check: string, text: string): Finding {
  return {check, verdict: 'good', text}
}

export function warn(check: string, text: string, fix: string): Finding {
  return {check, verdict: 'warn', text, fix}
}

export function bad(check: string, text: string, fix: string): Finding {
  return {check, verdict: 'bad', text, fix}
}

/** 0: all is good. 1: there are warnings. 2: something is bad. */
export function exitStatus(findings: readonly Finding[]): 0 | 1 | 2 {
  if (findings.some(({verdict}) => verdict === 'bad')) return 2
  return findings.some(({verdict}) => verdict === 'warn') ? 1 : 0
}
