// The system calls that a relay makes once it is up, grouped by what for, and no others. What is not in the list fails
// with EPERM and does not end the process: libc, libuv and V8 try newer calls all the time and know what to do without
// them, so that a relay would otherwise end with the next version of one of them. What matters is that nothing comes of
// it.
//
// Left out on purpose: programs, processes, other users, changes of owners, mounts, keys, other processes' memory,
// tracing, new rings of io_uring, kinds of sockets that a relay has no use for, devices.

#include <linux/prctl.h>
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "confinement.h"
#include "seccomp.h"

namespace ramson {
namespace {

// Younger than the headers of some systems that we are built on; the same on both processors.
constexpr std::uint32_t kClone3 = 435;
constexpr std::uint32_t kCloseRange = 436;
constexpr std::uint32_t kFileAccess2 = 439;
constexpr std::uint32_t kEpollWait2 = 441;
constexpr std::uint32_t kFutexWaitMany = 449;
constexpr std::uint32_t kChangeMode2 = 452;
constexpr std::uint32_t kFutexWake = 454;
constexpr std::uint32_t kFutexWait = 455;
constexpr std::uint32_t kFutexRequeue = 456;
/// Names for memory in /proc/self/maps, by which glibc and V8 tell what it is for.
constexpr std::uint32_t kNameMemory = 0x53564d41;

/// Links, listeners, controllers, names looked up. `socket` itself is looked at below.
constexpr std::uint32_t kSockets[] = {
    SYS_connect,     SYS_accept4,  SYS_accept,     SYS_bind,       SYS_listen,     SYS_getsockname,
    SYS_getpeername, SYS_sendto,   SYS_sendmsg,    SYS_sendmmsg,   SYS_recvfrom,   SYS_recvmsg,
    SYS_recvmmsg,    SYS_shutdown, SYS_setsockopt, SYS_getsockopt, SYS_socketpair,
};

/// Waiting for any of them: libuv's loops and ours.
constexpr std::uint32_t kLoops[] = {
    SYS_epoll_create1,
    SYS_epoll_ctl,
    SYS_epoll_pwait,
    kEpollWait2,
    SYS_eventfd2,
    SYS_pipe2,
    SYS_ppoll,
    SYS_pselect6,
    SYS_timerfd_create,
    SYS_timerfd_settime,
    SYS_timerfd_gettime,
    // Of libuv's own: newer ones change an epoll by way of a ring that each loop makes at its start, and
    // abort where that is refused. A ring opens files and sockets, but no program, no process and no memory of others.
    SYS_io_uring_enter,
#if defined(__x86_64__)
    SYS_epoll_wait,
    SYS_poll,
    SYS_select,
    SYS_pipe,
    SYS_eventfd,
#endif
};

/// What is open already.
constexpr std::uint32_t kDescriptors[] = {
    SYS_read,    SYS_write,    SYS_readv, SYS_writev,  SYS_pread64, SYS_pwrite64, SYS_preadv, SYS_pwritev,
    SYS_preadv2, SYS_pwritev2, SYS_close, kCloseRange, SYS_dup,     SYS_dup3,     SYS_fcntl,
#if defined(__x86_64__)
    SYS_dup2,
#endif
};

/// The DataDirectory, logs, the torrc, and the program's own files, for threads that begin anew.
constexpr std::uint32_t kFiles[] = {
    SYS_openat,    SYS_newfstatat, SYS_fstat,     SYS_statx,     SYS_lseek,      SYS_getdents64, SYS_ftruncate,
    SYS_fsync,     SYS_fdatasync,  SYS_renameat,  SYS_renameat2, SYS_unlinkat,   SYS_mkdirat,    SYS_fchmod,
    SYS_fchmodat,  kChangeMode2,   SYS_faccessat, kFileAccess2,  SYS_readlinkat, SYS_getcwd,     SYS_flock,
    SYS_fadvise64, SYS_statfs,     SYS_fstatfs,   SYS_umask,
#if defined(__x86_64__)
    SYS_open,      SYS_stat,       SYS_lstat,     SYS_access,    SYS_readlink,   SYS_rename,     SYS_unlink,
    SYS_mkdir,     SYS_rmdir,      SYS_chmod,
#endif
};

/// V8's heaps and compiled code, and malloc.
constexpr std::uint32_t kMemory[] = {
    SYS_mmap,       SYS_munmap,  SYS_mprotect,   SYS_mremap,    SYS_madvise,       SYS_brk,
    SYS_membarrier, SYS_mincore, SYS_pkey_alloc, SYS_pkey_free, SYS_pkey_mprotect,
};

/// Worker threads come and go: for onion skins, for a shard that died. `clone` itself is looked at below.
constexpr std::uint32_t kThreads[] = {
    SYS_futex,
    kFutexWaitMany,
    kFutexWake,
    kFutexWait,
    kFutexRequeue,
    SYS_set_robust_list,
    SYS_get_robust_list,
    SYS_rseq,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_sched_getparam,
    SYS_sched_getscheduler,
    // A shard that begins anew asks for short turns.
    SYS_sched_getattr,
    SYS_sched_setattr,
    SYS_sched_get_priority_max,
    SYS_sched_get_priority_min,
    SYS_set_tid_address,
    SYS_gettid,
    SYS_exit,
    SYS_exit_group,
    SYS_wait4,
    SYS_waitid,
};

constexpr std::uint32_t kSignals[] = {
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigtimedwait, SYS_sigaltstack, SYS_restart_syscall,
};

/// The time, randomness, and what a process may know of itself and its machine.
constexpr std::uint32_t kQuestions[] = {
    SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep,   SYS_gettimeofday, SYS_getrandom,
    SYS_getpid,        SYS_getppid,      SYS_getuid,          SYS_geteuid,     SYS_getgid,       SYS_getegid,
    SYS_getgroups,     SYS_getresuid,    SYS_getresgid,       SYS_uname,       SYS_sysinfo,      SYS_getrusage,
    SYS_times,         SYS_getcpu,       SYS_prlimit64,       SYS_getpriority, SYS_capget,
#if defined(__x86_64__)
    SYS_time,          SYS_getrlimit,
#endif
};

constexpr std::uint32_t kFamilies[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
constexpr std::uint32_t kControls[] = {FIONBIO, FIONREAD, FIOCLEX, FIONCLEX, TCGETS, TIOCGWINSZ, TIOCOUTQ};
constexpr std::uint32_t kOwnProperties[] = {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, kNameMemory};

template <std::size_t Count>
void allow_all(SystemCallFilter &filter, const std::uint32_t (&numbers)[Count]) {
  for (const std::uint32_t number : numbers) filter.allow_if(number);
}

}  // namespace

SystemError enter_sandbox() {
  SystemCallFilter filter;
  // The most frequent first; newer kernels remember the answer for all of these.
  allow_all(filter, kDescriptors);
  allow_all(filter, kLoops);
  allow_all(filter, kSockets);
  allow_all(filter, kThreads);
  allow_all(filter, kQuestions);
  allow_all(filter, kMemory);
  allow_all(filter, kSignals);
  allow_all(filter, kFiles);
  // Its flags lie in memory, where no filter can look: without it libc takes clone, which has them in an argument.
  filter.refuse_if(kClone3, ENOSYS);
  filter.allow_if_flag(SYS_clone, 0, CLONE_THREAD);
  filter.allow_if_any(SYS_socket, 0, kFamilies);
  filter.allow_if_any(SYS_ioctl, 1, kControls);
  filter.allow_if_any(SYS_prctl, 0, kOwnProperties);
  // Whether a controller's process is there, and no more; signals proper are for ourselves, such as that of abort().
  const std::uint32_t nothing[] = {0};
  const std::uint32_t ourselves[] = {static_cast<std::uint32_t>(getpid())};
  filter.allow_if_any(SYS_kill, 1, nothing);
  filter.allow_if_any(SYS_tgkill, 0, ourselves);
  filter.refuse(EPERM);
  return filter.install();
}

}  // namespace ramson
