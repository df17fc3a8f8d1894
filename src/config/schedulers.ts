// Schedulers: the names of C tor's schedulers, in whatever case.

const SCHEDULERS = ['KIST', 'KISTLite', 'Vanilla'] as const
export type Scheduler = (typeof SCHEDULERS)[number]

/** Those that have such a name, in the order given. */
export function schedulersOf(names: readonly string[]): Scheduler[] {
  return names.flatMap(name => SCHEDULERS.filter(each => each.toLowerCase() === name.toLowerCase()))
}
