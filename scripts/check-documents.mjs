// What the documents say must be there: the commands, scripts and files that the Markdown files name; a README.md in
// every folder of src/, whose line `May import` is what the dependency law says; and every folder of src/ in
// ARCHITECTURE.md. Prints a line for each thing that is not so.

import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {layers} from './dependency-law.mjs'
import {projectFiles} from './project-files.mjs'
import {root} from './step.mjs'

const documents = projectFiles().filter(path => path.endsWith('.md'))
const npmScripts = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).scripts
const problems = []

/** Each form of naming a thing, and whether the thing named is there. `base` is the folder of the document. */
const forms = [
  {form: /\bnpm run ([\w:-]+)/g, what: 'the command npm run', isThere: name => name in npmScripts},
  {form: /\bnpm (test|start)\b/g, what: 'the command npm', isThere: name => name in npmScripts},
  {
    form: /\bnode ((?:scripts|dist)\/[\w./-]+\.m?js)/g,
    what: 'the script',
    isThere: (path, base) => isFile(path, base)
  },
  {
    form: /`((?:src|native|test|scripts|bench|grafana)\/[\w./-]*)`/g,
    what: 'the path',
    isThere: path => isFile(path, '')
  },
  {form: /\]\((?!\w+:|#)([^)#\s]+)[^)]*\)/g, what: 'the link', isThere: (path, base) => isFile(path, base)}
]

const isFile = (path, base) => {
  if (path.startsWith('dist/'))
    return existsSync(join(root, path.replace(/^dist\//, '').replace(/\.js$/, '.ts')))
  return existsSync(join(root, path)) || existsSync(join(root, base, path))
}

for (const path of documents) {
  readFileSync(join(root, path), 'utf8')
    .split('\n')
    .forEach((line, index) => {
      for (const {form, what, isThere} of forms) {
        for (const [, name] of line.matchAll(form)) {
          if (!isThere(name, dirname(path)))
            problems.push(`${path}:${index + 1}: ${what} ${name} is not there`)
        }
      }
    })
}

/** What a folder's README.md says in its line `May import`; a generated one has no such line. */
const mayImport = readme => readFileSync(join(root, readme), 'utf8').match(/^- May import: (.*)\.$/m)?.[1]

const lawOf = folder => {
  const named = layers[folder]?.folders ?? []
  return named === 'all' ? 'every folder' : named.length === 0 ? 'nothing of src' : named.join(', ')
}

const folders = readdirSync(join(root, 'src'), {withFileTypes: true})
  .filter(entry => entry.isDirectory())
  .map(entry => entry.name)
const architecture = existsSync(join(root, 'ARCHITECTURE.md'))
  ? readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8')
  : ''
for (const folder of folders) {
  const readme = `src/${folder}/README.md`
  const may = documents.includes(readme) ? mayImport(readme) : ''
  if (may === '') problems.push(`src/${folder} has no README.md`)
  if (may !== undefined && may !== '' && may !== lawOf(folder)) {
    problems.push(`${readme}: 'May import' is not what scripts/dependency-law.mjs says: ${lawOf(folder)}`)
  }
  if (!new RegExp(`^\\W*(src/)?${folder}/`, 'm').test(architecture)) {
    problems.push(`ARCHITECTURE.md does not say what src/${folder}/ is`)
  }
}

console.log(problems.length > 0 ? problems.join('\n') : `${documents.length} documents`)
process.exit(problems.length > 0 ? 1 : 0)
