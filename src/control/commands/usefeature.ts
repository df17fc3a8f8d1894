// USEFEATURE (control-spec 3.18): the features that there are have always been on here.

import {DONE, reply, Status} from '../reply.ts'
import type {Command} from './command.ts'

export const FEATURES = ['VERBOSE_NAMES', 'EXTENDED_EVENTS'] as const

export const useFeature: Command = {
  name: 'USEFEATURE',
  run({words}) {
    const unknown = words.find(({text}) => !FEATURES.some(feature => feature === text.toUpperCase()))
    return unknown === undefined
      ? DONE
      : reply(Status.UNKNOWN_THING, `Unrecognized feature "${unknown.text}"`)
  }
}
