// What the machine gives: descriptors, memory, clock, local ports, room on the disk.

import {spawnSync} from 'node:child_process'
import {existsSync, readFileSync, statfsSync} from 'node:fs'
import {freemem, totalmem} from 'node:os'
import {dirname} from 'node:path'
import type {RelayConfig} from '../../config/relay-config.ts'
import {usageText} from '../monitor/heartbeat.ts'
import {bad, type Finding, good, warn} from './finding.ts'

const DESCRIPTORS_WANTED = 16_384
const DESCRIPTORS_NEEDED = 1024
const LOCAL_PORTS_WANTED = 28_000
/** What Node, the code and the documents of a network take beside the queues. */
const BESIDE_QUEUES = 400 << 20
const DISK_WANTED = 500 << 20
const SKEW_MAX_MS = 30 * 60_000

/** The text of a file of /proc or /sys; undefined where there is none. */
function systemText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

export function descriptorFinding(): Finding | undefined {
  const soft = Number(/^Max open files\s+(\d+)/m.exec(systemText('/proc/self/limits') ?? '')?.[1])
  if (!Number.isFinite(soft)) return undefined
  const fix = `ulimit -n 65536, or LimitNOFILE=65536 in the unit`
  const text = `A process here may open ${soft} files and sockets`
  if (soft < DESCRIPTORS_NEEDED) return bad('descriptors', `${text}; a relay needs one per link.`, fix)
  if (soft < DESCRIPTORS_WANTED)
    return warn('descriptors', `${text}; a relay of the public network has more links.`, fix)
  return good('descriptors', `${text}.`)
}

export function memoryFindings({maxMemInQueues}: RelayConfig): Finding[] {
  const limit = cgroupLimit()
  const total = Math.min(totalmem(), limit ?? Number.POSITIVE_INFINITY)
  const wanted = maxMemInQueues + BESIDE_QUEUES
  const bound = limit !== undefined && limit < totalmem() ? 'The control group allows' : 'The machine has'
  const text = `${bound} ${usageText(total)} of memory; queues may take ${usageText(maxMemInQueues)} of it`
  const least = Math.max(64, Math.floor((total * 0.4) / (1 << 20)))
  const fix = `MaxMemInQueues ${least} MB`
  if (total < BESIDE_QUEUES)
    return [bad('memory', `${text}, and ramson by itself needs more than there is.`, 'more memory')]
  if (wanted > total) return [bad('memory', `${text}: too much beside ramson itself.`, fix)]
  if (limit === undefined && freemem() < BESIDE_QUEUES && availableMemory() < BESIDE_QUEUES) {
    return [
      warn('memory', `${text}, but only ${usageText(availableMemory())} are free now.`, 'free some memory')
    ]
  }
  return [good('memory', `${text}.`)]
}

function availableMemory(): number {
  const kilobytes = Number(/^MemAvailable:\s+(\d+)/m.exec(systemText('/proc/meminfo') ?? '')?.[1])
  return Number.isFinite(kilobytes) ? kilobytes * 1024 : freemem()
}

function cgroupLimit(): number | undefined {
  const text =
    systemText('/sys/fs/cgroup/memory.max') ?? systemText('/sys/fs/cgroup/memory/memory.limit_in_bytes')
  const limit = Number(text?.trim())
  return Number.isSafeInteger(limit) && limit > 0 ? limit : undefined
}

/**
 * A relay whose clock is off is not listed. The system is asked whether it keeps time; where it does not say, a consensus that
 * was fetched lately tells.
 * @param validAfter of the newest consensus in the cache
 */
export function clockFinding(now: Date, validAfter: Date | undefined): Finding {
  const fix = 'sudo timedatectl set-ntp true'
  if (validAfter !== undefined && validAfter.getTime() - now.getTime() > SKEW_MAX_MS) {
    return bad('clock', `The clock is behind a consensus of ${validAfter.toISOString().slice(0, 16)}Z.`, fix)
  }
  const {status, stdout} = spawnSync('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], {
    encoding: 'utf8'
  })
  const answer = status === 0 ? stdout.trim() : undefined
  if (answer === 'yes') return good('clock', 'The clock is kept by NTP.')
  if (answer === 'no')
    return warn('clock', 'Nothing keeps the clock: it will drift, and authorities drop a relay for it.', fix)
  return good('clock', 'Nothing speaks against the clock; whether NTP keeps it cannot be told here.')
}

export function localPortsFinding(): Finding | undefined {
  const [first, last] = (systemText('/proc/sys/net/ipv4/ip_local_port_range') ?? '')
    .trim()
    .split(/\s+/)
    .map(Number)
  if (first === undefined || last === undefined) return undefined
  const text = `Outgoing links share the local ports ${first} to ${last}`
  return last - first + 1 >= LOCAL_PORTS_WANTED
    ? good('local-ports', `${text}.`)
    : warn(
        'local-ports',
        `${text}: few for a busy relay.`,
        "sudo sysctl -w net.ipv4.ip_local_port_range='15000 64000'"
      )
}

export function diskFinding({dataDirectory}: RelayConfig): Finding | undefined {
  let path = dataDirectory
  while (!existsSync(path) && dirname(path) !== path) path = dirname(path)
  try {
    const {bavail, bsize} = statfsSync(path)
    const free = bavail * bsize
    return free >= DISK_WANTED
      ? good('disk', `${usageText(free)} are free where ${dataDirectory} is.`)
      : warn(
          'disk',
          `Only ${usageText(free)} are free where ${dataDirectory} is.`,
          'free some room, or move DataDirectory'
        )
  } catch {
    return undefined
  }
}
