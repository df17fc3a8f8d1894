// The records between TypeScript and the native shards as C++ constants, from src/dataplane/shard/records.ts, and what of
// src/dataplane/contract.ts both have to know.

import {join} from 'node:path'
import {pathToFileURL} from 'node:url'

/** Resolves to a Map from path, relative to the root, to content. `dist` holds the compiled sources. */
export async function generateShardRecords({dist}) {
  const records = await import(pathToFileURL(join(dist, 'src/dataplane/shard/records.js')).href)
  const {DRAINED_AT_CELLS} = await import(pathToFileURL(join(dist, 'src/dataplane/contract.js')).href)
  return new Map([['native/generated/shard_records.h', header({...records, DRAINED_AT_CELLS})]])
}

const SIZES = {u8: 1, u32: 4, f64: 8}

function header(records) {
  const {RECORD_HEAD, RECORD_HEAD_LENGTH, RECORD_ALIGNMENT, NO_COUNTER, SHARD_COUNTERS} = records
  return `// Written by \`npm run gen\` from src/dataplane/shard/records.ts; change the declarations there instead.
//
// The records of events and commands, what their numbers mean, and the order of the counters.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ramson::shard_records {

inline constexpr std::size_t kHeadSize = ${RECORD_HEAD_LENGTH};
inline constexpr std::size_t kAlignment = ${RECORD_ALIGNMENT};
${Object.entries(RECORD_HEAD).map(place).join('\n')}

inline constexpr std::uint32_t kNoCounter = ${NO_COUNTER}u;
inline constexpr std::size_t kQueueCounterWords = ${records.QUEUE_COUNTER_WORDS};
inline constexpr std::size_t kQueuedWord = ${records.QueueCounterWord.QUEUED};
inline constexpr std::size_t kOriginatedWord = ${records.QueueCounterWord.ORIGINATED};
inline constexpr std::size_t kAwaitedWord = ${records.QueueCounterWord.AWAITED};
/// A queue with no more cells than this is worth filling again.
inline constexpr std::uint32_t kDrainedAtCells = ${records.DRAINED_AT_CELLS};

${numbers('RecordFlag', records.RecordFlag)}
${numbers('EventKind', records.EventKind)}
${numbers('LinkEventKind', records.LinkEventKind)}
${numbers('CommandKind', records.CommandKind)}
${numbers('Violation', records.ViolationCode)}
${numbers('ChannelFault', records.ChannelFaultNumber)}
${numbers('LinkEnd', records.LinkEndNumber)}
${numbers('RelayAlgorithmNumber', records.RelayAlgorithmNumber)}
${Object.entries(records.SHARD_HISTOGRAMS).map(bounds).join('\n')}

enum Counter : std::size_t {
${SHARD_COUNTERS.map(name => `  k${pascal(snake(name))},`).join('\n')}
  kCounters
};

/// Octets of a whole record with \`length\` octets of payload.
constexpr std::size_t record_size(std::size_t length) {
  return kHeadSize + (length + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace ramson::shard_records
`
}

function bounds([name, values]) {
  return `inline constexpr std::uint32_t k${pascal(snake(name))}Bounds[] = {${values.join(', ')}};`
}

function place([name, {offset, type}]) {
  const of = `k${pascal(snake(name))}`
  return [
    `inline constexpr std::size_t ${of}Offset = ${offset};`,
    `inline constexpr std::size_t ${of}Size = ${SIZES[type]};`
  ].join('\n')
}

function numbers(name, values) {
  const lines = Object.entries(values).map(
    ([key, number]) => `  k${pascal(key.toLowerCase().replaceAll('-', '_'))} = ${number},`
  )
  return [`enum class ${name} : std::uint8_t {`, ...lines, '};', ''].join('\n')
}

const snake = text => text.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)

const pascal = text => text.replace(/(?:^|_)(\w)/g, (_, letter) => letter.toUpperCase())
