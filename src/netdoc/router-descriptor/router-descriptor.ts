// A router descriptor as a value (dir-spec 2.1.1): what a relay says about itself, every signature in it checked.

import type {RsaPublicKey} from '../../crypto/rsa.ts'
import type {AddressPort} from '../address.ts'
import type {ExitRule} from '../exit-policy.ts'
import type {PortPolicy} from '../port-policy.ts'
import type {Protocols} from '../protocols.ts'

/** Octets of the longest router descriptor that authorities take. */
export const MAX_ROUTER_DESCRIPTOR_LENGTH = 20_000

/** Bytes a second. */
export interface RelayBandwidth {
  readonly rate: number
  readonly burst: number
  readonly observed: number
}

export interface ExtraInfoDigests {
  /** 20 octets, over the document up to its RSA signature. */
  readonly sha1: Uint8Array
  /** 32 octets, over the whole document. */
  readonly sha256: Uint8Array | undefined
}

export interface RouterDescriptor {
  readonly nickname: string
  readonly ipv4: AddressPort
  readonly dirPort: number
  readonly ipv6: AddressPort | undefined
  /** SHA-1 of the RSA identity key, 20 octets. */
  readonly identity: Uint8Array
  readonly identityKey: RsaPublicKey
  /** The Ed25519 identity, 32 octets. */
  readonly ed25519: Uint8Array
  readonly ed25519SigningKey: Uint8Array
  readonly onionKeyTap: RsaPublicKey | undefined
  readonly ntorOnionKey: Uint8Array
  readonly published: Date
  readonly platform: string | undefined
  readonly protocols: Protocols
  readonly bandwidth: RelayBandwidth
  /** Seconds. */
  readonly uptime: number | undefined
  readonly isHibernating: boolean
  readonly extraInfo: ExtraInfoDigests | undefined
  readonly family: readonly string[]
  /** `ed25519:` and the family key, sorted. */
  readonly familyIds: readonly string[]
  readonly isHiddenServiceDir: boolean
  readonly isTunnelledDirServer: boolean
  readonly contact: string | undefined
  readonly exitRules: readonly ExitRule[]
  readonly ipv6Policy: PortPolicy | undefined
  /** When the first of the certificates in it expires. */
  readonly expiresAt: Date
  /** SHA-1 of what the RSA signature covers: the descriptor's name in an ns consensus. */
  readonly digest: Uint8Array
  /** The document, annotations left out. */
  readonly octets: Uint8Array
}
