#include "prompt_thread.h"

#ifdef __linux__
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace ramson {

bool ask_for_short_turns() {
#ifdef __linux__
  // Linux gives turns of three milliseconds otherwise: with main or a garbage collector on its core, a shard would wait
  // for the end of theirs with a cell that takes it a hundredth of that.
  constexpr unsigned long long kTurnNs = 200'000;
  sched_attr attributes{};
  if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return false;
  if (attributes.sched_policy != SCHED_NORMAL) return false;
  attributes.sched_runtime = kTurnNs;
  if (syscall(SYS_sched_setattr, 0, &attributes, 0) != 0) return false;
  // Kernels that have no turns of a thread's own take the call and forget it.
  return syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) == 0 && attributes.sched_runtime == kTurnNs;
#else
  return false;
#endif
}

}  // namespace ramson
