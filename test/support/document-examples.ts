// The examples of a document: its blocks of JavaScript, which is what a reader copies.

import {readFileSync} from 'node:fs'

const BLOCK = /^```js\n([\s\S]*?)^```$/gm

/** All blocks of a Markdown file as one program, in their order: the later ones go on where the earlier ones ended. */
export function exampleProgram(path: string): string {
  const blocks = [...readFileSync(path, 'utf8').matchAll(BLOCK)].map(([, code = '']) => code)
  if (blocks.length === 0) throw new Error(`${path} has no example`)
  return blocks.join('\n')
}
