// What the operating system and Node say of this process.

import {readdirSync, readFileSync} from 'node:fs'
import {performance} from 'node:perf_hooks'
import type {Readings} from '../../metrics/catalog.ts'
import type {EventLoop} from '../../metrics/event-loop.ts'

export interface ProcessSources {
  readonly eventLoop: EventLoop
  readonly build: Readonly<
    Record<'version' | 'node' | 'implementation' | 'kernel' | 'plane' | 'record_layer', string>
  >
  readonly isReady: () => boolean
}

export interface Descriptors {
  readonly open: number
  /** 0 where the system does not tell. */
  readonly most: number
}

export function processReadings({eventLoop, build, isReady}: ProcessSources): Readings {
  const {user, system} = process.cpuUsage()
  const {rss, heapUsed} = process.memoryUsage()
  const {open, most} = descriptors()
  return {
    ramson_build_info: [{labels: build, value: 1}],
    ramson_ready: isReady() ? 1 : 0,
    ramson_event_loop_lag_seconds: eventLoop.lag,
    ramson_event_loop_utilization_ratio: eventLoop.utilization(),
    ramson_heap_used_bytes: heapUsed,
    process_cpu_seconds_total: (user + system) / 1e6,
    process_resident_memory_bytes: rss,
    process_start_time_seconds: Math.round(performance.timeOrigin) / 1000,
    process_open_fds: open,
    process_max_fds: most
  }
}

/** So few are left that the next link may find none. */
const FEW = 4

export function areDescriptorsExhausted(): boolean {
  const {open, most} = descriptors()
  return most > 0 && open >= most - FEW
}

/** File descriptors of this process; zeros where there is no /proc. */
export function descriptors(): Descriptors {
  try {
    const open = readdirSync('/proc/self/fd').length
    const most = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return {open, most: Number(most ?? 0)}
  } catch {
    return {open: 0, most: 0}
  }
}
