// What the processor, and the operating system on its behalf, can do; asked once.
#pragma once

namespace ramson {

struct CpuFeatures {
  bool aes = false;      // AES-NI with SSSE3 and SSE4.1, or ARMv8 AES
  bool clmul = false;    // PCLMULQDQ or PMULL
  bool sha1 = false;     // SHA-NI or ARMv8 SHA1
  bool vaes256 = false;  // VAES and VPCLMULQDQ on AVX2
  bool vaes512 = false;  // VAES on AVX-512 F and BW, and all of vaes256
};

CpuFeatures cpu_features();

}  // namespace ramson
