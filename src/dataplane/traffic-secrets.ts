// The two secrets that a TLS 1.3 connection is protected with after its handshake (RFC 8446, section 7.1), as node:tls
// tells them line by line. They are kept as octets only, so that they can be wiped.

const LABELS = {client: 'CLIENT_TRAFFIC_SECRET_0 ', server: 'SERVER_TRAFFIC_SECRET_0 '} as const
const [SPACE, NEWLINE] = [0x20, 0x0a]

export class TrafficSecrets {
  readonly #secrets: {client?: Uint8Array; server?: Uint8Array} = {}

  /** What protects what the client sends. */
  get client(): Uint8Array | undefined {
    return this.#secrets.client
  }

  /** What protects what the server sends. */
  get server(): Uint8Array | undefined {
    return this.#secrets.server
  }

  /** A line of 'keylog': label, client random, secret in base 16. The line is wiped. */
  note(line: Buffer): void {
    for (const end of ['client', 'server'] as const) {
      if (line.indexOf(LABELS[end], 0, 'latin1') !== 0) continue
      const newline = line.indexOf(NEWLINE)
      const digits = line.subarray(line.lastIndexOf(SPACE) + 1, newline < 0 ? line.length : newline)
      this.#secrets[end] = Uint8Array.from(
        {length: digits.length >> 1},
        (_, i) => (digit(digits[2 * i]) << 4) | digit(digits[2 * i + 1])
      )
    }
    line.fill(0)
  }

  wipe(): void {
    this.#secrets.client?.fill(0)
    this.#secrets.server?.fill(0)
  }
}

/** Of 0-9, a-f or A-F. */
function digit(octet = 0): number {
  return octet < 0x3a ? octet - 0x30 : (octet | 0x20) - 0x57
}
