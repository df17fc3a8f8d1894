// What a call of the addon may answer instead of a result, as the BugErrors that the plain twins throw.

import {BugError} from '../../fault/fault.ts'
import {type Addon, AddonStatus} from '../binding.ts'

const BUG_CODES = {
  [AddonStatus.STALE_HANDLE]: 'relay-direction-closed',
  [AddonStatus.BAD_SIZE]: 'relay-body-size',
  [AddonStatus.NO_TAG]: 'relay-tag-before-cell',
  [AddonStatus.BAD_CHOICE]: 'cgo-command'
} as const

export function addonBug(status: AddonStatus): BugError {
  return new BugError(BUG_CODES[status])
}

/** The place of a kernel in the addon's list. */
export function kernelPlace(addon: Addon, kernel: string): number {
  const place = addon.kernels.indexOf(kernel)
  if (place === -1) throw new BugError('relay-kernel', kernel)
  return place
}
