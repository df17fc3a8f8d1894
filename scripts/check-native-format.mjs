// The C++ sources are formatted as native/.clang-format says, by clang-format-15. Where that is not installed the
// check is left out and says so; RAMSON_REQUIRE_CLANG_FORMAT=1 makes that a failure.

import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {projectFiles} from './project-files.mjs'
import {root, run} from './step.mjs'

const files = projectFiles().filter(
  path => /^native\/.*\.(cc|cpp|h|hpp|inc)$/.test(path) && !path.includes('/generated/')
)
const formatter = 'clang-format-15'

const probe = await run(formatter, ['--version'])
if (probe.status !== 0) {
  const isRequired = process.env.RAMSON_REQUIRE_CLANG_FORMAT === '1'
  console.log(`not checked: ${formatter} is not installed`)
  process.exit(isRequired ? 1 : 0)
}
if (files.length === 0) {
  console.log('no files')
  process.exit(0)
}
if (!existsSync(join(root, 'native', '.clang-format'))) {
  console.log('native/.clang-format is not there')
  process.exit(1)
}
const {status, output} = await run(formatter, ['--dry-run', '--Werror', '--style=file', ...files])
const unformatted = [...new Set([...output.matchAll(/^(native\/[^:]+):\d+/gm)].map(match => match[1]))]
if (status === 0) console.log(`${files.length} files`)
else
  console.log(
    `Not formatted; run '${formatter} -i' on:\n${unformatted.map(path => `  ${path}`).join('\n') || output}`
  )
process.exit(status === 0 ? 0 : 1)
