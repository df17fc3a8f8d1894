// Prometheus' text format, as far as a MetricsPort writes it: numbers by name and labels.

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+\d+)?$/
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g

export class Samples {
  readonly #samples: readonly Sample[]

  constructor(text: string) {
    this.#samples = text.split('\n').flatMap(line => {
      const [, name, labels = '', value] = line.startsWith('#') ? [] : (LINE.exec(line) ?? [])
      if (name === undefined || value === undefined) return []
      const pairs = [...labels.matchAll(LABEL)].map(([, key = '', text = '']) => [
        key,
        text.replace(/\\(.)/g, '$1')
      ])
      return [{name, labels: Object.fromEntries(pairs) as Record<string, string>, value: Number(value)}]
    })
  }

  get size(): number {
    return this.#samples.length
  }

  all(name: string, labels: Readonly<Record<string, string>> = {}): readonly Sample[] {
    return this.#samples.filter(
      sample =>
        sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value)
    )
  }

  /** The sum of all that fit; undefined where none does. */
  sum(name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
    const found = this.all(name, labels)
    return found.length === 0 ? undefined : found.reduce((total, {value}) => total + value, 0)
  }
}
