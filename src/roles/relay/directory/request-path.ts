// The path of a request as routes know it.

const PROXIED = /^https?:\/\/[^/]*/

export interface RequestPath {
  /** Begins with `/tor/`. */
  readonly path: string
  /** It ended in `.z`, which is left off: the answer may be compressed with deflate. */
  readonly endsInZ: boolean
}

/** Host names, as proxies put them in, are passed over; what does not begin with `/tor/` is looked for below it. */
export function readPath(url: string): RequestPath {
  const local = url.replace(PROXIED, '')
  const below = local.startsWith('/') ? local : `/${local}`
  const whole = below.startsWith('/tor/') ? below : `/tor${below}`
  const endsInZ = whole.endsWith('.z')
  return {path: endsInZ ? whole.slice(0, -2) : whole, endsInZ}
}
