// Capabilities over a change of user. They belong to a thread: who calls this is the one that opens ports, and all
// other threads lose everything with the change. The kernel is called by its own numbers, since libc has no names for
// it and libcap need not be there.

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "confinement.h"

namespace ramson {

SystemError keep_capabilities() { return prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 ? 0 : errno; }

SystemError keep_bind_capability_alone() {
  constexpr std::uint32_t kBind = 1U << CAP_NET_BIND_SERVICE;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  // Two words of each set; the capability is in the first.
  const __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {{kBind, kBind, 0}, {0, 0, 0}};
  if (syscall(SYS_capset, &header, sets) != 0) return errno;
  return prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == 0 ? 0 : errno;
}

}  // namespace ramson
