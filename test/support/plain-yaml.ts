// The part of YAML that our own files are written in, and nothing more: block maps and lists by indentation, scalars plain or in
// quotes, literal blocks (`|`), comments, several documents. Anything else is an error, so that a file stays readable by all.

export type Yaml = string | number | boolean | readonly Yaml[] | {readonly [key: string]: Yaml}

interface Line {
  readonly number: number
  readonly indent: number
  readonly text: string
}

const KEY = /^([\w.$[\]/-]+):(?: +(.*))?$/

/** Each document of a file. Throws with the number of the line that it cannot read. */
export function parseYaml(text: string): Yaml[] {
  const documents: string[][] = [[]]
  for (const line of text.split('\n')) {
    if (line === '---') documents.push([])
    else documents.at(-1)?.push(line)
  }
  return documents.map(lines => new Reader(lines).document())
}

class Reader {
  readonly #raw: readonly string[]
  #at = 0

  constructor(raw: readonly string[]) {
    this.#raw = raw
  }

  document(): Yaml {
    const value = this.#block(0)
    const rest = this.#peek()
    if (rest !== undefined) throw new Error(`line ${rest.number}: wrong indentation`)
    return value
  }

  #peek(): Line | undefined {
    for (; this.#at < this.#raw.length; this.#at++) {
      const raw = this.#raw[this.#at] ?? ''
      const text = raw.trimStart()
      if (text === '' || text.startsWith('#')) continue
      if (raw.includes('\t')) throw new Error(`line ${this.#at + 1}: a tab`)
      return {number: this.#at + 1, indent: raw.length - text.length, text: text.trimEnd()}
    }
    return undefined
  }

  #block(indent: number): Yaml {
    const first = this.#peek()
    if (first === undefined || first.indent !== indent) {
      throw new Error(`line ${first?.number ?? this.#raw.length}: nothing stands there`)
    }
    return first.text.startsWith('- ') ? this.#list(indent) : this.#map(indent)
  }

  #list(indent: number): Yaml[] {
    const items: Yaml[] = []
    for (
      let line = this.#peek();
      line?.indent === indent && line.text.startsWith('- ');
      line = this.#peek()
    ) {
      const inner = line.text.slice(2)
      if (KEY.test(inner)) {
        // A map that begins behind the dash: its keys stand two columns further in.
        const raw = this.#raw as string[]
        raw[this.#at] = `${' '.repeat(indent + 2)}${inner}`
        items.push(this.#map(indent + 2))
      } else {
        this.#at++
        items.push(scalar(inner, line))
      }
    }
    return items
  }

  #map(indent: number): {readonly [key: string]: Yaml} {
    const map: Record<string, Yaml> = {}
    for (
      let line = this.#peek();
      line?.indent === indent && !line.text.startsWith('- ');
      line = this.#peek()
    ) {
      const [, key, rest = ''] = KEY.exec(line.text) ?? []
      if (key === undefined) throw new Error(`line ${line.number}: no key`)
      if (key in map) throw new Error(`line ${line.number}: ${key} for the second time`)
      this.#at++
      if (rest === '|') map[key] = this.#literal(indent)
      else if (rest !== '') map[key] = scalar(rest, line)
      else map[key] = this.#block(this.#peek()?.indent ?? indent)
    }
    return map
  }

  #literal(indent: number): string {
    const inner = this.#raw[this.#at]?.search(/\S/) ?? 0
    if (inner <= indent) throw new Error(`line ${this.#at + 1}: an empty literal`)
    const lines: string[] = []
    for (; this.#at < this.#raw.length; this.#at++) {
      const raw = this.#raw[this.#at] ?? ''
      if (raw.trim() !== '' && raw.search(/\S/) < inner) break
      lines.push(raw.slice(inner))
    }
    return `${lines.join('\n').trimEnd()}\n`
  }
}

function scalar(text: string, {number}: Line): Yaml {
  const quoted = /^'([^']*)'$|^"([^"\\]*)"$/.exec(text)
  if (quoted !== null) return quoted[1] ?? quoted[2] ?? ''
  if (/^[&*!|>%@`'"[{]/.test(text) || / #|: /.test(text)) throw new Error(`line ${number}: ${text}`)
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8)
  return /^\d+$/.test(text) ? Number(text) : text
}
