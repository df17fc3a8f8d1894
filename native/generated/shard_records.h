// Written by `npm run gen` from src/dataplane/shard/records.ts; change the declarations there instead.
//
// The records of events and commands, what their numbers mean, and the order of the counters.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ramson::shard_records {

inline constexpr std::size_t kHeadSize = 32;
inline constexpr std::size_t kAlignment = 8;
inline constexpr std::size_t kKindOffset = 0;
inline constexpr std::size_t kKindSize = 1;
inline constexpr std::size_t kFlagsOffset = 1;
inline constexpr std::size_t kFlagsSize = 1;
inline constexpr std::size_t kCommandOffset = 2;
inline constexpr std::size_t kCommandSize = 1;
inline constexpr std::size_t kCodeOffset = 3;
inline constexpr std::size_t kCodeSize = 1;
inline constexpr std::size_t kCircIdOffset = 4;
inline constexpr std::size_t kCircIdSize = 4;
inline constexpr std::size_t kSubjectOffset = 8;
inline constexpr std::size_t kSubjectSize = 8;
inline constexpr std::size_t kObjectOffset = 16;
inline constexpr std::size_t kObjectSize = 8;
inline constexpr std::size_t kLengthOffset = 24;
inline constexpr std::size_t kLengthSize = 4;
inline constexpr std::size_t kNumberOffset = 28;
inline constexpr std::size_t kNumberSize = 4;

inline constexpr std::uint32_t kNoCounter = 4294967295u;
inline constexpr std::size_t kQueueCounterWords = 4;
inline constexpr std::size_t kQueuedWord = 0;
inline constexpr std::size_t kOriginatedWord = 1;
inline constexpr std::size_t kAwaitedWord = 2;
/// A queue with no more cells than this is worth filling again.
inline constexpr std::uint32_t kDrainedAtCells = 16;

enum class RecordFlag : std::uint8_t {
  kEarly = 1,
  kWantTag = 2,
};

enum class EventKind : std::uint8_t {
  kControlCell = 1,
  kRecognized = 2,
  kOriginatedTag = 3,
  kOriginCell = 4,
  kViolation = 5,
  kDrained = 6,
  kCellsWaited = 7,
};

enum class LinkEventKind : std::uint8_t {
  kChannelFault = 64,
  kPaddingNegotiate = 65,
  kCloseChannel = 66,
  kLinkEnded = 67,
};

enum class CommandKind : std::uint8_t {
  kSendCell = 128,
  kOpenRelayCircuit = 129,
  kOpenOriginCircuit = 130,
  kLinkNext = 131,
  kUnlinkNext = 132,
  kSplice = 133,
  kOriginate = 134,
  kSendOriginCell = 135,
  kCloseCircuit = 136,
  kCloseChannel = 137,
  kSetLimits = 138,
  kShedOldest = 139,
  kEnablePadding = 140,
  kMeasureWaits = 141,
};

enum class Violation : std::uint8_t {
  kUnrecognizedAtEnd = 1,
  kRelayEarlyInbound = 2,
  kRelayEarlyExceeded = 3,
  kQueueFull = 4,
  kOutboundQueueFull = 5,
  kMemoryPressure = 6,
};

enum class ChannelFault : std::uint8_t {
  kUnexpectedCell = 1,
  kCellTooLong = 2,
  kControlQueueFull = 3,
  kMemoryPressure = 4,
};

enum class LinkEnd : std::uint8_t {
  kPeerClosed = 1,
  kSocketFailed = 2,
  kBadRecord = 3,
  kPeerAlert = 4,
};

enum class RelayAlgorithmNumber : std::uint8_t {
  kTor1 = 0,
  kCgo = 1,
};

inline constexpr std::uint32_t kOutboxWaitBounds[] = {1, 5, 25, 100, 500, 2500};
inline constexpr std::uint32_t kRingBatchBounds[] = {1, 8, 64, 512};

enum Counter : std::size_t {
  kCellsReceived,
  kCellsSent,
  kRelayCellsOutbound,
  kRelayCellsInbound,
  kRelayCellsRecognized,
  kRelayCellsOriginated,
  kRelayCellsDropped,
  kRelayCellsSpliced,
  kDestroyCellsSent,
  kViolations,
  kPaddingCellsReceived,
  kEnabledCellsReceived,
  kEnabledCellsSent,
  kEnabledPaddingReceived,
  kOutboxOverflows,
  kOctetsShed,
  kMessagesCrossed,
  kRingsFull,
  kWakeUps,
  kQueuedOctets,
  kPoolOctets,
  kCircuits,
  kChannels,
  kOutboxWaitUpTo1,
  kOutboxWaitUpTo5,
  kOutboxWaitUpTo25,
  kOutboxWaitUpTo100,
  kOutboxWaitUpTo500,
  kOutboxWaitUpTo2500,
  kOutboxWaitLonger,
  kOutboxWaited,
  kRingBatchUpTo1,
  kRingBatchUpTo8,
  kRingBatchUpTo64,
  kRingBatchUpTo512,
  kRingBatchLonger,
  kRingWorkedOff,
  kCounters
};

/// Octets of a whole record with `length` octets of payload.
constexpr std::size_t record_size(std::size_t length) {
  return kHeadSize + (length + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace ramson::shard_records
