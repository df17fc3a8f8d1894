// Every command that there is.

import {addOnion} from './add-onion.ts'
import {authChallenge} from './authchallenge.ts'
import {authenticate} from './authenticate.ts'
import {closeCircuit, extendCircuit, setCircuitPurpose} from './circuits.ts'
import type {Command} from './command.ts'
import {delOnion} from './del-onion.ts'
import {dropGuards, dropTimeouts} from './drop.ts'
import {getConf} from './getconf.ts'
import {getInfo} from './getinfo.ts'
import {hsFetch} from './hsfetch.ts'
import {hsPost} from './hspost.ts'
import {loadConf} from './loadconf.ts'
import {mapAddress} from './mapaddress.ts'
import {onionClientAuthAdd, onionClientAuthRemove, onionClientAuthView} from './onion-client-auth.ts'
import {dropOwnership, takeOwnership} from './ownership.ts'
import {protocolInfo} from './protocolinfo.ts'
import {quit} from './quit.ts'
import {saveConf} from './saveconf.ts'
import {resetConf, setConf} from './setconf.ts'
import {setEvents} from './setevents.ts'
import {signal} from './signal.ts'
import {attachStream, closeStream, redirectStream} from './streams.ts'
import {unsupportedCommands} from './unsupported.ts'
import {useFeature} from './usefeature.ts'

export const commands: readonly Command[] = [
  protocolInfo,
  authChallenge,
  authenticate,
  quit,
  getInfo,
  getConf,
  setConf,
  resetConf,
  loadConf,
  saveConf,
  setEvents,
  signal,
  takeOwnership,
  dropOwnership,
  useFeature,
  extendCircuit,
  closeCircuit,
  setCircuitPurpose,
  attachStream,
  redirectStream,
  closeStream,
  mapAddress,
  addOnion,
  delOnion,
  onionClientAuthAdd,
  onionClientAuthRemove,
  onionClientAuthView,
  hsFetch,
  hsPost,
  dropGuards,
  dropTimeouts,
  ...unsupportedCommands
]

const BY_NAME = new Map(commands.map(command => [`${command.multiline ? '+' : ''}${command.name}`, command]))

/** @param name as it was written, with '+' where data came with it */
export function findCommand(name: string): Command | undefined {
  return BY_NAME.get(name.toUpperCase())
}
