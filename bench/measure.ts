// Runs measurements with tinybench and turns them into figures per cell or call. Each iteration does many units at once
// where one is too short to time; CPU time is that of the whole process, so background threads count too.

import {Bench} from 'tinybench'

export interface Measurement {
  /** Which table it belongs to. */
  readonly group: string
  readonly name: string
  /** What one unit is: `cell`, `call`, `handshake`. */
  readonly unit: string
  /** Units that one call of `run` does. */
  readonly units: number
  /** Octets of one unit, where MB/s says something. */
  readonly octets?: number
  readonly run: () => void
}

export interface Figure {
  readonly group: string
  readonly name: string
  readonly unit: string
  /** Median nanoseconds per unit. */
  readonly ns: number
  /** Median absolute deviation, as a part of the median. */
  readonly deviation: number
  /** CPU nanoseconds per unit, user and system, mean over all units. */
  readonly cpuNs: number
  readonly perSecond: number
  /** 1 MB is 10^6 octets. */
  readonly megabytesPerSecond?: number
}

/** Runs each measurement for `timeMs`, after a warm-up, one after the other. */
export async function measure(measurements: readonly Measurement[], timeMs: number): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const {group, name, unit, units, octets, run} of measurements) {
    let cpu = process.cpuUsage()
    let calls = 0
    const bench = new Bench({
      time: timeMs,
      iterations: 16,
      warmupTime: timeMs / 5,
      setup: () => {
        calls = 0
        cpu = process.cpuUsage()
      },
      teardown: () => {
        cpu = process.cpuUsage(cpu)
      }
    })
    bench.add(name, () => {
      calls++
      run()
    })
    const [task] = await bench.run()
    const result = task?.result
    if (result === undefined || !('latency' in result)) throw new Error(`${name} gave no result`)
    const ns = (result.latency.p50 * 1e6) / units
    figures.push({
      group,
      name,
      unit,
      ns,
      deviation: result.latency.mad / result.latency.p50,
      cpuNs: ((cpu.user + cpu.system) * 1e3) / (calls * units),
      perSecond: 1e9 / ns,
      ...(octets === undefined ? {} : {megabytesPerSecond: (octets * 1e3) / ns})
    })
  }
  return figures
}
