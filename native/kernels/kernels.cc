#include "kernels.h"

#include <array>
#include <cstdlib>
#include <mutex>

#include "cpu.h"
#include "self_check.h"

namespace ramson {
namespace {

constexpr Kernel kGeneric{.name = "generic",
                          .aes_expand = generic::aes_expand,
                          .aes_ctr = generic::aes_ctr,
                          .aes_encrypt = generic::aes_encrypt,
                          .aes_decrypt = generic::aes_decrypt,
                          .sha1_blocks = generic::sha1_blocks,
                          .sha256_blocks = generic::sha256_blocks,
                          .keccak = generic::keccak,
                          .polyval_expand = generic::polyval_expand,
                          .polyval = generic::polyval,
                          .gcm_seal = generic::gcm_seal,
                          .gcm_open = generic::gcm_open};

#if defined(__x86_64__)
constexpr Kernel kAesni{.name = "aesni",
                        .aes_expand = aesni::aes_expand,
                        .aes_ctr = aesni::aes_ctr,
                        .aes_encrypt = aesni::aes_encrypt,
                        .aes_decrypt = aesni::aes_decrypt,
                        .sha1_blocks = aesni::sha1_blocks,
                        .sha256_blocks = aesni::sha256_blocks,
                        .keccak = generic::keccak,
                        .polyval_expand = aesni::polyval_expand,
                        .polyval = aesni::polyval,
                        .gcm_seal = aesni::gcm_seal,
                        .gcm_open = aesni::gcm_open};
#endif

#if defined(__aarch64__)
constexpr Kernel kArmv8{.name = "armv8",
                        .aes_expand = armv8::aes_expand,
                        .aes_ctr = armv8::aes_ctr,
                        .aes_encrypt = armv8::aes_encrypt,
                        .aes_decrypt = armv8::aes_decrypt,
                        .sha1_blocks = armv8::sha1_blocks,
                        .sha256_blocks = generic::sha256_blocks,
                        .keccak = generic::keccak,
                        .polyval_expand = armv8::polyval_expand,
                        .polyval = armv8::polyval,
                        .gcm_seal = armv8::gcm_seal,
                        .gcm_open = armv8::gcm_open};
#endif

struct Table {
  std::array<Kernel, 4> kernels;
  std::size_t count = 0;
  const Kernel *chosen = nullptr;
  std::string error;

  void add(const Kernel &kernel) {
    if (agree(kernel, kGeneric)) kernels[count++] = kernel;
  }

  const Kernel *find(std::string_view name) const {
    for (std::size_t i = 0; i < count; i++) {
      if (name == kernels[i].name) return &kernels[i];
    }
    return nullptr;
  }

  std::string names() const {
    std::string list;
    for (std::size_t i = 0; i < count; i++) list.append(i == 0 ? "" : ", ").append(kernels[i].name);
    return list;
  }
};

[[maybe_unused]] Kernel named(Kernel kernel, const char *name) {
  kernel.name = name;
  return kernel;
}

void find_usable(Table &table) {
  [[maybe_unused]] const CpuFeatures cpu = cpu_features();
#if defined(__x86_64__)
  if (cpu.aes && cpu.clmul) {
    Kernel base = kAesni;
    // Processors with AES-NI came years before those with the SHA instructions.
    if (!cpu.sha1) {
      base.sha1_blocks = generic::sha1_blocks;
      base.sha256_blocks = generic::sha256_blocks;
    }
    if (cpu.vaes512) {
      Kernel kernel = named(base, "vaes512");
      kernel.aes_ctr = vaes512::aes_ctr;
      kernel.polyval = vaes256::polyval;
      kernel.gcm_seal = vaes512::gcm_seal;
      kernel.gcm_open = vaes512::gcm_open;
      table.add(kernel);
    }
    if (cpu.vaes256) {
      Kernel kernel = named(base, "vaes256");
      kernel.aes_ctr = vaes256::aes_ctr;
      kernel.polyval = vaes256::polyval;
      kernel.gcm_seal = vaes256::gcm_seal;
      kernel.gcm_open = vaes256::gcm_open;
      table.add(kernel);
    }
    table.add(base);
  }
#elif defined(__aarch64__)
  if (cpu.aes && cpu.clmul && cpu.sha1) table.add(kArmv8);
#endif
  table.kernels[table.count++] = kGeneric;
}

void choose(Table &table) {
  const char *forced = std::getenv("RAMSON_KERNEL");
  if (forced == nullptr || *forced == '\0') {
    table.chosen = &table.kernels[0];
    return;
  }
  table.chosen = table.find(forced);
  if (table.chosen == nullptr) {
    table.error = std::string("RAMSON_KERNEL=") + forced + ": this machine has no such kernel; it has " + table.names();
  }
}

const Table &table() {
  static std::once_flag once;
  static Table table;
  std::call_once(once, [] {
    find_usable(table);
    choose(table);
  });
  return table;
}

}  // namespace

std::span<const Kernel> usable_kernels() { return {table().kernels.data(), table().count}; }

const Kernel *find_kernel(std::string_view name) { return table().find(name); }

const Kernel *process_kernel() { return table().chosen; }

const std::string &kernel_error() { return table().error; }

}  // namespace ramson
