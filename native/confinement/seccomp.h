// Filters of system calls: small programs that the kernel runs before each call, put together from the pieces here.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "confinement.h"

namespace ramson {

/// Instructions in the order they run in. A jump goes forward over so many instructions.
class SystemCallFilter {
 public:
  /// Begins with what every filter needs: calls by the numbers of another kind of processor (32-bit programs, x32),
  /// which would mean something else, are refused.
  SystemCallFilter();

  void load(std::uint32_t offset);
  void allow_if(std::uint32_t number);
  void refuse_if(std::uint32_t number, std::uint32_t error);
  /// Of a call with that number: allowed where an argument is one of these, or has that flag, else refused with EPERM.
  void allow_if_any(std::uint32_t number, std::uint32_t argument, std::span<const std::uint32_t> values);
  void allow_if_flag(std::uint32_t number, std::uint32_t argument, std::uint32_t flag);
  void allow();
  void refuse(std::uint32_t error);
  void add(sock_filter instruction) { instructions_.push_back(instruction); }

  /// In force in all threads of the process at once, or, where one of them cannot have it, in none.
  SystemError install();

  static constexpr std::uint32_t kNumber = offsetof(seccomp_data, nr);
  /// The low half of an argument; both processors have little ends.
  static constexpr std::uint32_t argument(std::uint32_t at) {
    return static_cast<std::uint32_t>(offsetof(seccomp_data, args)) + 8 * at;
  }

 private:
  std::vector<sock_filter> instructions_;
};

}  // namespace ramson
