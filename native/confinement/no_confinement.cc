// Where there is none of it.

#include <cerrno>

#include "confinement.h"

namespace ramson {

SystemError keep_capabilities() { return ENOSYS; }
SystemError keep_bind_capability_alone() { return ENOSYS; }
SystemError set_dumpable(bool) { return ENOSYS; }
SystemError forbid_programs() { return ENOSYS; }
SystemError enter_sandbox() { return ENOSYS; }

}  // namespace ramson
