// A relay's entry of the consensus as controllers get it (control-spec 3.9, ns/…): the lines r, a, s, v? and w of the flavour
// ns, whatever the flavour that it came in. Where that named no router descriptor, as in the flavour microdesc, zeros stand
// for its digest.

import {toBase64Unpadded} from '../bytes/base64.ts'
import {ipToText} from '../bytes/ip-address.ts'
import type {Relay} from '../netdir/relay.ts'
import {formatTime} from '../netdoc/time.ts'

const SHA1_LENGTH = 20

export function printStatus({status}: Relay): string {
  const {nickname, identity, descriptorDigest, published, ipv4, ipv6, dirPort, flags, bandwidth} = status
  const digest = descriptorDigest?.length === SHA1_LENGTH ? descriptorDigest : new Uint8Array(SHA1_LENGTH)
  const names = [nickname, toBase64Unpadded(identity), toBase64Unpadded(digest)].join(' ')
  const lines = [
    `r ${names} ${formatTime(published)} ${ipToText(ipv4.address)} ${ipv4.port} ${dirPort}`,
    ...(ipv6 === undefined ? [] : [`a [${ipToText(ipv6.address)}]:${ipv6.port}`]),
    `s ${[...flags].sort().join(' ')}`,
    ...(bandwidth === undefined
      ? []
      : [`w Bandwidth=${bandwidth}${status.isUnmeasured ? ' Unmeasured=1' : ''}`])
  ]
  return lines.map(line => `${line}\n`).join('')
}
