// What the guides name is there: files, headings, commands, flags, torrc options, environment variables.

import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {dirname, join, relative} from 'node:path'
import {describe, it} from 'node:test'
import {fileURLToPath} from 'node:url'
import {SUBCOMMANDS} from '../../src/app/subcommands.ts'
import {knownOptionNames} from '../../src/config/option-names.ts'
import {packageRoot} from '../support/package-root.ts'

const root = packageRoot()
const program = fileURLToPath(new URL('../../src/app/main.js', import.meta.url))

const below = (folder: string) =>
  readdirSync(join(root, folder), {recursive: true, encoding: 'utf8'})
    .filter(path => path.endsWith('.md'))
    .map(path => join(folder, path))
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  ...below('docs'),
  ...below('packaging'),
  ...below('grafana')
]
const textOf = (document: string) => readFileSync(join(root, document), 'utf8')

/** Every problem of every document in one message. */
function assertNone(find: (document: string, text: string) => readonly string[]): void {
  const problems = documents.flatMap(document =>
    find(document, textOf(document)).map(problem => `${document}: ${problem}`)
  )
  assert.deepEqual(problems, [])
}

/** Code in the text, and lines of blocks of code; those of blocks in a language are left out. */
function codeOf(text: string): string[] {
  const blocks = [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$/gm)]
  const lines = blocks
    .filter(([, , language]) => language === '')
    .flatMap(([, , , code = '']) => code.split('\n'))
  const prose = text.replace(/^ *```[\s\S]*?^ *```$/gm, '')
  const inline = [...prose.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
  return [...inline, ...lines.map(line => line.trim())].filter(code => code !== '')
}

/** As GitHub names the headings of a document. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
  )
}

const helps = new Map<string, string>()
function helpOf(words: readonly string[]): string {
  const key = words.join(' ')
  const known = helps.get(key)
  if (known !== undefined) return known
  const {status, stdout} = spawnSync(process.execPath, [program, ...words, '--help'], {encoding: 'utf8'})
  assert.equal(status, 0, key)
  helps.set(key, stdout)
  return stdout
}

const options = new Set(
  spawnSync(process.execPath, [program, '--list-torrc-options'], {encoding: 'utf8'}).stdout.trim().split('\n')
)
const hasFlag = (help: string, flag: string) => new RegExp(`(^|[\\s,])${flag}([\\s,]|$)`, 'm').test(help)

describe('the documents', () => {
  it('link to files and headings that there are', () => {
    assertNone((document, text) =>
      [...text.matchAll(/\]\((?!\w+:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].flatMap(([, path = '', anchor]) => {
        const target = path === '' ? document : relative(root, join(root, dirname(document), path))
        if (!existsSync(join(root, target))) return [`no file ${path}`]
        if (anchor === undefined || anchorsOf(textOf(target)).includes(anchor)) return []
        return [`no heading ${anchor} in ${target}`]
      })
    )
  })

  it('name folders and files of the project that there are', () => {
    assertNone((_, text) =>
      codeOf(text)
        .flatMap(code => code.split(/\s/))
        .filter(word => /^(src|test|docs|grafana|packaging|scripts|bench|native)\/[\w./@-]*$/.test(word))
        .filter(path => !existsSync(join(root, path)))
    )
  })

  it('call ramson with commands, flags and options that there are', () => {
    assertNone((_, text) =>
      codeOf(text)
        .filter(code => /^ramson( |$)/.test(code))
        .flatMap(code => {
          const words = code.split(/\s+/).slice(1)
          const [first = ''] = words
          const isSubcommand = SUBCOMMANDS.some(({name}) => name === first)
          if (!isSubcommand && /^[a-z]/.test(first)) return [`no command ${first} in '${code}'`]
          // What runs a node takes the flags of ramson itself.
          const isNode = !isSubcommand || ['relay', 'service', 'client'].includes(first)
          const help = helpOf(isNode ? [] : [first])
          return words
            .filter(word => /^--?\w/.test(word))
            .filter(flag => !hasFlag(help, flag) && !(isNode && options.has(flag.replace(/^-+/, ''))))
            .map(flag => `no ${flag} in '${code}'`)
        })
    )
  })

  it('name flags that some command has', () => {
    const help = [[], ...SUBCOMMANDS.map(({name}) => [name])].map(helpOf).join('\n')
    const others = new Set(['--except', '--name', '--each'])
    assertNone((_, text) =>
      codeOf(text)
        .filter(code => /^--[a-z]/.test(code))
        .map(code => code.split(/[\s=]/)[0] ?? '')
        .filter(flag => !hasFlag(help, flag) && !others.has(flag))
    )
  })

  it('name torrc options that have an effect', () => {
    const known = new Set(knownOptionNames())
    assertNone((_, text) =>
      codeOf(text)
        .map(code => code.split(/\s/)[0] ?? '')
        .filter(word => known.has(word) && !options.has(word) && word !== 'ExitRelay')
    )
    // Lines of blocks that look like torrc are torrc.
    assertNone((_, text) =>
      codeOf(text)
        .filter(code => /^[A-Z][a-z]+[A-Z]\w+ \S/.test(code))
        .map(code => code.split(/\s/)[0] ?? '')
        .filter(word => !known.has(word) && word !== 'MasterOnionAddress')
    )
  })

  it('name environment variables and npm scripts that there are', () => {
    const {scripts} = JSON.parse(textOf('package.json')) as {scripts: Record<string, string>}
    const sources = ['src', 'test', 'scripts', 'bench'].flatMap(folder =>
      readdirSync(join(root, folder), {recursive: true, encoding: 'utf8'})
        .filter(path => /\.(ts|mjs)$/.test(path))
        .map(path => readFileSync(join(root, folder, path), 'utf8'))
    )
    const read = new Set(sources.flatMap(text => text.match(/\bRAMSON_[A-Z0-9_]+/g) ?? []))
    assertNone((_, text) => (text.match(/\bRAMSON_[A-Z0-9_]+/g) ?? []).filter(name => !read.has(name)))
    assertNone((_, text) =>
      [...text.matchAll(/npm (?:run )?(start|test|(?<=run )[\w:-]+)/g)]
        .map(([, name = '']) => name)
        .filter(name => !(name in scripts))
    )
  })
})
