// TLS as C tor 0.4.9 has it, so that links look alike: 1.2 and 1.3, P-256 before X25519, no tickets, AES-128-GCM first
// (which is also the cheapest suite for us), and a server that prefers its own order.

import {constants} from 'node:crypto'

export const TLS_OPTIONS = {
  minVersion: 'TLSv1.2',
  ecdhCurve: 'P-256:X25519',
  honorCipherOrder: true,
  secureOptions:
    constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_COMPRESSION | constants.SSL_OP_CIPHER_SERVER_PREFERENCE,
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_CHACHA20_POLY1305_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
    'ECDHE-RSA-CHACHA20-POLY1305',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384'
  ].join(':')
} as const
