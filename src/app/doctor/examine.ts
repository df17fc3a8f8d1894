// All that the doctor looks at, in the order in which things go wrong: what it runs on, the machine, the settings, the ports,
// the keys. It changes nothing.

import {statSync} from 'node:fs'
import {availableParallelism} from 'node:os'
import {join} from 'node:path'
import type {RelayConfig} from '../../config/relay-config.ts'
import {loadAddon} from '../../crypto/binding.ts'
import {ed25519Ready} from '../../crypto/ed25519.ts'
import {readWhole} from '../../datadir/file.ts'
import {lockDirectory} from '../../datadir/lock.ts'
import {choosePlane, planeText} from '../data-plane.ts'
import {contactFinding} from './contact.ts'
import {type Finding, good, warn} from './finding.ts'
import {familyFinding, identityFindings, modeFindings} from './keys.ts'
import {clockFinding, descriptorFinding, diskFinding, localPortsFinding, memoryFindings} from './machine.ts'
import {exposureFindings, portFindings} from './ports.ts'
import {addonFinding, kernelFinding, nodeFinding} from './runtime.ts'

const CONSENSUS_MAX = 16 << 20

export async function examine(config: RelayConfig, now: Date): Promise<Finding[]> {
  await ed25519Ready
  return [...examineMachine(now, config.numCpus, config.user), ...(await nodeFindings(config, now))]
}

/** What a node runs on, whatever its settings but these. `user`: whom it becomes. */
export function examineMachine(now: Date, shards = availableParallelism(), user = 'root'): Finding[] {
  const addon = addonFinding(loadAddon, () => planeText(choosePlane(shards)))
  return [
    nodeFinding(process.versions.node, now),
    addon,
    addon.verdict === 'bad' ? undefined : kernelFinding(loadAddon()),
    userFinding(user),
    descriptorFinding(),
    localPortsFinding()
  ].filter(finding => finding !== undefined)
}

async function nodeFindings(config: RelayConfig, now: Date): Promise<Finding[]> {
  const isRelay = config.orPorts.length > 0
  return [
    ...memoryFindings(config),
    diskFinding(config),
    clockFinding(now, cachedValidAfter(config)),
    ...settingsFindings(config),
    ...(await portFindings(config, isTaken(config))),
    ...exposureFindings(config),
    ...modeFindings(config),
    ...(isRelay ? identityFindings(config, now) : []),
    isRelay ? contactFinding(config.contactInfo, config.publishToPublicNetwork) : undefined,
    isRelay ? familyFinding(config) : undefined
  ].filter(finding => finding !== undefined)
}

function userFinding(user: string): Finding | undefined {
  return process.getuid?.() === 0 && user === 'root'
    ? warn(
        'user',
        'This runs as root, which a relay does not need to be.',
        'run it as a user of its own, as the unit does, or set User'
      )
    : undefined
}

function settingsFindings({notices}: RelayConfig): Finding[] {
  if (notices.length === 0) return [good('settings', 'The settings are good.')]
  return notices.map(notice =>
    warn('settings', notice, 'ramson --verify-config, and mend or remove the line')
  )
}

/** Whether another process works on the DataDirectory. */
function isTaken({dataDirectory}: RelayConfig): boolean {
  try {
    statSync(join(dataDirectory, 'lock'))
  } catch {
    return false
  }
  const lock = lockDirectory(dataDirectory)
  if (lock.ok) lock.value.release()
  return !lock.ok && lock.fault.code === 'locked'
}

function cachedValidAfter({cacheDirectory}: RelayConfig): Date | undefined {
  const consensus = readWhole(join(cacheDirectory, 'cached-microdesc-consensus'), CONSENSUS_MAX)
  if (!consensus.ok || consensus.value === undefined) return undefined
  const head = Buffer.from(consensus.value.subarray(0, 1000)).toString('latin1')
  const [, day, time] = /^valid-after (\S+) (\S+)$/m.exec(head) ?? []
  return day === undefined ? undefined : new Date(`${day}T${time}Z`)
}
