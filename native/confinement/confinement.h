// What a process gives up for good, in all of its threads: capabilities, being read by a debugger, programs, system
// calls. Nothing here can be taken back, which is the point of it. Linux has all of it; elsewhere every call says that
// it is not to be had, and the caller decides what follows (no_confinement.cc).
#pragma once

namespace ramson {

/// A number of errno; 0 is success.
using SystemError = int;

/// From the next change of user on, the calling thread keeps what capabilities it is permitted to have.
SystemError keep_capabilities();
/// The calling thread has CAP_NET_BIND_SERVICE from now on and no other; what it kept for a change of user, it keeps
/// once.
SystemError keep_bind_capability_alone();

/// Whether processes of the same user may attach to this one or read its memory, and whether it leaves a core behind.
SystemError set_dumpable(bool dumpable);

/// execve and execveat fail with EPERM from now on, in every thread there is and will be.
SystemError forbid_programs();

/// Of system calls only those of a relay that is up are left (sandbox.cc); all others fail with EPERM, in every thread.
SystemError enter_sandbox();

}  // namespace ramson
