// Keys of AES-GCM, made once per traffic secret and therefore out of the plainest functions of a kernel.
#pragma once

#include "kernel.h"

namespace ramson {

/// `size` is 16 or 32 octets.
void gcm_expand(const Kernel &kernel, GcmKey &key, const std::uint8_t *octets, std::size_t size);

}  // namespace ramson
