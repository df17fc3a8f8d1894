// Numbers of TLS 1.3 on the wire (RFC 8446, section 5.1).
#pragma once

#include <cstdint>

namespace ramson {

inline constexpr std::uint8_t kChangeCipherSpec = 20;
inline constexpr std::uint8_t kAlert = 21;
inline constexpr std::uint8_t kHandshake = 22;
inline constexpr std::uint8_t kApplicationData = 23;

/// Handshake messages that may come after the handshake (section 4).
inline constexpr std::uint8_t kNewSessionTicket = 4;
inline constexpr std::uint8_t kKeyUpdate = 24;

}  // namespace ramson
