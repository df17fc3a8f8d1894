// One item of a document: a keyword line and the object that may follow it (dir-spec 1.2).

import {fromBase64} from '../bytes/base64.ts'

export interface ItemObject {
  /** What stands between BEGIN and the dashes, such as `RSA PUBLIC KEY`. */
  readonly label: string
  readonly octets: Uint8Array
}

export interface ItemSpan {
  /** Offset of the keyword's first octet. */
  readonly start: number
  /** Offset behind the newline of the keyword line. */
  readonly lineEnd: number
  /** Offset behind the whole item. */
  readonly end: number
}

export class Item {
  readonly keyword: string
  /** The rest of the keyword line, without the white space at its start. */
  readonly line: string
  readonly object: ItemObject | undefined
  readonly span: ItemSpan
  #args: readonly string[] | undefined

  constructor(keyword: string, line: string, object: ItemObject | undefined, span: ItemSpan) {
    this.keyword = keyword
    this.line = line
    this.object = object
    this.span = span
  }

  /** Split at white space; made on first use, since most lines of a consensus are asked for once or never. */
  get args(): readonly string[] {
    if (this.#args === undefined) this.#args = this.line.split(/[ \t]+/).filter(arg => arg !== '')
    return this.#args
  }

  /** The argument at `index`, or an empty text, which no argument parser accepts. */
  arg(index: number): string {
    return this.args[index] ?? ''
  }

  get isAnnotation(): boolean {
    return this.keyword.startsWith('@')
  }

  /** The object's octets; empty where there is none. */
  get body(): Uint8Array {
    return this.object?.octets ?? EMPTY
  }
}

const EMPTY = new Uint8Array(0)

/** The octets of an object's base64 lines, or undefined when they are not base64. */
export function decodeObjectBody(text: string): Uint8Array | undefined {
  return fromBase64(text.replaceAll('\n', ''))
}
