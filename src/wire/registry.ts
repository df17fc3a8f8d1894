// Every format there is, so that tables, property tests and fuzz targets cover each new one as soon as it is declared.

import {authChallenge} from './auth-challenge.ts'
import {authenticate, authenticationEd25519} from './authenticate.ts'
import {begin, beginDir, data, drop} from './begin.ts'
import {certs} from './certs.ts'
import {
  fixedCell,
  narrowFixedCell,
  narrowVariableCell,
  padding,
  variableCell,
  vpadding
} from './channel-cell.ts'
import {circuitExtensions} from './circuit-extensions.ts'
import {ntorOnionSkin, ntorReply, ntorV3OnionSkin, ntorV3Reply} from './circuit-handshake.ts'
import {circuitPaddingNegotiate, circuitPaddingNegotiated} from './circuit-padding.ts'
import {connected} from './connected.ts'
import {create2, created2, createdFast, createFast} from './create.ts'
import {destroy} from './destroy.ts'
import {ed25519Cert} from './ed25519-cert.ts'
import {end} from './end.ts'
import {extend2} from './extend2.ts'
import {extended2} from './extended2.ts'
import {descriptorLayer} from './hs/descriptor-layer.ts'
import {establishIntro, introEstablished} from './hs/establish-intro.ts'
import {introduce1, introduce2, introduceAck} from './hs/introduce.ts'
import {introduceEncrypted, introducePlaintext} from './hs/introduce-encrypted.ts'
import {
  establishRendezvous,
  rendezvous1,
  rendezvous2,
  rendezvousEstablished,
  rendezvousHandshake
} from './hs/rendezvous.ts'
import {linkSpecifierList} from './link-specifier.ts'
import {netinfo} from './netinfo.ts'
import {paddingNegotiate} from './padding-negotiate.ts'
import {relayCellV0} from './relay-cell.ts'
import {resolve, resolved} from './resolve.ts'
import {rsaEd25519Crosscert} from './rsa-ed25519-crosscert.ts'
import {sendme} from './sendme.ts'
import {truncate, truncated} from './truncate.ts'
import {versions} from './versions.ts'
import {xoff, xon} from './xon-xoff.ts'

/** Bodies of cells, by the number of their ChannelCommand. */
export const channelMessages = [
  padding,
  destroy,
  createFast,
  createdFast,
  versions,
  netinfo,
  create2,
  created2,
  paddingNegotiate,
  vpadding,
  certs,
  authChallenge,
  authenticate
] as const

/** Bodies of relay messages, by the number of their RelayCommand. */
export const relayMessages = [
  begin,
  data,
  end,
  connected,
  sendme,
  truncate,
  truncated,
  drop,
  resolve,
  resolved,
  beginDir,
  extend2,
  extended2,
  establishIntro,
  establishRendezvous,
  introduce1,
  introduce2,
  rendezvous1,
  rendezvous2,
  introEstablished,
  rendezvousEstablished,
  introduceAck,
  circuitPaddingNegotiate,
  circuitPaddingNegotiated,
  xoff,
  xon
] as const

/** Cells themselves. */
export const cellFormats = [
  fixedCell,
  variableCell,
  narrowFixedCell,
  narrowVariableCell,
  relayCellV0
] as const

/** What is inside the octet fields of messages. */
export const innerFormats = [
  authenticationEd25519,
  ed25519Cert,
  rsaEd25519Crosscert,
  ntorOnionSkin,
  ntorReply,
  ntorV3OnionSkin,
  ntorV3Reply,
  circuitExtensions,
  introduceEncrypted,
  introducePlaintext,
  rendezvousHandshake,
  linkSpecifierList,
  descriptorLayer
] as const

export const allFormats = [...cellFormats, ...channelMessages, ...relayMessages, ...innerFormats] as const
