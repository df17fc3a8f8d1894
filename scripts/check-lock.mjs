// package-lock.json installs the same everywhere: it names no host (an install uses whatever registry the user has
// set), and it has an entry for every package that another one asks for, those of other platforms included. `npm ci`
// refuses a lock that is not whole. Prints a line for each thing that is not so.

import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {root} from './step.mjs'

const read = name => JSON.parse(readFileSync(join(root, name), 'utf8'))
const {packages} = read('package-lock.json')
const problems = []

/** Where Node looks for `name` from the package at `path`: its own node_modules, then those of the folders above. */
const candidates = (path, name) => {
  const parts = path === '' ? [] : path.split('/node_modules/')
  return [...parts.keys(), parts.length]
    .map(depth => [...parts.slice(0, depth), name].join('/node_modules/'))
    .map(found => (found.startsWith('node_modules/') ? found : `node_modules/${found}`))
}

for (const [path, entry] of Object.entries(packages)) {
  const name = path === '' ? 'the project' : path
  if (entry.resolved !== undefined) problems.push(`${name} is resolved to a host`)
  for (const wanted of Object.keys({...entry.dependencies, ...entry.optionalDependencies})) {
    if (!candidates(path, wanted).some(found => found in packages))
      problems.push(`${name} needs ${wanted}: no entry`)
  }
}

const own = read('package.json')
for (const kind of ['dependencies', 'devDependencies']) {
  for (const [name, version] of Object.entries(own[kind])) {
    const locked = packages[`node_modules/${name}`]?.version
    if (locked !== version)
      problems.push(`package.json wants ${name} ${version}, the lock has ${locked ?? 'none'}`)
  }
}

console.log(problems.length > 0 ? problems.join('\n') : `${Object.keys(packages).length} packages`)
process.exit(problems.length > 0 ? 1 : 0)
