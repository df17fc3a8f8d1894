// Written by `npm run gen` from src/wire; change the declarations there instead.
//
// Octet offsets and sizes of the two headers that the data plane reads itself, and the command numbers in them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ramson::cell_layout {

// fixed cell: tor-spec 3
inline constexpr std::size_t kFixedCellCircIdOffset = 0;
inline constexpr std::size_t kFixedCellCircIdSize = 4;
inline constexpr std::size_t kFixedCellCommandOffset = 4;
inline constexpr std::size_t kFixedCellCommandSize = 1;
inline constexpr std::size_t kFixedCellBodyOffset = 5;
inline constexpr std::size_t kFixedCellBodySize = 509;
inline constexpr std::size_t kFixedCellSize = 514;

// variable cell: tor-spec 3
inline constexpr std::size_t kVariableCellCircIdOffset = 0;
inline constexpr std::size_t kVariableCellCircIdSize = 4;
inline constexpr std::size_t kVariableCellCommandOffset = 4;
inline constexpr std::size_t kVariableCellCommandSize = 1;
inline constexpr std::size_t kVariableCellBodyLengthOffset = 5;
inline constexpr std::size_t kVariableCellBodyLengthSize = 2;
inline constexpr std::size_t kVariableCellBodyOffset = 7;

// narrow fixed cell: tor-spec 3
inline constexpr std::size_t kNarrowFixedCellCircIdOffset = 0;
inline constexpr std::size_t kNarrowFixedCellCircIdSize = 2;
inline constexpr std::size_t kNarrowFixedCellCommandOffset = 2;
inline constexpr std::size_t kNarrowFixedCellCommandSize = 1;
inline constexpr std::size_t kNarrowFixedCellBodyOffset = 3;
inline constexpr std::size_t kNarrowFixedCellBodySize = 509;
inline constexpr std::size_t kNarrowFixedCellSize = 512;

// narrow variable cell: tor-spec 3
inline constexpr std::size_t kNarrowVariableCellCircIdOffset = 0;
inline constexpr std::size_t kNarrowVariableCellCircIdSize = 2;
inline constexpr std::size_t kNarrowVariableCellCommandOffset = 2;
inline constexpr std::size_t kNarrowVariableCellCommandSize = 1;
inline constexpr std::size_t kNarrowVariableCellBodyLengthOffset = 3;
inline constexpr std::size_t kNarrowVariableCellBodyLengthSize = 2;
inline constexpr std::size_t kNarrowVariableCellBodyOffset = 5;

// relay cell V0: tor-spec 6.1
inline constexpr std::size_t kRelayCellV0CommandOffset = 0;
inline constexpr std::size_t kRelayCellV0CommandSize = 1;
inline constexpr std::size_t kRelayCellV0RecognizedOffset = 1;
inline constexpr std::size_t kRelayCellV0RecognizedSize = 2;
inline constexpr std::size_t kRelayCellV0StreamIdOffset = 3;
inline constexpr std::size_t kRelayCellV0StreamIdSize = 2;
inline constexpr std::size_t kRelayCellV0DigestOffset = 5;
inline constexpr std::size_t kRelayCellV0DigestSize = 4;
inline constexpr std::size_t kRelayCellV0DataLengthOffset = 9;
inline constexpr std::size_t kRelayCellV0DataLengthSize = 2;
inline constexpr std::size_t kRelayCellV0DataOffset = 11;

inline constexpr std::size_t kRelayHeaderSize = 11;
inline constexpr std::size_t kMaxRelayDataSize = 498;

static_assert(kFixedCellSize == kFixedCellBodyOffset + kFixedCellBodySize);
static_assert(kNarrowFixedCellSize == kNarrowFixedCellBodyOffset + kNarrowFixedCellBodySize);
static_assert(kNarrowFixedCellBodySize == kFixedCellBodySize);
static_assert(kRelayCellV0DataOffset == kRelayHeaderSize);
static_assert(kRelayHeaderSize + kMaxRelayDataSize == kFixedCellBodySize);

/// True when a cell with this command announces the length of its body.
constexpr bool IsVariableLength(std::uint8_t command) {
  return command == 7 || command >= 128;
}

enum class ChannelCommand : std::uint8_t {
  kPadding = 0,
  kCreate = 1,
  kCreated = 2,
  kRelay = 3,
  kDestroy = 4,
  kCreateFast = 5,
  kCreatedFast = 6,
  kVersions = 7,
  kNetinfo = 8,
  kRelayEarly = 9,
  kCreate2 = 10,
  kCreated2 = 11,
  kPaddingNegotiate = 12,
  kVpadding = 128,
  kCerts = 129,
  kAuthChallenge = 130,
  kAuthenticate = 131,
  kAuthorize = 132,
};

enum class RelayCommand : std::uint8_t {
  kBegin = 1,
  kData = 2,
  kEnd = 3,
  kConnected = 4,
  kSendme = 5,
  kExtend = 6,
  kExtended = 7,
  kTruncate = 8,
  kTruncated = 9,
  kDrop = 10,
  kResolve = 11,
  kResolved = 12,
  kBeginDir = 13,
  kExtend2 = 14,
  kExtended2 = 15,
  kConfluxLink = 19,
  kConfluxLinked = 20,
  kConfluxLinkedAck = 21,
  kConfluxSwitch = 22,
  kEstablishIntro = 32,
  kEstablishRendezvous = 33,
  kIntroduce1 = 34,
  kIntroduce2 = 35,
  kRendezvous1 = 36,
  kRendezvous2 = 37,
  kIntroEstablished = 38,
  kRendezvousEstablished = 39,
  kIntroduceAck = 40,
  kPaddingNegotiate = 41,
  kPaddingNegotiated = 42,
  kXoff = 43,
  kXon = 44,
};

}  // namespace ramson::cell_layout
