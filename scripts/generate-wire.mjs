// What follows from the wire declarations besides code: the tables of src/wire/README.md, and the offsets and command
// numbers that the native data plane reads cells by.

import {join} from 'node:path'
import {pathToFileURL} from 'node:url'

/** Resolves to a Map from path, relative to the root, to content. `dist` holds the compiled sources. */
export async function generateWire({dist}) {
  const load = path => import(pathToFileURL(join(dist, 'src', path)).href)
  const [{table}, {layout}, cells, relayCell, registry] = await Promise.all(
    [
      'codec/table.js',
      'codec/layout.js',
      'wire/channel-cell.js',
      'wire/relay-cell.js',
      'wire/registry.js'
    ].map(load)
  )
  return new Map([
    ['src/wire/README.md', readme(registry, table)],
    ['native/generated/cell_layout.h', header(cells, relayCell, layout)]
  ])
}

// ---- src/wire/README.md

const intro = `# Wire formats

Written by \`npm run gen\` from the declarations in this folder; change those instead.

Everything that crosses the wire is declared here once, one file per kind of message, and decoded and encoded by
\`src/codec\` alone. Not here: what a message means and who may send it when (\`src/channel\`, \`src/circuit\`, \`src/roles\`),
putting cells together from a stream of octets (\`src/channel\`), and directory documents, which are text (\`src/netdoc\`).

Numbers are unsigned and in network order. Offsets and sizes are in octets; a size with … may vary. A field without an
offset comes after one whose size varies. Raw octets of a run of fields are not on the wire: they are what a MAC or a
signature covers.
`

function readme(registry, table) {
  const sections = [
    ['Cells', registry.cellFormats],
    ['Channel messages', registry.channelMessages],
    ['Relay messages', registry.relayMessages],
    ['Inside messages', registry.innerFormats]
  ]
  const blocks = sections.map(([title, formats]) =>
    [`## ${title}\n`, ...formats.map(format => section(format, table(format)))].join('\n')
  )
  return [intro, ...blocks].join('\n')
}

function section(format, rows) {
  const {spec, trailing} = format.about
  const facts = [
    ...(format.command === undefined ? [] : [`Command ${format.command}`]),
    spec,
    extent(format.min, format.max),
    ...(trailing === 'ignore' ? ['octets after the last field are ignored'] : [])
  ]
  const lines = rows.map(
    ({offset, size, field, meaning}) => `| ${offset} | ${size} | \`${field}\` | ${meaning} |`
  )
  const head = ['| offset | size | field | meaning |', '|---|---|---|---|']
  return [
    `### ${format.name}\n`,
    `${facts.join('; ')}.\n`,
    ...(rows.length === 0 ? [] : [...head, ...lines, ''])
  ].join('\n')
}

function extent(min, max) {
  if (min === max) return min === 1 ? '1 octet' : `${min} octets`
  return max === Infinity ? `${min} octets or more` : `${min} to ${max} octets`
}

// ---- native/generated/cell_layout.h

function header(cells, relayCell, layout) {
  const formats = [
    cells.fixedCell,
    cells.variableCell,
    cells.narrowFixedCell,
    cells.narrowVariableCell,
    relayCell.relayCellV0
  ]
  return `// Written by \`npm run gen\` from src/wire; change the declarations there instead.
//
// Octet offsets and sizes of the two headers that the data plane reads itself, and the command numbers in them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ramson::cell_layout {

${formats.map(format => places(format, layout(format))).join('\n')}
inline constexpr std::size_t kRelayHeaderSize = ${relayCell.RELAY_HEADER};
inline constexpr std::size_t kMaxRelayDataSize = ${relayCell.MAX_RELAY_DATA};

static_assert(kFixedCellSize == kFixedCellBodyOffset + kFixedCellBodySize);
static_assert(kNarrowFixedCellSize == kNarrowFixedCellBodyOffset + kNarrowFixedCellBodySize);
static_assert(kNarrowFixedCellBodySize == kFixedCellBodySize);
static_assert(kRelayCellV0DataOffset == kRelayHeaderSize);
static_assert(kRelayHeaderSize + kMaxRelayDataSize == kFixedCellBodySize);

/// True when a cell with this command announces the length of its body.
constexpr bool IsVariableLength(std::uint8_t command) {
  return command == ${cells.ChannelCommand.VERSIONS} || command >= 128;
}

${commands('ChannelCommand', cells.ChannelCommand)}
${commands('RelayCommand', relayCell.RelayCommand)}
}  // namespace ramson::cell_layout
`
}

function places(format, fields) {
  const prefix = `k${pascal(format.name)}`
  const lines = fields.flatMap(({name, offset, size, prefix: lengthSize}) => {
    const of = prefix + pascal(name)
    const constant = (suffix, value) => `inline constexpr std::size_t ${of}${suffix} = ${value};`
    if (size !== undefined) return [constant('Offset', offset), constant('Size', size)]
    if (lengthSize === 0) return [constant('Offset', offset)]
    return [
      constant('LengthOffset', offset),
      constant('LengthSize', lengthSize),
      constant('Offset', offset + lengthSize)
    ]
  })
  const whole =
    format.min === format.max ? [`inline constexpr std::size_t ${prefix}Size = ${format.max};`] : []
  return [`// ${format.name}: ${format.about.spec}`, ...lines, ...whole, ''].join('\n')
}

function commands(name, numbers) {
  const lines = Object.entries(numbers).map(
    ([command, number]) => `  k${pascal(command.toLowerCase())} = ${number},`
  )
  return [`enum class ${name} : std::uint8_t {`, ...lines, '};', ''].join('\n')
}

/** `fixed cell`, `circId` and `create_fast` to FixedCell, CircId and CreateFast. */
function pascal(text) {
  return text.replace(/(?:^|[ _])(\w)/g, (_, letter) => letter.toUpperCase())
}
