// Which network a node belongs to, as torrc lines, and settings made of them.

import {type ConfigSources, loadConfig, type RelayConfig} from '../../config/relay-config.ts'
import {type ConfigLine, configLine, parseTorrcText} from '../../config/torrc-text.ts'
import {settingsError} from './errors.ts'

/**
 * A Tor network, by the torrc lines that everyone in it has: its `DirAuthority` lines and, for a private one,
 * `TestingTorNetwork 1`. What {@link createNetwork} gives is one; `{torrc: 'DirAuthority …'}` is any other.
 */
export interface TorNetwork {
  readonly torrc: string
}

/** @param own lines, torrc text, which come after the network's */
export function configOf(
  network: TorNetwork | undefined,
  own: string,
  added: readonly ConfigLine[] = []
): RelayConfig {
  const sources: ConfigSources = {
    torrc: [...linesOf(network?.torrc ?? '', 'network.torrc'), ...linesOf(own, 'torrc')],
    commandLine: added
  }
  const config = loadConfig(sources)
  if (!config.ok) throw settingsError(config.fault)
  return config.value
}

export function linesOf(text: string, source: string): ConfigLine[] {
  const lines = parseTorrcText(text, source)
  if (!lines.ok) throw settingsError(lines.fault)
  return lines.value
}

/** A line that wins over what the torrc says. */
export function added(name: string, value: string): ConfigLine {
  return configLine(name, value, {source: 'options'})
}
