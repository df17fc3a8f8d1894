// A format's declaration as rows for people: offset, size, field, meaning. The wire documentation is made of these.

import type {AnyField, Part, Shape} from './field.ts'
import type {AnyFormat} from './format.ts'

export interface Row {
  /** Octets from the start; empty after a field whose size varies, and inside lists and unions. */
  readonly offset: string
  readonly size: string
  readonly field: string
  readonly meaning: string
}

export function table(format: AnyFormat): Row[] {
  return rowsOf(format, '', 0).map(row => ({...row, size: clipped(row.size, format.max)}))
}

/** No part can be larger than the whole. */
function clipped(size: string, limit: number): string {
  const [least, most] = size.split('…')
  if (least === undefined || most === undefined || limit === Infinity) return size
  return `${least}…${most === '' ? limit : Math.min(Number(most), limit)}`
}

/** The rows of a field that has parts; a leaf has none. `offset` is undefined where it varies. */
function rowsOf({shape}: AnyField, path: string, offset: number | undefined): Row[] {
  switch (shape.kind) {
    case 'struct':
      return structRows(shape.parts, path, offset)
    case 'list':
      return rowsOf(shape.item, `${path}[]`, undefined)
    case 'optional':
    case 'framed':
      return rowsOf(shape.field, path, undefined)
    case 'choice':
      return shape.variants.flatMap(form => formRows(form, path, 'or'))
    case 'tagged':
      return shape.variants.flatMap(form => formRows(form, path, `where the tag is ${form.tag}`))
    default:
      return []
  }
}

function structRows(parts: readonly Part[], path: string, start: number | undefined): Row[] {
  const rows: Row[] = []
  let offset = start
  for (const {name, field} of parts) {
    const inner = path === '' ? name : `${path}.${name}`
    const isSpan = field.shape.kind === 'span'
    rows.push(row(inner, field, isSpan ? undefined : offset), ...rowsOf(field, inner, offset))
    if (!isSpan) offset = offset !== undefined && field.min === field.max ? offset + field.min : undefined
  }
  return rows
}

function formRows({name, field}: Part, path: string, when: string): Row[] {
  const inner = path === '' ? name : `${path}.${name}`
  const head: Row = {offset: '', size: size(field), field: inner, meaning: when}
  return [head, ...rowsOf(field, inner, undefined)]
}

function row(path: string, field: AnyField, offset: number | undefined): Row {
  return {
    offset: offset === undefined ? '' : String(offset),
    size: field.shape.kind === 'span' ? '' : size(field),
    field: path,
    meaning: meaning(field.shape)
  }
}

function size({min, max}: AnyField): string {
  if (min === max) return String(min)
  return max === Infinity ? `${min}…` : `${min}…${max}`
}

/** A shape in words. */
export function meaning(shape: Shape): string {
  switch (shape.kind) {
    case 'uint':
      return `u${8 * shape.octets}`
    case 'enum':
      return `u${8 * shape.octets}${shape.closed ? ', one of' : ':'} ${nameList(shape.names)}`
    case 'constant':
      return `u${8 * shape.octets}, always ${shape.value}`
    case 'zeros':
      return 'zero'
    case 'ignored':
      return 'ignored'
    case 'bytes':
      return 'octets'
    case 'prefixed':
      return `u${8 * shape.prefix} length, octets`
    case 'rest':
      return shape.keep === 0 ? 'octets to the end' : `octets up to the last ${shape.keep}`
    case 'text':
      return shape.terminated ? 'text, NUL' : 'text to the end'
    case 'optional':
      return `${meaning(shape.field.shape)}; may be left out`
    case 'framed':
      return `u${8 * shape.prefix} length${shape.uncounted === 0 ? '' : ` less ${shape.uncounted}`}, then`
    case 'list':
      return `${shape.prefix === 0 ? 'until the end' : `u${8 * shape.prefix} count`}, each ${meaning(shape.item.shape)}`
    case 'span':
      return `raw octets from ${shape.from} to ${shape.to}`
    case 'struct':
      return 'these'
    case 'choice':
      return 'one of these'
    case 'tagged':
      return `u${8 * shape.tagOctets} tag, u${8 * shape.lengthOctets} length, one of these or unknown`
  }
}

function nameList(names: Readonly<Record<string, number>>): string {
  return Object.entries(names)
    .map(([name, value]) => `${value} ${name}`)
    .join(', ')
}
