// ONION_CLIENT_AUTH_ADD, _REMOVE and _VIEW (control-spec 3.30): our keys for services that let only some clients in.

import {fromBase64, toBase64} from '../../bytes/base64.ts'
import {isAllZero} from '../../bytes/octets.ts'
import {X25519_LENGTH} from '../../crypto/x25519.ts'
import type {ClientAuthEntry} from '../node.ts'
import {answer, DONE, type Reply, reply, Status} from '../reply.ts'
import {type Command, keyed} from './command.ts'
import {onionId} from './onion-id.ts'

const NICKNAME_MAX = 16

export const onionClientAuthAdd: Command = {
  name: 'ONION_CLIENT_AUTH_ADD',
  run({words}, {node}) {
    const [service, key] = words
    if (service === undefined || key === undefined) return incomplete('ONION_CLIENT_AUTH_ADD')
    const address = onionId(service.text)
    if (address === undefined) return invalidAddress(service.text)
    const secret = readSecret(key.text)
    if ('status' in secret) return secret
    const flags = keyed(words, 'Flags')
    const names = flags?.split(',').filter(name => name !== '') ?? []
    if (flags !== undefined && names.length === 0)
      return reply(Status.BAD_ARGUMENTS, "Invalid 'Flags' argument")
    const unknown = names.find(name => name.toLowerCase() !== 'permanent')
    if (unknown !== undefined) return reply(Status.BAD_ARGUMENTS, `Invalid 'Flags' argument: "${unknown}"`)
    const nickname = keyed(words, 'ClientName')
    if ((nickname?.length ?? 0) > NICKNAME_MAX) {
      return reply(Status.BAD_ARGUMENTS, `ClientName longer than ${NICKNAME_MAX} chars`)
    }
    const isPermanent = names.length > 0
    const added = node.onions.clientAuth.add({address, secret: secret.octets, nickname, isPermanent})
    if (!added.ok) return reply(Status.REFUSED_VALUE, `Unable to store creds for "${address}"`)
    return added.value === 'added' ? DONE : reply(Status.UNNECESSARY, 'Client for onion existed and replaced')
  }
}

export const onionClientAuthRemove: Command = {
  name: 'ONION_CLIENT_AUTH_REMOVE',
  most: 1,
  run({words}, {node}) {
    const [service] = words
    if (service === undefined) return incomplete('ONION_CLIENT_AUTH_REMOVE')
    const address = onionId(service.text)
    if (address === undefined) return invalidAddress(service.text)
    return node.onions.clientAuth.remove(address)
      ? DONE
      : reply(Status.UNNECESSARY, `No credentials for "${address}"`)
  }
}

export const onionClientAuthView: Command = {
  name: 'ONION_CLIENT_AUTH_VIEW',
  most: 1,
  run({words}, {node}) {
    const [service] = words
    const wanted = service === undefined ? undefined : onionId(service.text)
    if (service !== undefined && wanted === undefined) return invalidAddress(service.text)
    const entries = node.onions.clientAuth
      .list()
      .filter(({address}) => wanted === undefined || address === wanted)
      .map(printEntry)
      .sort()
    return answer(
      wanted === undefined ? 'ONION_CLIENT_AUTH_VIEW' : `ONION_CLIENT_AUTH_VIEW ${wanted}`,
      ...entries
    )
  }
}

function printEntry({address, secret, nickname, isPermanent}: ClientAuthEntry): string {
  const flags = isPermanent ? ' Flags=Permanent' : ''
  return `CLIENT ${address} x25519:${toBase64(secret)}${flags}${nickname === undefined ? '' : ` ClientName=${nickname}`}`
}

function readSecret(text: string): {readonly octets: Uint8Array} | Reply {
  const [type, blob, ...more] = text.split(':')
  if (blob === undefined || more.length > 0) return reply(Status.BAD_ARGUMENTS, 'Invalid key type/blob')
  if (type?.toLowerCase() !== 'x25519') {
    return reply(Status.UNKNOWN_THING, `Unrecognized key type "${type ?? ''}"`)
  }
  const octets = fromBase64(blob)
  if (octets?.length !== X25519_LENGTH)
    return reply(Status.BAD_ARGUMENTS, 'Failed to decode x25519 private key')
  return isAllZero(octets) ? reply(Status.REFUSED_VALUE, `Invalid private key "${blob}"`) : {octets}
}

function incomplete(name: string): Reply {
  return reply(Status.BAD_ARGUMENTS, `Incomplete ${name} command`)
}

function invalidAddress(text: string): Reply {
  return reply(Status.BAD_ARGUMENTS, `Invalid v3 address "${text}"`)
}
