// What must not be in the project: unfinished work marked by a word, and paths of the machine it was written on. Prints
// `file:line: word` for each.

import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {projectFiles} from './project-files.mjs'
import {root} from './step.mjs'

// Put together from parts, so that this file does not hold what it looks for.
const unfinished = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X'.repeat(3), 'HA' + 'CK'].join('|')})\\b`)
const machinePath = new RegExp(`(?<![\\w.])/(${['work', 'root', 'tmp/torsrc'].join('|')})(/|\\b)(?!-)`)

const isText = content => !content.subarray(0, 8000).includes(0)

const problems = []
let count = 0
for (const path of projectFiles()) {
  const content = readFileSync(join(root, path))
  if (!isText(content)) continue
  count++
  const isVector = path.startsWith('test/vectors/')
  content
    .toString()
    .split('\n')
    .forEach((line, index) => {
      const found = (isVector ? null : line.match(unfinished)) ?? line.match(machinePath)
      if (found !== null && path !== 'scripts/check-words.mjs')
        problems.push(`${path}:${index + 1}: ${found[0]}`)
    })
}

console.log(problems.length > 0 ? problems.join('\n') : `${count} files`)
process.exit(problems.length > 0 ? 1 : 0)
