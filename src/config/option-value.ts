// One value of one option, by the option's type. Numbers with units follow C tor's tables: bytes in powers of 1024, bits
// an eighth of that, months of 30.437 days. Times come out in milliseconds, whatever unit C tor keeps them in.

export type OptionType =
  | 'string'
  | 'filename'
  | 'csv'
  | 'csv-interval'
  | 'int'
  | 'count'
  | 'double'
  | 'bytes'
  | 'interval'
  | 'msec-interval'
  | 'boolean'
  | 'autobool'
  | 'lines'
  | 'ports'
  | 'relay-set'

/** What a value of each type is once read. Types that hold several lines are lists of what each line says. */
export interface OptionValues {
  string: string
  filename: string
  csv: readonly string[]
  /** milliseconds each */
  'csv-interval': readonly number[]
  int: number
  count: number
  double: number
  bytes: number
  /** milliseconds, from a number of seconds where no unit stands */
  interval: number
  /** milliseconds, from a number of milliseconds where no unit stands */
  'msec-interval': number
  boolean: boolean
  autobool: boolean | 'auto'
  'relay-set': string
}

export type SingleType = keyof OptionValues

const BYTE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  ...unitNames(['b', 'byte', 'bytes'], 1),
  ...unitNames(['kb', 'kbyte', 'kbytes', 'kilobyte', 'kilobytes'], 2 ** 10),
  ...unitNames(['kbit', 'kbits', 'kilobit', 'kilobits'], 2 ** 7),
  ...unitNames(['m', 'mb', 'mbyte', 'mbytes', 'megabyte', 'megabytes'], 2 ** 20),
  ...unitNames(['mbit', 'mbits', 'megabit', 'megabits'], 2 ** 17),
  ...unitNames(['gb', 'gbyte', 'gbytes', 'gigabyte', 'gigabytes'], 2 ** 30),
  ...unitNames(['gbit', 'gbits', 'gigabit', 'gigabits'], 2 ** 27),
  ...unitNames(['tb', 'tbyte', 'tbytes', 'terabyte', 'terabytes'], 2 ** 40),
  ...unitNames(['tbit', 'tbits', 'terabit', 'terabits'], 2 ** 37)
}

const LONG_TIME_UNITS: Readonly<Record<string, number>> = {
  ...unitNames(['second', 'seconds'], 1000),
  ...unitNames(['minute', 'minutes'], 60_000),
  ...unitNames(['hour', 'hours'], 3_600_000),
  ...unitNames(['day', 'days'], 86_400_000),
  ...unitNames(['week', 'weeks'], 604_800_000)
}

const INTERVAL_UNITS = {'': 1000, ...LONG_TIME_UNITS, ...unitNames(['month', 'months'], 2_629_728_000)}
const MSEC_UNITS = {'': 1, ...unitNames(['msec', 'millisecond', 'milliseconds'], 1), ...LONG_TIME_UNITS}

const MAX_INT = 2 ** 31 - 1

function unitNames(names: readonly string[], multiplier: number): Record<string, number> {
  return Object.fromEntries(names.map(name => [name, multiplier]))
}

/** The words that a fault uses for what a type wants. */
export const TYPE_WORDS: Readonly<Record<SingleType, string>> = {
  string: 'a text',
  filename: 'a path',
  csv: 'words separated by commas',
  'csv-interval': 'times separated by commas',
  int: 'a whole number',
  count: 'a whole number, zero or more',
  double: 'a number',
  bytes: 'an amount such as 512 KBytes, 20 MBits or 1 GB',
  interval: 'a time such as 90 seconds, 6 hours or 30 days',
  'msec-interval': 'a time such as 500 msec or 1 second',
  boolean: '0 or 1',
  autobool: '0, 1 or auto',
  'relay-set': 'a list of relays'
}

/** Undefined when the text is no value of that type. */
export function parseOptionValue<T extends SingleType>(type: T, text: string): OptionValues[T] | undefined {
  return READERS[type](text)
}

/** A value as C tor prints it: octets, seconds and milliseconds as plain numbers. A text that is no value stays as it is. */
export function canonicalText(type: SingleType, text: string): string {
  const value = parseOptionValue(type, text)
  if (value === undefined) return text
  if (type === 'interval' && typeof value === 'number') return `${value / 1000}`
  if (type === 'csv-interval' && Array.isArray(value))
    return value
      .map(Number)
      .map(ms => ms / 1000)
      .join(',')
  if (type === 'csv' && Array.isArray(value)) return value.join(',')
  if (typeof value === 'boolean') return value ? '1' : '0'
  return typeof value === 'number' ? `${value}` : text
}

const READERS: {readonly [T in SingleType]: (text: string) => OptionValues[T] | undefined} = {
  string: text => text,
  filename: text => text,
  csv: commaWords,
  'csv-interval': text => {
    const times = commaWords(text).map(word => withUnit(word, INTERVAL_UNITS, MAX_INT * 1000))
    return times.every(time => time !== undefined) ? times : undefined
  },
  int: text => wholeNumber(text, -(2 ** 31)),
  count: text => wholeNumber(text, 0),
  double: text => (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : undefined),
  bytes: text => withUnit(text, BYTE_UNITS, Number.MAX_SAFE_INTEGER),
  interval: text => wholeSeconds(withUnit(text, INTERVAL_UNITS, MAX_INT * 1000)),
  'msec-interval': text => withUnit(text, MSEC_UNITS, MAX_INT),
  boolean: flag,
  autobool: text => (text.toLowerCase() === 'auto' ? 'auto' : flag(text)),
  'relay-set': text => text
}

function commaWords(text: string): string[] {
  return text
    .split(',')
    .map(word => word.trim())
    .filter(word => word !== '')
}

function wholeNumber(text: string, least: number): number | undefined {
  if (!/^[+-]?\d+$/.test(text)) return undefined
  const value = Number(text)
  return value >= least && value <= MAX_INT ? value : undefined
}

function flag(text: string): boolean | undefined {
  return text === '1' ? true : text === '0' ? false : undefined
}

/** `number`, blanks or none, `unit` or none, in any case. Fractions are cut, as 1.5 KB is 1536 octets. */
function withUnit(text: string, units: Readonly<Record<string, number>>, most: number): number | undefined {
  const match = /^(\d+(?:\.\d*)?|\.\d+)\s*([A-Za-z]*)$/.exec(text)
  if (match === null) return undefined
  const name = (match[2] ?? '').toLowerCase()
  const multiplier = Object.hasOwn(units, name) ? units[name] : undefined
  if (multiplier === undefined) return undefined
  const value = Math.floor(Number(match[1]) * multiplier)
  return value <= most ? value : undefined
}

/** C tor keeps an interval in whole seconds: half a second is none. */
function wholeSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.floor(ms / 1000) * 1000
}
