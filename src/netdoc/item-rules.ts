// What items a document must and may have, as data: one table per kind of document. Checking a list of items against a
// table gives a `CheckedItems`, whose lookups then need no second thought about what is there.

import {BugError} from '../fault/fault.ts'
import {ok, type Result} from '../fault/result.ts'
import {type ItemFault, itemFault} from './fault.ts'
import type {Item} from './item.ts'

/** More arguments than this in an item that has a rule on them is an attack or a mistake. */
export const MAX_ARGUMENTS = 512

export interface ItemRule {
  readonly count: 'once' | 'at-most-once' | 'at-least-once' | 'any'
  /** At least so many arguments; leaving it out leaves the line unsplit and unlimited. */
  readonly args?: number
  /** At most so many arguments. */
  readonly maxArgs?: number
  /** Labels the object may have. With none given there must be no object. */
  readonly object?: readonly string[]
  readonly objectOptional?: true
  /** Position among the items that are no annotations: second from the end is -2. */
  readonly position?: 0 | 1 | -1 | -2
}

export type ItemRules = Readonly<Record<string, ItemRule>>

type KeywordsWith<R extends ItemRules, C extends ItemRule['count']> = {
  [K in keyof R & string]: R[K]['count'] extends C ? K : never
}[keyof R & string]

export class CheckedItems<R extends ItemRules> {
  readonly #byKeyword: ReadonlyMap<string, readonly Item[]>

  constructor(byKeyword: ReadonlyMap<string, readonly Item[]>) {
    this.#byKeyword = byKeyword
  }

  /** The one item that the table demands. */
  one(keyword: KeywordsWith<R, 'once'>): Item {
    const item = this.#byKeyword.get(keyword)?.[0]
    if (item === undefined) throw new BugError('item-not-checked', keyword)
    return item
  }

  optional(keyword: KeywordsWith<R, 'at-most-once'>): Item | undefined {
    return this.#byKeyword.get(keyword)?.[0]
  }

  /** In the order of the document. */
  all(keyword: KeywordsWith<R, 'any' | 'at-least-once'>): readonly Item[] {
    return this.#byKeyword.get(keyword) ?? NONE
  }

  has(keyword: keyof R & string): boolean {
    return this.#byKeyword.has(keyword)
  }
}

const NONE: readonly Item[] = []

export type Annotations = 'annotations-refused' | 'annotations-first'

/** Items with keywords that the table lacks are allowed and ignored, as dir-spec 1.2 demands. */
export function checkItems<R extends ItemRules>(
  rules: R,
  items: readonly Item[],
  annotations: Annotations = 'annotations-refused'
): Result<CheckedItems<R>, ItemFault> {
  const byKeyword = new Map<string, Item[]>()
  let first = 0
  while (annotations === 'annotations-first' && items[first]?.isAnnotation === true) first++
  for (let i = 0; i < items.length; i++) {
    const item = items[i] as Item
    if (i >= first && item.isAnnotation) return itemFault('unexpected-annotation', 'annotation')
    if (!Object.hasOwn(rules, item.keyword)) continue
    const broken = checkShape(rules[item.keyword] as ItemRule, item)
    if (broken !== undefined) return itemFault(broken, item.keyword)
    const seen = byKeyword.get(item.keyword)
    if (seen === undefined) byKeyword.set(item.keyword, [item])
    else seen.push(item)
  }
  for (const keyword of Object.keys(rules)) {
    const broken = checkPlace(rules[keyword] as ItemRule, byKeyword.get(keyword) ?? NONE, items, first)
    if (broken !== undefined) return itemFault(broken, keyword)
  }
  return ok(new CheckedItems<R>(byKeyword))
}

function checkShape(rule: ItemRule, item: Item): ItemFault['code'] | undefined {
  if (rule.args !== undefined || rule.maxArgs !== undefined) {
    const count = item.args.length
    if (count < (rule.args ?? 0)) return 'too-few-arguments'
    if (count > (rule.maxArgs ?? MAX_ARGUMENTS)) return 'too-many-arguments'
  }
  if (item.object === undefined) {
    return rule.object === undefined || rule.objectOptional === true ? undefined : 'bad-object-kind'
  }
  return rule.object?.includes(item.object.label) === true ? undefined : 'bad-object-kind'
}

function checkPlace(
  rule: ItemRule,
  found: readonly Item[],
  items: readonly Item[],
  first: number
): ItemFault['code'] | undefined {
  if (found.length === 0) {
    return rule.count === 'once' || rule.count === 'at-least-once' ? 'missing-item' : undefined
  }
  if (found.length > 1 && (rule.count === 'once' || rule.count === 'at-most-once')) return 'repeated-item'
  if (rule.position === undefined) return undefined
  const expected = items[rule.position < 0 ? items.length + rule.position : first + rule.position]
  return expected === found[0] ? undefined : 'misplaced-item'
}
