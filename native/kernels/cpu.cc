#include "cpu.h"

#if defined(__x86_64__)
#include <cpuid.h>

#include <cstdint>
#elif defined(__aarch64__) && defined(__linux__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace ramson {

#if defined(__x86_64__)

namespace {

constexpr bool bit(unsigned word, unsigned at) { return (word >> at & 1) != 0; }

/// The register states that the operating system saves: 1 SSE, 2 AVX, 5 to 7 AVX-512.
std::uint64_t saved_states() {
  std::uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return std::uint64_t{high} << 32 | low;
}

}  // namespace

CpuFeatures cpu_features() {
  CpuFeatures features;
  unsigned a, b, c, d;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return features;
  const bool ssse3 = bit(c, 9), sse41 = bit(c, 19), avx = bit(c, 28), os_saves = bit(c, 27);
  features.aes = bit(c, 25) && ssse3 && sse41;
  features.clmul = bit(c, 1);
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return features;
  features.sha1 = bit(b, 29) && ssse3 && sse41;
  const bool vaes = features.aes && bit(c, 9);
  if (!avx || !os_saves || !vaes) return features;
  const std::uint64_t saved = saved_states();
  features.vaes256 = bit(b, 5) && bit(c, 10) && (saved & 0x06) == 0x06;
  features.vaes512 = features.vaes256 && bit(b, 16) && bit(b, 30) && (saved & 0xe6) == 0xe6;
  return features;
}

#elif defined(__aarch64__) && defined(__linux__)

CpuFeatures cpu_features() {
  const unsigned long capabilities = getauxval(AT_HWCAP);
  CpuFeatures features;
  features.aes = (capabilities & HWCAP_AES) != 0;
  features.clmul = (capabilities & HWCAP_PMULL) != 0;
  features.sha1 = (capabilities & HWCAP_SHA1) != 0;
  return features;
}

#elif defined(__aarch64__) && defined(__APPLE__)

// Every 64-bit Apple processor has the cryptography extension.
CpuFeatures cpu_features() { return {.aes = true, .clmul = true, .sha1 = true}; }

#else

CpuFeatures cpu_features() { return {}; }

#endif

}  // namespace ramson
