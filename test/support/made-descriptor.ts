// Router descriptors that exist only in memory, signed for real, saying whatever a test wants a relay to say.

import assert from 'node:assert/strict'
import {parseRouterDescriptor} from '../../src/netdoc/router-descriptor/parse.ts'
import {
  printRouterDescriptor,
  type RouterDescriptorContent,
  type RouterDescriptorKeys
} from '../../src/netdoc/router-descriptor/print.ts'
import type {RouterDescriptor} from '../../src/netdoc/router-descriptor/router-descriptor.ts'

const PROTOCOLS =
  'Cons=2 Desc=2 DirCache=2 FlowCtrl=1-2 HSDir=2 HSIntro=4-5 HSRend=2 Link=4-5 LinkAuth=3 Microdesc=2 Relay=2-4'

/** A public address, up for a day, of middling bandwidth, a directory and HSDir, unless `said` says otherwise. */
export function makeDescriptor(
  keys: RouterDescriptorKeys,
  published: Date,
  said: Partial<RouterDescriptorContent> = {}
): RouterDescriptor {
  const printed = printRouterDescriptor(
    {
      nickname: 'made',
      ipv4: {address: Uint8Array.of(198, 18, 200, 1), port: 9001},
      platform: 'Tor 0.4.9.11 on Linux',
      protocols: PROTOCOLS,
      published,
      uptime: 86_400,
      bandwidth: {rate: 1_000_000, burst: 1_000_000, observed: 500_000},
      isHiddenServiceDir: true,
      isTunnelledDirServer: true,
      ...said
    },
    keys
  )
  const parsed = parseRouterDescriptor(printed.text)
  assert.ok(parsed.ok, JSON.stringify(parsed))
  return parsed.value
}
