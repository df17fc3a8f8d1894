// What an onion service and an onion client have in common: links and circuits without an identity, the documents of a
// network, and guards, in memory or, with a directory, over restarts.

import type {RelayConfig} from '../../config/relay-config.ts'
import {ed25519Ready} from '../../crypto/ed25519.ts'
import {openDirectory} from '../../datadir/file.ts'
import {lockDirectory} from '../../datadir/lock.ts'
import {loadState} from '../../datadir/state-file.ts'
import type {Logger} from '../../log/logger.ts'
import type {GuardStore} from '../../netdir/guards/entry-guards.ts'
import {ClientNode} from '../client-node.ts'
import {fallbackNotice} from '../data-plane.ts'
import {allSources} from '../dir-sources.ts'
import {guardStore} from '../guard-store.ts'
import {versionText} from '../version.ts'
import {directoryError} from './errors.ts'
import {added, configOf, type TorNetwork} from './tor-network.ts'

export interface OriginOptions {
  readonly network: TorNetwork
  /** Where entry guards are kept; in memory where undefined. */
  readonly dataDirectory: string | undefined
  readonly clientKey: (identity: Uint8Array) => Uint8Array | undefined
  readonly logger: Logger
}

export interface Origin {
  readonly client: ClientNode
  readonly config: RelayConfig
  close(): Promise<void>
}

/** Has begun to fetch documents when it resolves. */
export async function openOrigin({
  network,
  dataDirectory,
  clientKey,
  logger
}: OriginOptions): Promise<Origin> {
  await ed25519Ready
  const directory = dataDirectory === undefined ? [] : [added('DataDirectory', dataDirectory)]
  // Settings are a client's where there is such a port; it is never opened.
  const config = configOf(network, 'SocksPort auto', directory)
  const kept = dataDirectory === undefined ? inMemory() : inDirectory(config, logger)
  const identities = config.dirAuthorities.map(authority => authority.v3ident)
  const client = new ClientNode(
    {
      authorities: identities.filter(identity => identity !== undefined),
      sources: allSources(config),
      isTesting: config.testingTorNetwork,
      keepaliveMs: config.keepalivePeriodMs,
      pathsNeeded: config.pathsNeededToBuildCircuits
    },
    {
      guards: kept.guards,
      clientKey,
      trouble: what => logger.about('dir').info(what),
      version: versionText()
    }
  )
  const notice = fallbackNotice()
  if (notice !== undefined) logger.notice(notice)
  client.start()
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= client.close().then(() => kept.release())
    return closing
  }
  return {client, config, close}
}

interface Kept {
  readonly guards: GuardStore
  release(): void
}

function inMemory(): Kept {
  let lines: readonly string[] = []
  const guards: GuardStore = {
    load: () => lines,
    save: next => {
      lines = next
    }
  }
  return {guards, release: () => {}}
}

function inDirectory(config: RelayConfig, logger: Logger): Kept {
  const opened = openDirectory(config.dataDirectory)
  if (!opened.ok) throw directoryError(opened.fault)
  for (const notice of opened.value.notices) logger.notice(notice)
  const lock = lockDirectory(config.dataDirectory)
  if (!lock.ok) throw directoryError(lock.fault)
  const state = loadState(config.dataDirectory)
  if (!state.ok) {
    lock.value.release()
    throw directoryError(state.fault)
  }
  return {guards: guardStore(config, state.value, logger), release: () => lock.value.release()}
}
