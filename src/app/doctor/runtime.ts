// What ramson runs on: Node, the addon and its kernel, the processor.

import {existsSync} from 'node:fs'
import {arch} from 'node:os'
import {join} from 'node:path'
import type {LoadedAddon} from '../../crypto/binding.ts'
import {packageFolder} from '../version.ts'
import {bad, type Finding, good, warn} from './finding.ts'

/** When the project of Node stops mending each release line. Odd ones end half a year after they began. */
const END_OF_LIFE: Readonly<Record<number, string>> = {
  20: '2026-04-30',
  21: '2024-06-01',
  22: '2027-04-30',
  23: '2025-06-01',
  24: '2028-04-30',
  25: '2026-06-01',
  26: '2029-04-30'
}
const OLDEST = [20, 19] as const
const SOON_MS = 60 * 86_400_000

/** @param version such as `22.1.0` */
export function nodeFinding(version: string, now: Date): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const install = 'install Node 24 from your distribution or from https://nodejs.org/'
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    return bad('node', `Node ${version} is too old; ramson needs ${OLDEST.join('.')} or later.`, install)
  }
  const end = END_OF_LIFE[major]
  if (end === undefined) return good('node', `Node ${version}.`)
  const leftMs = Date.parse(end) - now.getTime()
  if (leftMs < 0) return warn('node', `Node ${version} has got no security fixes since ${end}.`, install)
  if (leftMs < SOON_MS) return warn('node', `Node ${version} gets security fixes until ${end}.`, install)
  return good('node', `Node ${version}, with security fixes until ${end}.`)
}

/** @param load throws where the environment asks for what cannot be had */
export function addonFinding(load: () => LoadedAddon, planeText: () => string): Finding {
  try {
    const {addon, reason} = load()
    if (addon !== undefined) return good('addon', `The native addon is in use: ${planeText()}.`)
    const isWanted = reason.startsWith('RAMSON_DATAPLANE')
    return warn(
      'addon',
      `The native addon is not in use (${reason}): cells go through the fallback, which is several times slower.`,
      isWanted ? 'unset RAMSON_DATAPLANE' : buildAdvice(packageFolder())
    )
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return bad('addon', message, 'unset RAMSON_DATAPLANE RAMSON_KERNEL RAMSON_ADDON')
  }
}

/** A checkout can build the addon; the package has it for the systems that most relays run on. */
function buildAdvice(folder: string): string {
  return existsSync(join(folder, 'CMakeLists.txt'))
    ? `sudo apt-get install g++ make cmake, then node scripts/build-native.mjs in ${folder}`
    : 'take Linux with glibc 2.34 or later on x64 or arm64, or build the addon in a checkout and name it in RAMSON_ADDON'
}

export function kernelFinding({addon}: LoadedAddon): Finding | undefined {
  if (addon === undefined) return undefined
  const [best = 'generic'] = addon.kernels
  if (addon.kernel !== best) {
    return warn(
      'kernel',
      `Cells are enciphered by ${addon.kernel}, though ${best} would run here.`,
      'unset RAMSON_KERNEL'
    )
  }
  if (best !== 'generic')
    return good('kernel', `Cells are enciphered by ${best}; here run ${addon.kernels.join(', ')}.`)
  const flag = arch() === 'arm64' ? 'the AES extension' : 'AES-NI'
  return warn(
    'kernel',
    `The processor offers no ${flag}: cells are enciphered by portable code, several times slower.`,
    'in a virtual machine, have the host pass its processor through (qemu: -cpu host)'
  )
}
