// The one ordered table of kernels, best first, and the choice among them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "kernel.h"

namespace ramson {

/// The kernels that this machine can run, best first. `generic` is always the last. A kernel that disagrees with
/// `generic` when it is first looked at is left out: a slow relay is better than one that sends rubbish.
std::span<const Kernel> usable_kernels();

/// Null when there is no such kernel or this machine cannot run it.
const Kernel *find_kernel(std::string_view name);

/// The kernel of this process, chosen once: the one that RAMSON_KERNEL names, else the best. Null, with the reason in
/// `kernel_error()`, when RAMSON_KERNEL names one that cannot be had.
const Kernel *process_kernel();

/// Why `process_kernel()` is null.
const std::string &kernel_error();

}  // namespace ramson
