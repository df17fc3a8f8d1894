// What becomes of descriptors of onion services, ours and those that we ask for: handed on to whoever listens, which only
// the control port does.

import type {Relay} from '../netdir/relay.ts'
import type {
  DescriptorFailure,
  DescriptorRequest,
  DescriptorWatch
} from '../roles/client/descriptor-source.ts'
import type {ServiceDescriptorWatch} from '../roles/service/period-descriptor.ts'

export interface DescriptorListener {
  requested(request: DescriptorRequest): void
  received(request: DescriptorRequest, document: Uint8Array): void
  failed(request: DescriptorRequest, why: DescriptorFailure): void
  /** @param address without `.onion` */
  created(address: string, blindedKey: Uint8Array): void
  uploadBegun(address: string, blindedKey: Uint8Array, relay: Relay): void
  uploadEnded(address: string, blindedKey: Uint8Array, relay: Relay, status: number | undefined): void
}

export class DescriptorEvents {
  #listener: DescriptorListener | undefined

  set listener(listener: DescriptorListener | undefined) {
    this.#listener = listener
  }

  readonly client: DescriptorWatch = {
    requested: request => this.#listener?.requested(request),
    received: (request, document) => this.#listener?.received(request, document),
    failed: (request, why) => this.#listener?.failed(request, why)
  }

  /** @param address with `.onion` */
  service(address: string): ServiceDescriptorWatch {
    const name = address.replace(/\.onion$/, '')
    return {
      created: blindedKey => this.#listener?.created(name, blindedKey),
      uploadBegun: (blindedKey, relay) => this.#listener?.uploadBegun(name, blindedKey, relay),
      uploadEnded: (blindedKey, relay, status) => this.#listener?.uploadEnded(name, blindedKey, relay, status)
    }
  }
}
