// Relays as controllers name them: `$FINGERPRINT`, `$FINGERPRINT~nickname`, `$FINGERPRINT=nickname`, a fingerprint without
// `$`, or a nickname that only one relay has.

import {fromBase16} from '../bytes/base16.ts'
import type {NetDir} from '../netdir/net-dir.ts'
import type {Relay} from '../netdir/relay.ts'

const FINGERPRINT = /^\$?([0-9A-Fa-f]{40})(?:[=~]([A-Za-z0-9]{1,19}))?$/

export function findRelayByFingerprint(netDir: NetDir | undefined, text: string): Relay | undefined {
  const match = FINGERPRINT.exec(text)
  const identity = match?.[1] === undefined ? undefined : fromBase16(match[1])
  const relay = identity && netDir?.relayByIdentity(identity)
  return match?.[2] === undefined || relay?.status.nickname === match[2] ? relay : undefined
}

export function findRelay(netDir: NetDir | undefined, text: string): Relay | undefined {
  if (FINGERPRINT.test(text)) return findRelayByFingerprint(netDir, text)
  const wanted = text.toLowerCase()
  const [only, ...others] = (netDir?.relays ?? []).filter(
    ({status}) => status.nickname.toLowerCase() === wanted
  )
  return others.length === 0 ? only : undefined
}

/** `$FINGERPRINT~nickname`, the name left out where it is not known. */
export function longName(fingerprint: string, netDir: NetDir | undefined): string {
  const nickname = findRelayByFingerprint(netDir, fingerprint)?.status.nickname
  return nickname === undefined ? `$${fingerprint}` : `$${fingerprint}~${nickname}`
}
