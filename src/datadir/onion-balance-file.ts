// ob_config of an onion service's directory, as C tor keeps it: lines `MasterOnionAddress ADDRESS.onion` name the services
// that this one answers for, because a balancer puts its introduction points into their descriptors.

import {join} from 'node:path'
import {toLatin1} from '../bytes/octets.ts'
import {parseOnionAddress} from '../crypto/hs/onion-address.ts'
import {ok, type Result} from '../fault/result.ts'
import {type DataDirFault, dataDirFault} from './fault.ts'
import {readWhole} from './file.ts'

const NAME = 'ob_config'
const OPTION = 'masteronionaddress'
/** Subcredentials of all of them are tried on every introduction. */
const MASTERS_MAX = 16

/** The Ed25519 identities of the services, 32 octets each; at least one, or a fault. `ed25519Ready` must have resolved. */
export function loadOnionBalanceMasters(directory: string): Result<Uint8Array[], DataDirFault> {
  const path = join(directory, NAME)
  const octets = readWhole(path)
  if (!octets.ok) return octets
  if (octets.value === undefined) {
    return dataDirFault('unreadable', path, 'is missing: HiddenServiceOnionBalanceInstance 1 needs it.')
  }
  const masters: Uint8Array[] = []
  for (const line of toLatin1(octets.value).split('\n')) {
    const words = line
      .replace(/#.*/, '')
      .split(/\s+/)
      .filter(word => word !== '')
    const [option, address = '', ...more] = words
    if (option === undefined) continue
    const master = parseOnionAddress(address)
    if (option.toLowerCase() !== OPTION || master === undefined || more.length > 0) {
      return dataDirFault('unreadable', path, 'has a line that is not MasterOnionAddress ADDRESS.onion.')
    }
    masters.push(master)
  }
  if (masters.length === 0) return dataDirFault('unreadable', path, 'has no MasterOnionAddress.')
  if (masters.length > MASTERS_MAX) {
    return dataDirFault(
      'too-large',
      path,
      `names ${masters.length} addresses; at most ${MASTERS_MAX} are taken.`
    )
  }
  return ok(masters)
}
