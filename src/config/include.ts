// `%include PATH` puts the lines of other files where it stands. PATH may hold * and ? in any of its parts; a folder
// means each plain file in it, in lexical order, hidden files left out, subfolders not entered. A path without wildcards
// must exist; one with wildcards may match nothing. Files are read synchronously: this happens at start and at a reload,
// before there is anything to keep waiting.

import {readdirSync, readFileSync, statSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {ok, type Result} from '../fault/result.ts'
import {type ConfigFault, type ConfigPlace, configFault} from './fault.ts'
import {workingDirectory} from './host.ts'
import {type ConfigLine, parseTorrcText} from './torrc-text.ts'

/** As deep as C tor goes; a file that includes itself ends here. */
const MAX_INCLUDE_DEPTH = 31

/** Reads and parses a file and all that it includes. `files` collects every path read, for a reload to watch. */
export function readTorrcFile(path: string, files: string[] = []): Result<ConfigLine[], ConfigFault> {
  return readFile(path, 0, files, undefined)
}

/** Replaces the `%include` lines among `lines`. */
export function expandIncludes(
  lines: readonly ConfigLine[],
  files: string[] = [],
  depth = 0
): Result<ConfigLine[], ConfigFault> {
  const out: ConfigLine[] = []
  for (const line of lines) {
    if (line.name !== '%include') {
      out.push(line)
      continue
    }
    if (depth >= MAX_INCLUDE_DEPTH) {
      return configFault('include', `%include goes more than ${MAX_INCLUDE_DEPTH} files deep.`, line.place)
    }
    const paths = includedPaths(line.value)
    if (paths === undefined) {
      return configFault('include', `%include: '${line.value}' cannot be read.`, line.place)
    }
    for (const path of paths) {
      const included = readFile(path, depth + 1, files, line.place)
      if (!included.ok) return included
      out.push(...included.value)
    }
  }
  return ok(out)
}

function readFile(
  path: string,
  depth: number,
  files: string[],
  from: ConfigPlace | undefined
): Result<ConfigLine[], ConfigFault> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    return configFault('unreadable', `${path} cannot be read (${errorCode(error)}).`, from)
  }
  files.push(path)
  const lines = parseTorrcText(text, path)
  return lines.ok ? expandIncludes(lines.value, files, depth) : lines
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
}

/** Undefined when a path without wildcards does not exist or its folder cannot be listed. */
function includedPaths(pattern: string): string[] | undefined {
  if (pattern === '' || pattern.includes('\0')) return undefined
  const out: string[] = []
  for (const path of matchingPaths(resolve(workingDirectory(), pattern))) {
    const kind = pathKind(path)
    if (kind === undefined) return undefined
    if (kind === 'file') out.push(path)
    else out.push(...filesOf(path))
  }
  return out
}

function matchingPaths(pattern: string): string[] {
  let found = ['/']
  for (const part of pattern.split('/')) {
    if (part === '') continue
    if (!/[*?]/.test(part)) {
      found = found.map(folder => join(folder, part))
      continue
    }
    const wanted = wildcard(part)
    found = found.flatMap(folder =>
      names(folder)
        .filter(name => wanted.test(name) && !name.startsWith('.'))
        .map(name => join(folder, name))
    )
  }
  return found
}

function wildcard(part: string): RegExp {
  const escaped = part.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'u')
}

function filesOf(folder: string): string[] {
  return names(folder)
    .filter(name => !name.startsWith('.'))
    .map(name => join(folder, name))
    .filter(path => pathKind(path) === 'file')
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

function pathKind(path: string): 'file' | 'folder' | undefined {
  try {
    return statSync(path).isDirectory() ? 'folder' : 'file'
  } catch {
    return undefined
  }
}
