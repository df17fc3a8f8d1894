// The questions of `ramson init`, asked one by one at a terminal; an empty answer takes what stands in brackets.

import {createInterface} from 'node:readline/promises'
import type {Answers} from './answers.ts'

interface Question {
  readonly field: Exclude<keyof Answers, 'kind'>
  readonly text: string
  readonly kinds: readonly Answers['kind'][]
}

const QUESTIONS: readonly Question[] = [
  {field: 'nickname', text: 'Nickname, 1 to 19 letters and digits', kinds: ['relay']},
  {field: 'orPort', text: 'Port that the relay is reached at', kinds: ['relay']},
  {field: 'contact', text: 'Contact: an e-mail address, and a web page if you like', kinds: ['relay']},
  {field: 'bandwidth', text: 'Most octets a second, such as 10 MB; empty for no limit', kinds: ['relay']},
  {field: 'familyId', text: 'FamilyId of your other relays; empty for none', kinds: ['relay']},
  {field: 'servicePort', text: 'Port of the onion service, and where it leads', kinds: ['service']},
  {field: 'metricsPort', text: 'Address of the metrics; 0 for none', kinds: ['relay', 'service']},
  {field: 'statusPort', text: 'Port of the status page; 0 for none', kinds: ['relay', 'service']}
]

/** @param given what flags have answered already, which is not asked */
export async function askQuestions(defaults: Answers, given: ReadonlySet<keyof Answers>): Promise<Answers> {
  const terminal = createInterface({input: process.stdin, output: process.stdout})
  const answers: Record<string, string> = {}
  try {
    for (const {field, text, kinds} of QUESTIONS) {
      if (given.has(field) || !kinds.includes(defaults.kind)) continue
      const usual = defaults[field]
      const answer = await terminal.question(`${text}${usual === '' ? '' : ` [${usual}]`}: `)
      answers[field] = answer.trim() || usual
    }
  } finally {
    terminal.close()
  }
  return {...defaults, ...answers}
}
