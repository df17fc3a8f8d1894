// How the program ends, and how it says so: text on the standard output, faults on the standard error.

export const DONE = 0
export const FAILED = 1

export function print(text: string): typeof DONE {
  process.stdout.write(text)
  return DONE
}

export function fail(message: string): typeof FAILED {
  process.stderr.write(`${message}\n`)
  return FAILED
}
