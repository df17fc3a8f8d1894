// A process that is not "dumpable" cannot be attached to by its own user, nor its memory read, and leaves no core.

#include <sys/prctl.h>

#include <cerrno>

#include "confinement.h"

namespace ramson {

SystemError set_dumpable(bool dumpable) { return prctl(PR_SET_DUMPABLE, dumpable ? 1 : 0, 0, 0, 0) == 0 ? 0 : errno; }

}  // namespace ramson
