// On which cores a program runs.

/** @param cores a list as taskset takes it, or '' for all */
export function placed(command: readonly string[], cores: string): string[] {
  return cores === '' ? [...command] : ['taskset', '-c', cores, ...command]
}
