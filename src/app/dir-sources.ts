// The directories that the settings name, as sources of documents.

import {ipFromText} from '../bytes/ip-address.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import type {SocketAddress} from '../dataplane/contract.ts'
import type {DirSource} from '../directory/dir-source.ts'

interface Named {
  readonly address: string
  readonly dirPort: number
  readonly orPort: number | undefined
  readonly fingerprint: Uint8Array
}

export function authoritySources(config: RelayConfig): DirSource[] {
  return config.dirAuthorities.map(authority => source(authority, authority.nickname ?? 'an authority', true))
}

/** Authorities and fallbacks. */
export function allSources(config: RelayConfig): DirSource[] {
  const fallbacks = config.fallbackDirs.map(fallback => source(fallback, 'a fallback', false))
  return [...authoritySources(config), ...fallbacks]
}

function source(named: Named, name: string, isAuthority: boolean): DirSource {
  const octets = ipFromText(named.address)
  const at = (port: number | undefined): SocketAddress | undefined =>
    octets === undefined || port === undefined || port === 0 ? undefined : {octets, port}
  const orAddress = at(named.orPort)
  return {
    name,
    isAuthority,
    dirPort: at(named.dirPort),
    orPort:
      orAddress === undefined
        ? undefined
        : {
            rsaIdentity: named.fingerprint,
            ed25519Identity: undefined,
            addresses: [orAddress],
            // Not known before the first consensus: CREATE_FAST.
            ntorOnionKey: undefined
          }
  }
}
