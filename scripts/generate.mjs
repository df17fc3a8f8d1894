// Writes the generated files (`npm run gen`), or with --check says which are stale and exits 1.
//
// A generator is a module scripts/generate-*.mjs that exports one async function (default, or the only export) taking
// `{root, dist}` and resolving to a Map from path, relative to the root, to content. It imports what it prints from
// the compiled sources in dist, so those are built first.

import {existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {pathToFileURL} from 'node:url'
import {root, run} from './step.mjs'

const isCheck = process.argv.includes('--check')

const build = await run(process.execPath, ['scripts/build.mjs'])
if (build.status !== 0) {
  console.log(`The sources must build before anything can be generated from them:\n${build.output.trimEnd()}`)
  process.exit(1)
}

const names = readdirSync(join(root, 'scripts')).filter(name => /^generate-.+\.mjs$/.test(name))
const stale = []
let count = 0
for (const name of names.sort()) {
  const module = await import(pathToFileURL(join(root, 'scripts', name)).href)
  const generate = module.default ?? Object.values(module)[0]
  for (const [path, content] of await generate({root, dist: join(root, 'dist')})) {
    count++
    const target = join(root, path)
    if (existsSync(target) && readFileSync(target, 'utf8') === content) continue
    stale.push(path)
    if (isCheck) continue
    mkdirSync(dirname(target), {recursive: true})
    writeFileSync(target, content)
  }
}

if (isCheck && stale.length > 0) {
  console.log(`Stale; run 'npm run gen':\n${stale.map(path => `  ${path}`).join('\n')}`)
  process.exit(1)
}
console.log(stale.length > 0 ? `wrote ${stale.join(', ')}` : `${count} files fresh`)
