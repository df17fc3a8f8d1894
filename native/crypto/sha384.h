// HKDF-Expand (RFC 5869) with SHA-384 (FIPS 180-4), as far as TLS 1.3 needs it: few octets, once per key, in portable
// C++.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ramson {

inline constexpr std::size_t kSha384Size = 48;

/// `seed` has 48 octets; `info` 110 at most, `size` is 48 at most.
void hkdf_expand_sha384(const std::uint8_t *seed, std::string_view info, std::uint8_t *out, std::size_t size);

}  // namespace ramson
