// Torrcs with which others join a private network: C tor's `tor -f` and `ramson -f` take both.

import {join} from 'node:path'
import {commonLines, type LayoutOptions, quoted, relayLines} from './layout.ts'

export interface JoinTorrc {
  readonly file: string
  readonly text: string
}

export function joinTorrcs(options: LayoutOptions): {readonly relay: JoinTorrc; readonly client: JoinTorrc} {
  const make = (kind: 'relay' | 'client', own: readonly string[]): JoinTorrc => {
    const lines = [
      `# One more ${kind} for the private network, with C tor or ramson. Lasts as long as the network does.`,
      '# For several of them, give each a DataDirectory of its own.',
      ...commonLines(options),
      `DataDirectory ${quoted(join(options.directory, `joined-${kind}`))}`,
      'PathsNeededToBuildCircuits 0.67',
      'Log notice stdout',
      ...own
    ]
    return {file: join(options.directory, `join-${kind}.torrc`), text: `${lines.join('\n')}\n`}
  }
  return {relay: make('relay', relayLines('joined', 'auto')), client: make('client', ['SocksPort auto'])}
}
