// Our keys for onion services that let only some clients in: those of ClientOnionAuthDir, and those that a controller
// brought, which are forgotten at the end unless they are to stay. How many there may be is bounded.

import {toBase16} from '../bytes/base16.ts'
import type {RelayConfig} from '../config/relay-config.ts'
import {
  type ClientAuthKey,
  loadClientAuthKeys,
  removeClientAuthKey,
  saveClientAuthKey
} from '../datadir/client-auth-files.ts'
import type {DataDirFault} from '../datadir/fault.ts'
import {type Fault, localFault} from '../fault/fault.ts'
import {err, ok, type Result} from '../fault/result.ts'

export const CLIENT_AUTH_KEYS_MAX = 4096

export interface HeldClientAuthKey extends ClientAuthKey {
  readonly nickname: string | undefined
  /** It lies in ClientOnionAuthDir. */
  readonly isPermanent: boolean
}

export type ClientAuthFault = Fault<'no-directory' | 'unwritable' | 'too-many', never>

export class ClientAuth {
  readonly #directory: string | undefined
  readonly #keys = new Map<string, HeldClientAuthKey>()
  readonly notices: readonly string[]

  private constructor(
    directory: string | undefined,
    keys: readonly ClientAuthKey[],
    notices: readonly string[]
  ) {
    this.#directory = directory
    this.notices = notices
    for (const key of keys) {
      this.#keys.set(toBase16(key.identity), {...key, nickname: undefined, isPermanent: true})
    }
  }

  /** `ed25519Ready` must have resolved. */
  static open({clientOnionAuthDir: directory}: RelayConfig): Result<ClientAuth, DataDirFault> {
    if (directory === undefined) return ok(new ClientAuth(undefined, [], []))
    const loaded = loadClientAuthKeys(directory)
    return loaded.ok ? ok(new ClientAuth(directory, loaded.value.keys, loaded.value.notices)) : loaded
  }

  get size(): number {
    return this.#keys.size
  }

  keyFor(identity: Uint8Array): Uint8Array | undefined {
    return this.#keys.get(toBase16(identity))?.secret
  }

  list(): readonly HeldClientAuthKey[] {
    return [...this.#keys.values()]
  }

  /** `replaced`: there was another one for the service. */
  add(key: HeldClientAuthKey): Result<'added' | 'replaced', ClientAuthFault> {
    const name = toBase16(key.identity)
    const isKnown = this.#keys.has(name)
    if (!isKnown && this.#keys.size >= CLIENT_AUTH_KEYS_MAX) return err(localFault('too-many'))
    if (key.isPermanent) {
      if (this.#directory === undefined) return err(localFault('no-directory'))
      if (!saveClientAuthKey(this.#directory, key).ok) return err(localFault('unwritable'))
    }
    this.#keys.set(name, key)
    return ok(isKnown ? 'replaced' : 'added')
  }

  /** False: there was none. */
  remove(identity: Uint8Array): boolean {
    const key = this.#keys.get(toBase16(identity))
    if (key === undefined) return false
    if (key.isPermanent && this.#directory !== undefined) removeClientAuthKey(this.#directory, identity)
    return this.#keys.delete(toBase16(identity))
  }
}
