// Events: told to every controller that asked for their kind (SETEVENTS). Whoever has something to tell asks first whether
// anybody listens, and makes the text only then.

import {event, type Reply, type ReplyLine, reply, Status} from './reply.ts'

/** Those that C tor knows; some of them never happen here. */
export const EVENT_NAMES = [
  'CIRC',
  'CIRC_MINOR',
  'STREAM',
  'ORCONN',
  'BW',
  'DEBUG',
  'INFO',
  'NOTICE',
  'WARN',
  'ERR',
  'NEWDESC',
  'ADDRMAP',
  'DESCCHANGED',
  'NS',
  'STATUS_GENERAL',
  'STATUS_CLIENT',
  'STATUS_SERVER',
  'GUARD',
  'STREAM_BW',
  'CLIENTS_SEEN',
  'NEWCONSENSUS',
  'BUILDTIMEOUT_SET',
  'SIGNAL',
  'CONF_CHANGED',
  'CONN_BW',
  'CELL_STATS',
  'CIRC_BW',
  'TRANSPORT_LAUNCHED',
  'HS_DESC',
  'HS_DESC_CONTENT',
  'NETWORK_LIVENESS'
] as const
export type EventName = (typeof EVENT_NAMES)[number]

export function isEventName(name: string): name is EventName {
  return (EVENT_NAMES as readonly string[]).includes(name)
}

/** A controller that listens. */
export interface EventListener {
  readonly events: ReadonlySet<EventName>
  told(event: Reply): void
}

export class ControlEvents {
  readonly #listeners = new Set<EventListener>()
  readonly #changed: () => void

  /** @param changed hears when somebody begins or ceases to listen to anything */
  constructor(changed: () => void = () => {}) {
    this.#changed = changed
  }

  add(listener: EventListener): void {
    this.#listeners.add(listener)
  }

  delete(listener: EventListener): void {
    this.#listeners.delete(listener)
    this.#changed()
  }

  /** To be called when what a listener listens to is something else. */
  subscriptionsChanged(): void {
    this.#changed()
  }

  wants(name: EventName): boolean {
    for (const {events} of this.#listeners) if (events.has(name)) return true
    return false
  }

  tell(name: EventName, text: () => string): void {
    if (this.wants(name)) this.#tell(name, event(name, text()))
  }

  /** An event of several lines. */
  tellLines(name: EventName, lines: () => readonly ReplyLine[]): void {
    if (this.wants(name)) this.#tell(name, reply(Status.EVENT, ...lines()))
  }

  #tell(name: EventName, told: Reply): void {
    for (const listener of [...this.#listeners]) if (listener.events.has(name)) listener.told(told)
  }
}
