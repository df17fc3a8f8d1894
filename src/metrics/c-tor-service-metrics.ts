// What hosted onion services tell under the names of C tor. The label `onion` is there because C tor's dashboards group by it,
// but its value is the name of the service's folder: an onion address must not reach whoever can read the metrics.

import {counter, gauge, histogram, type Metric, perService} from './metric.ts'

const BUILD_TIME_BOUNDS_MS = [1000, 5000, 10_000, 30_000, 60_000]

export const cTorServiceMetrics = {
  tor_hs_intro_num_total: perService(counter('Introductions received'), ['onion']),
  tor_hs_app_write_bytes_total: perService(counter('Bytes written to the application'), ['onion', 'port']),
  tor_hs_app_read_bytes_total: perService(counter('Bytes read from the application'), ['onion', 'port']),
  tor_hs_rdv_established_count: perService(gauge('Rendezvous circuits that are joined'), ['onion']),
  tor_hs_rdv_num_total: perService(counter('Rendezvous circuits that were begun'), ['onion']),
  tor_hs_rdv_error_count: perService(counter('Introduced clients that could not be met, by why'), [
    'onion',
    'reason'
  ]),
  tor_hs_intro_established_count: perService(gauge('Introduction circuits that are established'), ['onion']),
  tor_hs_intro_rejected_intro_req_count: perService(counter('Introductions that were rejected, by why'), [
    'onion',
    'reason'
  ]),
  tor_hs_intro_circ_build_time: perService(
    histogram('Time that introduction circuits took to build, in milliseconds', BUILD_TIME_BOUNDS_MS),
    ['onion']
  ),
  tor_hs_rend_circ_build_time: perService(
    histogram('Time that rendezvous circuits took to build, in milliseconds', BUILD_TIME_BOUNDS_MS),
    ['onion']
  )
} as const satisfies Readonly<Record<`tor_hs_${string}`, Metric>>
