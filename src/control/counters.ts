// What the control port counts, plain numbers for the metrics to read.

export interface ControlCounters {
  connectionsAccepted: number
  /** There were too many. */
  connectionsRefused: number
  authenticated: number
  authenticationsFailed: number
  /** Cut off because nothing came of them in time. */
  strangersTimedOut: number
  commandsDone: number
  commandsRefused: number
  linesTooLong: number
  /** Not told because the controller did not read. */
  eventsDropped: number
}

export function newControlCounters(): ControlCounters {
  return {
    connectionsAccepted: 0,
    connectionsRefused: 0,
    authenticated: 0,
    authenticationsFailed: 0,
    strangersTimedOut: 0,
    commandsDone: 0,
    commandsRefused: 0,
    linesTooLong: 0,
    eventsDropped: 0
  }
}
