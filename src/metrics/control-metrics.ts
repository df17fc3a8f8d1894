// What the control port of a process tells. Never which commands, or whose.

import {counter, gauge, type Metric} from './metric.ts'

const OUTCOME = 'outcome'

export const controlMetrics = {
  ramson_control_connections: gauge('Controllers that are connected'),
  ramson_control_connections_total: counter('Connections to the control port', {
    [OUTCOME]: ['accepted', 'refused']
  }),
  ramson_control_authentications_total: counter(
    'Attempts to authenticate, and strangers who made none in time',
    {
      [OUTCOME]: ['succeeded', 'failed', 'timeout']
    }
  ),
  ramson_control_commands_total: counter('Commands by how they were answered, and lines that were too long', {
    [OUTCOME]: ['done', 'refused', 'too_long']
  }),
  ramson_control_events_dropped_total: counter('Events left out because the controller did not read')
} as const satisfies Readonly<Record<`ramson_${string}`, Metric>>
