// The files that belong to the project: what git tracks or would track, or without git everything but what is built.

import {execFileSync} from 'node:child_process'
import {existsSync, readdirSync} from 'node:fs'
import {join, relative, sep} from 'node:path'
import {root} from './step.mjs'

const isBuilt = path => /^(\.git|node_modules|prebuilds|dist|build)(-[^/]*)?(\/|$)/.test(path)

/** Paths relative to the root, with `/`, sorted. */
export const projectFiles = () => {
  if (existsSync(join(root, '.git'))) {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root
    })
    return [...new Set(listed.toString().split('\0'))]
      .filter(path => path !== '' && existsSync(join(root, path)))
      .sort()
  }
  return readdirSync(root, {withFileTypes: true, recursive: true})
    .filter(entry => entry.isFile())
    .map(entry =>
      relative(root, join(entry.parentPath ?? entry.path, entry.name))
        .split(sep)
        .join('/')
    )
    .filter(path => !isBuilt(path))
    .sort()
}
