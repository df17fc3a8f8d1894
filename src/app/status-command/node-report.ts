// What `ramson status` has found out, for people and for programs.

import type {StatusPanel} from '../status/status.ts'

export interface NodeReport {
  /** Who was asked, such as `127.0.0.1:9035`. */
  readonly source: string
  readonly title: string
  readonly about: string
  readonly panels: readonly StatusPanel[]
  /** The last ones first. */
  readonly notices: readonly string[]
}

const NOTICES = 5

export function reportForPeople({title, about, panels, notices}: NodeReport): string {
  const width = Math.max(...panels.flatMap(({rows}) => rows.map(({name}) => name.length)), 0)
  const lines = [title, about].filter(text => text !== '')
  for (const panel of panels) {
    lines.push('', panel.title)
    for (const {name, value, state} of panel.rows) {
      lines.push(`${state === 'bad' ? '! ' : '  '}${name.padEnd(width)}  ${value}`)
    }
  }
  if (notices.length > 0)
    lines.push('', 'Last notices', ...notices.slice(0, NOTICES).map(text => `  ${text}`))
  return `${lines.join('\n')}\n`
}

export function reportForPrograms(report: NodeReport): string {
  return `${JSON.stringify(report)}\n`
}
