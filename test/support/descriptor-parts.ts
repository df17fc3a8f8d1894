// Parts of a descriptor's text.

/** The octets of identity-ed25519. */
export function ed25519CertOf(descriptor: string): Uint8Array {
  const [, base64 = ''] =
    /identity-ed25519\n-----BEGIN ED25519 CERT-----\n([^-]+)-----END/.exec(descriptor) ?? []
  return new Uint8Array(Buffer.from(base64, 'base64'))
}
