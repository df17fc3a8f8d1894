// A kernel is compared with `generic` before it is used, because a processor or a compiler may get an instruction
// wrong.
#pragma once

#include "kernel.h"

namespace ramson {

/// True when both kernels give equal results on a few calls of every function. Costs some tens of microseconds.
bool agree(const Kernel &kernel, const Kernel &reference);

}  // namespace ramson
