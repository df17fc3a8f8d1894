// The extension list that every onion-service message carries, for messages whose extensions have no type known yet.

import {bytes, struct, u8} from '../../codec/codec.ts'

/** Unknown extensions must be passed over. */
export const extension = struct({type: u8, body: bytes(u8)})
