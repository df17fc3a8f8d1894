// The control port's counts under the names of the metrics.

import type {ControlPorts} from '../../control/control-ports.ts'
import {newControlCounters} from '../../control/counters.ts'
import type {Readings} from '../../metrics/catalog.ts'

/** Zeros where there is no control port. */
export function controlReadings(ports: ControlPorts | undefined): Readings {
  const counters = ports?.counters ?? newControlCounters()
  return {
    ramson_control_connections: ports?.connections ?? 0,
    ramson_control_connections_total: {
      accepted: counters.connectionsAccepted,
      refused: counters.connectionsRefused
    },
    ramson_control_authentications_total: {
      succeeded: counters.authenticated,
      failed: counters.authenticationsFailed,
      timeout: counters.strangersTimedOut
    },
    ramson_control_commands_total: {
      done: counters.commandsDone,
      refused: counters.commandsRefused,
      too_long: counters.linesTooLong
    },
    ramson_control_events_dropped_total: counters.eventsDropped
  }
}
