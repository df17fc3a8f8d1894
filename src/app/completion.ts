// `ramson completion bash|zsh|fish`: a script for the shell, printed for its start-up file. It is made from the tables of
// commands and flags that parsing uses, so that it offers what there is.

import type {Option} from 'commander'
import {optionNames} from '../config/option-names.ts'
import {fail, print} from './exit-status.ts'
import {allFlags} from './flags.ts'
import {SUBCOMMANDS} from './subcommands.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof SHELLS)[number]

/** What can stand behind a word: its flags, and which of them want a file or one of some words. */
interface Completed {
  readonly command: string
  readonly summary: string
  readonly words: readonly string[]
  readonly flags: readonly Option[]
}

const HELP = `Usage: ramson completion <${SHELLS.join('|')}>

Prints a script that completes commands, flags and torrc options:
  bash  ramson completion bash > ~/.local/share/bash-completion/completions/ramson
  zsh   ramson completion zsh > a folder of $fpath, as _ramson
  fish  ramson completion fish > ~/.config/fish/completions/ramson.fish
`

export async function runCompletionCommand(words: readonly string[]): Promise<number> {
  const [shell, more] = words
  if (shell === '-h' || shell === '--help') return print(HELP)
  if (more !== undefined || !SHELLS.includes(shell as Shell)) {
    return fail(`ramson completion wants one of ${SHELLS.join(', ')}. See ramson completion --help.`)
  }
  const all = await completed()
  const scripts: Record<Shell, (all: readonly Completed[]) => string> = {bash, zsh, fish}
  return print(scripts[shell as Shell](all))
}

/** The first is what stands behind `ramson` itself. */
async function completed(): Promise<Completed[]> {
  const own = allFlags().filter(({hidden}) => !hidden)
  const out: Completed[] = [{command: '', summary: '', words: SUBCOMMANDS.map(({name}) => name), flags: own}]
  for (const {name, summary, program, words = []} of SUBCOMMANDS) {
    const flags = program === undefined ? (words.length > 0 ? [] : own) : (await program()).options
    out.push({command: name, summary, words, flags})
  }
  return out
}

function spellings(flag: Option): string[] {
  return [flag.short, flag.long].filter(spelling => spelling !== undefined)
}

function wantsPath(flag: Option): boolean {
  return /<(path|directory)>/.test(flag.flags)
}

/** Flags by spelling that are followed by a file, and those that are followed by one of some words. */
function followed(all: readonly Completed[]) {
  const flags = all.flatMap(each => each.flags)
  const paths = new Set(flags.filter(wantsPath).flatMap(spellings))
  const choices = new Map(
    flags
      .flatMap(flag => spellings(flag).map(each => [each, flag.argChoices ?? []] as const))
      .filter(([, words]) => words.length > 0)
  )
  return {paths, choices}
}

function bash(all: readonly Completed[]): string {
  const {paths, choices} = followed(all)
  const cases = all
    .filter(({command}) => command !== '')
    .map(
      ({command, words, flags}) =>
        `    ${command}) words='${[...words, ...flags.flatMap(spellings)].join(' ')}' ;;`
    )
  const [own] = all
  return `# bash completion for ramson
_ramson() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD - 1]} words
  COMPREPLY=()
  case $before in
    ${[...paths].join('|')}) COMPREPLY=($(compgen -f -- "$word")); return ;;
${[...choices].map(([flag, values]) => `    ${flag}) COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$word")); return ;;`).join('\n')}
  esac
  words='${[...(own?.flags ?? []).flatMap(spellings)].join(' ')}'
  if ((COMP_CWORD == 1)); then words="$words ${own?.words.join(' ')}"; fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
  if [[ $word == --[A-Z]* ]]; then words='${torrcFlags().join(' ')}'; fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _ramson ramson
`
}

function zsh(all: readonly Completed[]): string {
  const quote = (text: string) => text.replace(/'/g, "'\\''").replace(/[[\]:]/g, '\\$&')
  const specs = (flags: readonly Option[]) =>
    flags.flatMap(flag => {
      const value = flag.required || flag.optional
      const action = wantsPath(flag)
        ? '_files'
        : flag.argChoices === undefined
          ? ' '
          : `(${flag.argChoices.join(' ')})`
      return spellings(flag).map(
        each => `'${each}[${quote(flag.description)}]${value ? `: :${action}` : ''}'`
      )
    })
  const cases = all
    .filter(({command}) => command !== '')
    .map(({command, words, flags}) => {
      const first = words.length > 0 ? [`'1: :(${words.join(' ')})'`] : []
      return `    ${command}) _arguments ${[...first, ...specs(flags)].join(' ')} ;;`
    })
  const commands = all
    .filter(({command}) => command !== '')
    .map(({command, summary}) => `'${command}:${quote(summary)}'`)
  return `#compdef ramson
_ramson() {
  local -a commands options
  commands=(${commands.join(' ')})
  options=(${torrcFlags().join(' ')})
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe command commands
    return
  fi
  if [[ $words[CURRENT] == --[A-Z]* ]]; then
    compadd -a options
    return
  fi
  case $words[2] in
${cases.join('\n')}
    *) _arguments ${specs(all[0]?.flags ?? []).join(' ')} ;;
  esac
}
if [[ $funcstack[1] == _ramson ]]; then _ramson "$@"; else compdef _ramson ramson; fi
`
}

function fish(all: readonly Completed[]): string {
  const quote = (text: string) => text.replace(/[\\']/g, '\\$&')
  const commands = all.filter(({command}) => command !== '')
  const names = commands.map(({command}) => command).join(' ')
  const line = (condition: string, flag: Option) => {
    const long = flag.long?.replace(/^--/, '')
    const short = flag.short === undefined ? '' : ` -s ${flag.short.slice(1)}`
    const value = flag.argChoices === undefined ? '' : ` -x -a '${flag.argChoices.join(' ')}'`
    const argument =
      flag.argChoices === undefined && flag.required ? (wantsPath(flag) ? ' -r -F' : ' -x') : value
    return `complete -c ramson -n '${condition}'${short} -l ${long}${argument} -d '${quote(flag.description)}'`
  }
  const outside = `not __fish_seen_subcommand_from ${names}`
  return [
    '# fish completion for ramson',
    'complete -c ramson -f',
    ...commands.map(
      ({command, summary}) =>
        `complete -c ramson -n __fish_use_subcommand -a ${command} -d '${quote(summary)}'`
    ),
    ...(all[0]?.flags ?? []).map(flag => line(outside, flag)),
    ...commands.flatMap(({command, words, flags}) => {
      const inside = `__fish_seen_subcommand_from ${command}`
      const first = words.length > 0 ? [`complete -c ramson -n '${inside}' -a '${words.join(' ')}'`] : []
      return [...first, ...flags.map(flag => line(inside, flag))]
    }),
    ...torrcFlags().map(flag => `complete -c ramson -n '${outside}' -l ${flag.slice(2)} -x`),
    ''
  ].join('\n')
}

function torrcFlags(): string[] {
  return optionNames()
    .filter(name => !name.startsWith('__'))
    .map(name => `--${name}`)
}
