// How much of all that a node sends may be padding of circuits (param-spec, circpad_*): the consensus says whether there is any,
// and from how many DROP messages on they may be no more than a share of all relay cells. By default there is no such share.

/** A consensus parameter, or undefined where the consensus does not set it. */
type Param = (name: string) => number | undefined

const ALLOWED_CELLS_MAX = 65_534

/**
 * Whether a padding machine may send another DROP.
 * @param drops that were sent since the start
 * @param relayCells that were sent since the start, the DROP messages among them
 */
export function mayPadCircuits(param: Param, drops: number, relayCells: number): boolean {
  const clamped = (name: string, most: number) => Math.min(most, Math.max(0, param(name) ?? 0))
  if (clamped('circpad_padding_disabled', 1) === 1) return false
  const percentMax = clamped('circpad_global_max_padding_pct', 100)
  if (percentMax === 0 || drops < clamped('circpad_global_allowed_cells', ALLOWED_CELLS_MAX)) return true
  return Math.floor((100 * drops) / Math.max(1, drops, relayCells)) <= percentMax
}
