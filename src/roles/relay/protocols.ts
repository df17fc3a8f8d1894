// The subprotocol versions that we advertise (tor-behaviour 0: clients use exactly what the consensus says of us, so this
// lists what works and nothing else). Sorted by name.

const PROTOCOLS: Readonly<Record<string, string>> = {
  Cons: '2',
  Desc: '2-4',
  DirCache: '2',
  FlowCtrl: '1-2',
  HSDir: '2',
  HSIntro: '4-5',
  HSRend: '2',
  Link: '4-5',
  LinkAuth: '3',
  Microdesc: '2-3',
  Padding: '2',
  Relay: '2-4'
}

/** The value of the `proto` line. */
export function protocolsLine(): string {
  return Object.entries(PROTOCOLS)
    .map(([name, versions]) => `${name}=${versions}`)
    .join(' ')
}
