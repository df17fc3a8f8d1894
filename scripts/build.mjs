// TypeScript to JavaScript: src, test and bench into dist/, only when something changed.
//
// The sources are hashed (a few hundred small files, some milliseconds); the hash of the last good build lies in
// dist/.built. When it differs, or an output is missing, tsc builds the whole (it takes about a second), and whatever in
// dist no longer has a source is removed, so that a deleted test does not go on passing. Prints one line saying what was
// built, or nothing.

import {createHash} from 'node:crypto'
import {chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join, relative} from 'node:path'
import {root, run} from './step.mjs'

const dist = join(root, 'dist')
const stampPath = join(dist, '.built')
const sourceFolders = ['src', 'test', 'bench']

const filesBelow = folder =>
  existsSync(folder)
    ? readdirSync(folder, {withFileTypes: true, recursive: true})
        .filter(entry => entry.isFile())
        .map(entry => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
        .sort()
    : []

const isSource = path => path.endsWith('.ts') && !path.endsWith('.d.ts')

const hashOf = paths => {
  const hash = createHash('sha256')
  for (const path of paths) {
    const content = readFileSync(join(root, path))
    hash.update(`${path}\0${content.length}\0`).update(content)
  }
  return hash.digest('hex')
}

/** dist/src/a.js, of whatever suffix (.js, .js.map, .d.ts), comes from src/a.ts. */
const sourceOf = output => relative('dist', output).replace(/\.(js|js\.map|d\.ts)$/, '.ts')

const sources = sourceFolders.flatMap(folder => filesBelow(join(root, folder))).filter(isSource)
const compiler = 'node_modules/typescript/package.json'
const stamp = hashOf(['tsconfig.json', compiler, ...sources])
const outputs = () => sourceFolders.flatMap(folder => filesBelow(join(dist, folder)))

const present = new Set(
  outputs()
    .filter(path => path.endsWith('.js'))
    .map(sourceOf)
)
const isComplete = sources.every(path => present.has(path))
const lastStamp = existsSync(stampPath) ? readFileSync(stampPath, 'utf8') : ''
if (isComplete && lastStamp === stamp) process.exit(0)

mkdirSync(dist, {recursive: true})
rmSync(stampPath, {force: true})

const {status, output} = await run(process.execPath, [
  'node_modules/typescript/bin/tsc',
  '--project',
  'tsconfig.json'
])
if (status !== 0) {
  console.log(output.trimEnd())
  process.exit(1)
}

const known = new Set(sources)
for (const path of outputs()) {
  if (!known.has(sourceOf(path))) rmSync(join(root, path))
}
const entry = join(dist, 'src', 'app', 'main.js')
if (existsSync(entry)) chmodSync(entry, 0o755)
writeFileSync(stampPath, stamp)
console.log(`tsc: ${sources.length} files to dist/`)
