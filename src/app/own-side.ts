// What a node does on circuits of its own, relay or not, in the hands of whoever shows or steers it.

import type {EntryGuards} from '../netdir/guards/entry-guards.ts'
import type {PathSelection} from '../netdir/path-selection.ts'
import type {AddressMap} from '../roles/client/address-map.ts'
import type {OnionClient} from '../roles/client/onion-client.ts'
import type {ClientAuth} from './client-auth.ts'
import type {ClientStreams} from './client-streams.ts'
import type {DescriptorEvents} from './descriptor-events.ts'
import type {OnionServices} from './onion-services.ts'

export interface OwnSide {
  readonly client: OnionClient
  readonly services: OnionServices
  readonly paths: PathSelection
  readonly guards: EntryGuards
  readonly streams: ClientStreams
  readonly addresses: AddressMap
  readonly clientAuth: ClientAuth
  readonly descriptorEvents: DescriptorEvents
}
