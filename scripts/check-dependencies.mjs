// The dependency law: no file of src/ imports what its folder may not (scripts/dependency-law.mjs).
//
// Imports are found by regular expressions, not by a compiler: the code style admits only the plain forms. Type-only
// imports count, because a layer that knows another's types depends on it. Prints `file:line: rule` for each breach.

import {readdirSync, readFileSync} from 'node:fs'
import {builtinModules} from 'node:module'
import {dirname, join, relative, sep} from 'node:path'
import {pathToFileURL} from 'node:url'
import {layers, walls} from './dependency-law.mjs'
import {root} from './step.mjs'

const importForms = [
  /^\s*import\s+(?:type\s+)?[\w$*{}\s,]+?\s*from\s*(['"])(.+?)\1/gm,
  /^\s*import\s*(['"])(.+?)\1/gm,
  /^\s*export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s*from\s*(['"])(.+?)\1/gm,
  /\b(?:import|require)\(\s*(['"])(.+?)\1/g
]

/** The `{specifier, line}` of every import of a source text, in order. */
export const importsOf = text =>
  importForms
    .flatMap(form => [...text.matchAll(form)])
    .map(match => ({specifier: match[2], at: match.index + match[0].lastIndexOf(match[2])}))
    .sort((a, b) => a.at - b.at)
    .map(({specifier, at}) => ({specifier, line: text.slice(0, at).split('\n').length}))

/** `@scope/name/deep` and `name/deep` are packages `@scope/name` and `name`; built-ins keep their whole name. */
const packageOf = specifier => {
  if (specifier.startsWith('node:')) return specifier
  const parts = specifier.split('/')
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/')
}

const mayUsePackage = (layer, inner, name) => {
  if (layer.packages === 'builtins') return name.startsWith('node:') || (layer.also ?? []).includes(name)
  const [first] = inner.split('/')
  return [...layer.packages, ...(layer.files?.[inner] ?? []), ...(layer.below?.[first] ?? [])].includes(name)
}

/** Why `path` (below src/) may not import `specifier`, or `undefined` when it may. */
export const breachOf = (path, specifier) => {
  const [folder, ...rest] = path.split('/')
  const inner = rest.join('/')
  const layer = layers[folder]
  if (layer === undefined) return `src/${folder} has no place in the layers of scripts/dependency-law.mjs`
  if (!specifier.startsWith('.')) {
    if (builtinModules.includes(specifier)) return `write 'node:${specifier}'`
    const name = packageOf(specifier)
    return mayUsePackage(layer, inner, name) ? undefined : `${folder} may not import the package '${name}'`
  }
  const target = join('src', dirname(path), specifier).split(sep).join('/')
  if (!target.startsWith('src/')) return `src may not import '${target}', which lies outside it`
  const [targetFolder, ...targetRest] = target.slice(4).split('/')
  if (targetFolder !== folder) {
    const isAllowed = layer.folders === 'all' || layer.folders.includes(targetFolder)
    return isAllowed ? undefined : `${folder} may not import ${targetFolder}`
  }
  if (!walls.includes(folder) || rest.length < 2 || targetRest.length < 2) return undefined
  return rest[0] === targetRest[0]
    ? undefined
    : `${folder}/${rest[0]} may not import ${folder}/${targetRest[0]}`
}

/** The addon is loaded in one place only; elsewhere neither a `.node` file nor `dlopen` may be named. */
const addonForms = /['"`][^'"`\n]*\.node['"`]|process\.dlopen|createRequire/g

/** The breaches of one file as `file:line: rule (what)`. */
export const breachesOfFile = (path, text) => {
  const breaches = importsOf(text)
    .map(({specifier, line}) => ({line, rule: breachOf(path, specifier), what: specifier}))
    .filter(({rule}) => rule !== undefined)
  if (path !== 'crypto/binding.ts') {
    for (const match of text.matchAll(addonForms)) {
      const line = text.slice(0, match.index).split('\n').length
      breaches.push({line, rule: 'only crypto/binding.ts may load the addon', what: match[0]})
    }
  }
  return breaches.map(({line, rule, what}) => `src/${path}:${line}: ${rule} (${what})`)
}

/** Every breach of the law in the sources, as lines, and how many files were read. */
export const checkDependencies = () => {
  const source = join(root, 'src')
  const paths = readdirSync(source, {withFileTypes: true, recursive: true})
    .filter(entry => entry.isFile() && /\.[cm]?[jt]s$/.test(entry.name))
    .map(entry =>
      relative(source, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/')
    )
    .sort()
  const breaches = paths.flatMap(path => breachesOfFile(path, readFileSync(join(source, path), 'utf8')))
  return {breaches, files: paths.length}
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const {breaches, files} = checkDependencies()
  if (breaches.length > 0) console.log(breaches.join('\n'))
  else console.log(`${files} files`)
  process.exit(breaches.length > 0 ? 1 : 0)
}
