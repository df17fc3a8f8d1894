// Descriptors of onion services for a controller: what the client's cache has, what our services publish, and asking and
// telling HSDirs at a controller's wish. A controller that publishes for a service of its own (onionbalance) brings a whole
// descriptor; it is checked as an HSDir checks it before it goes out.

import {toLatin1} from '../../bytes/octets.ts'
import type {ControlFault, ControlledDescriptors} from '../../control/node.ts'
import {findRelayByFingerprint} from '../../control/relay-names.ts'
import {printOnionAddress} from '../../crypto/hs/onion-address.ts'
import {localFault} from '../../fault/fault.ts'
import {err, ok, type Result} from '../../fault/result.ts'
import {hsdirRings} from '../../netdir/hsdir-ring.ts'
import type {Relay} from '../../netdir/relay.ts'
import {parseOuterHsDescriptor} from '../../netdoc/hs-descriptor/outer.ts'
import {HsCircuits} from '../../roles/hs-circuits.ts'
import {DescriptorUpload} from '../../roles/service/descriptor-upload.ts'
import {newServiceCounters} from '../../roles/service/service-counters.ts'
import type {Controllable} from './controllable.ts'

/** Of consensus parameter HSV3MaxDescriptorSize. */
const DESCRIPTOR_MAX = 50_000
/** Uploads of controllers under way; the oldest is given up for a new one. */
export const CONTROLLER_UPLOADS_MAX = 64

export class DescriptorsOfNode implements ControlledDescriptors {
  readonly #node: Controllable
  readonly #isTesting: boolean
  readonly #uploads = new Set<DescriptorUpload>()

  constructor(node: Controllable, isTesting: boolean) {
    this.#node = node
    this.#isTesting = isTesting
  }

  get uploads(): number {
    return this.#uploads.size
  }

  cached(identity: Uint8Array): string | undefined {
    const document = this.#node.side.client.descriptors.document(identity)
    return document && toLatin1(document)
  }

  own(identity: Uint8Array): string | undefined {
    const service = this.#node.side.services.all.get(printOnionAddress(identity))
    const document = service?.descriptors.findLast(each => each.document !== undefined)?.document
    return document && toLatin1(document)
  }

  fetch(identity: Uint8Array, servers: readonly string[]): Result<undefined, ControlFault<'no-such-relay'>> {
    const relays = this.#relays(servers)
    if (!relays.ok) return relays
    void this.#node.side.client.descriptors.ask(identity, relays.value)
    return ok(undefined)
  }

  publish(
    descriptor: string,
    servers: readonly string[],
    identity: Uint8Array | undefined
  ): Result<undefined, ControlFault<'no-such-relay' | 'invalid'>> {
    const named = this.#relays(servers)
    if (!named.ok) return named
    const invalid = err(localFault('invalid', {message: 'Invalid descriptor'}))
    const netDir = this.#node.netDir()
    const body = Buffer.from(descriptor, 'utf8')
    const maxLength = netDir?.param('HSV3MaxDescriptorSize', DESCRIPTOR_MAX, 1, 0x7fffffff) ?? DESCRIPTOR_MAX
    const outer = parseOuterHsDescriptor(body, {now: new Date(), maxLength})
    if (!outer.ok || netDir === undefined) return invalid
    if (identity === undefined && named.value.length === 0) return ok(undefined)
    const {blindedKey} = outer.value
    const hsdirs = named.value.length > 0 ? named.value : this.#responsible(netDir, blindedKey)
    const address = identity === undefined ? 'UNKNOWN' : printOnionAddress(identity).replace('.onion', '')
    const watch = this.#node.side.descriptorEvents.service(address)
    let answered = 0
    watch.created(blindedKey)
    const upload: DescriptorUpload = new DescriptorUpload(body, hsdirs, {
      circuits: this.#circuits(),
      counters: newServiceCounters(),
      uploaded: () => {
        answered++
        if (answered < hsdirs.length) return
        // A controller hears what failed and tries again itself, maybe with something newer.
        upload.stop()
        this.#uploads.delete(upload)
      },
      watch: {
        begun: relay => watch.uploadBegun(blindedKey, relay),
        ended: (relay, status) => watch.uploadEnded(blindedKey, relay, status)
      }
    })
    this.#keep(upload)
    upload.start()
    return ok(undefined)
  }

  close(): void {
    for (const upload of this.#uploads) upload.stop()
    this.#uploads.clear()
  }

  /** HSDirs of either ring: which time period the descriptor is for, only its maker knows. */
  #responsible(netDir: NonNullable<ReturnType<Controllable['netDir']>>, blindedKey: Uint8Array): Relay[] {
    const {storeFirst, storeSecond} = hsdirRings(netDir, {isTesting: this.#isTesting})
    const found = [storeFirst, storeSecond].flatMap(ring => ring.responsible(blindedKey, 'store'))
    return [...new Set(found)]
  }

  #circuits(): HsCircuits {
    const {core, side} = this.#node
    return new HsCircuits({
      netDir: () => this.#node.netDir(),
      paths: side.paths,
      build: (...circuit) => core.build(...circuit),
      now: () => new Date()
    })
  }

  #keep(upload: DescriptorUpload): void {
    this.#uploads.add(upload)
    for (const oldest of this.#uploads) {
      if (this.#uploads.size <= CONTROLLER_UPLOADS_MAX) break
      oldest.stop()
      this.#uploads.delete(oldest)
    }
  }

  #relays(names: readonly string[]): Result<Relay[], ControlFault<'no-such-relay'>> {
    const relays: Relay[] = []
    for (const name of names) {
      const relay = findRelayByFingerprint(this.#node.netDir(), name)
      if (relay === undefined)
        return err(localFault('no-such-relay', {message: `Server "${name}" not found`}))
      relays.push(relay)
    }
    return ok(relays)
  }
}
