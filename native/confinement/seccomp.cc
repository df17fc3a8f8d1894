#include "seccomp.h"

#include <linux/audit.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace ramson {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kProcessor = AUDIT_ARCH_X86_64;
/// x32: the same processor by name, other numbers.
constexpr std::uint32_t kOtherNumbers = 0x40000000;
#elif defined(__aarch64__)
constexpr std::uint32_t kProcessor = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t kOtherNumbers = UINT32_MAX;
#else
constexpr std::uint32_t kProcessor = 0;
constexpr std::uint32_t kOtherNumbers = 0;
#endif

constexpr std::uint16_t kReturn = BPF_RET | BPF_K;
constexpr std::uint16_t kJumpIfEqual = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t kJumpIfSet = BPF_JMP | BPF_JSET | BPF_K;
constexpr std::uint16_t kJumpIfAtLeast = BPF_JMP | BPF_JGE | BPF_K;

constexpr std::uint32_t refusal(std::uint32_t error) { return SECCOMP_RET_ERRNO | (error & SECCOMP_RET_DATA); }

}  // namespace

SystemCallFilter::SystemCallFilter() {
  load(offsetof(seccomp_data, arch));
  add({kJumpIfEqual, 1, 0, kProcessor});
  refuse(EPERM);
  load(kNumber);
  add({kJumpIfAtLeast, 0, 1, kOtherNumbers});
  refuse(EPERM);
}

void SystemCallFilter::load(std::uint32_t offset) { add({BPF_LD | BPF_W | BPF_ABS, 0, 0, offset}); }

void SystemCallFilter::allow_if(std::uint32_t number) {
  add({kJumpIfEqual, 0, 1, number});
  allow();
}

void SystemCallFilter::refuse_if(std::uint32_t number, std::uint32_t error) {
  add({kJumpIfEqual, 0, 1, number});
  refuse(error);
}

void SystemCallFilter::allow_if_any(std::uint32_t number, std::uint32_t argument,
                                    std::span<const std::uint32_t> values) {
  // One load, two instructions for each value, and the refusal.
  add({kJumpIfEqual, 0, static_cast<std::uint8_t>(2 * values.size() + 2), number});
  load(this->argument(argument));
  for (const std::uint32_t value : values) allow_if(value);
  refuse(EPERM);
}

void SystemCallFilter::allow_if_flag(std::uint32_t number, std::uint32_t argument, std::uint32_t flag) {
  add({kJumpIfEqual, 0, 4, number});
  load(this->argument(argument));
  add({kJumpIfSet, 0, 1, flag});
  allow();
  refuse(EPERM);
}

void SystemCallFilter::allow() { add({kReturn, 0, 0, SECCOMP_RET_ALLOW}); }

void SystemCallFilter::refuse(std::uint32_t error) { add({kReturn, 0, 0, refusal(error)}); }

SystemError SystemCallFilter::install() {
  if (kProcessor == 0) return ENOSYS;
  // Else only root might, and a program with more rights than we have could be tricked by what is refused to it.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  const sock_fprog program{static_cast<unsigned short>(instructions_.size()), instructions_.data()};
  const long answer = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
  if (answer < 0) return errno;
  // Else it is a thread that has a filter of its own, which nobody of us made.
  return answer == 0 ? 0 : EBUSY;
}

}  // namespace ramson
