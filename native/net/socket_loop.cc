#include "socket_loop.h"

#include "kernel_queue.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <ctime>

namespace ramson {
namespace {

using shard_records::LinkEnd;
using shard_records::LinkEventKind;

constexpr std::uint32_t kWakeSlot = UINT32_MAX;
constexpr std::uint32_t kTimerSlot = UINT32_MAX - 1;
constexpr int kReadyMax = 256;
constexpr std::size_t kDirtyMax = 256;
/// What one link may bring in a turn, so that others get theirs.
constexpr std::size_t kReadMax = 128 * 1024;
/// Whole cells of either size that a record carries.
constexpr std::size_t kCellsPerRecord = kRecordDataMax / cell_layout::kFixedCellSize;
constexpr std::size_t kRecordRoom = kCellsPerRecord * cell_layout::kFixedCellSize + RecordSealer::kOverhead;
constexpr std::size_t kRecordsPerSend = 8;
constexpr std::size_t kSendRoom = kRecordsPerSend * kRecordRoom + RecordSealer::kKeyUpdateSize;
/// Sends of one link in one turn.
constexpr int kSendsMax = 4;
/// Blocks for partial records that are kept for the next.
constexpr std::size_t kBlocksMax = 64;
/// How often links are looked at that wait for room.
constexpr double kRetryMs = 10;
/// Below so many octets for each flushed link, writes are worth waiting for.
constexpr std::size_t kSmallFlush = 4 * cell_layout::kFixedCellSize;
/// What the kernel said of a socket counts for so long; of what it said before, so much.
constexpr double kKernelMs = 10;
constexpr double kOldRoom = 16 * cell_layout::kFixedCellSize;
/// Share of its time that a thread works from which on it is busy, measured over windows of this length.
constexpr double kBusy = 0.6;
constexpr double kBusyWindowMs = 20;

double monotonic_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

std::uint64_t wall_clock_ms() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

/// What one link may take of the octets that all have, so that none takes everything before the others' turn. As in
/// src/dataplane/plain/plain-plane.ts.
double write_share(double octets) {
  constexpr double kLeast = 16 * cell_layout::kFixedCellSize, kMost = 64 * cell_layout::kFixedCellSize;
  return octets <= kLeast ? octets : std::clamp(octets / 8, kLeast, kMost);
}

bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

std::unique_ptr<SocketLoop> SocketLoop::open(Shard &shard, const SocketLoopSettings &settings) {
  std::unique_ptr<SocketLoop> loop(new SocketLoop(shard, settings));
  if (loop->poll_ < 0 || loop->wake_ < 0 || loop->timer_ < 0) return nullptr;
  epoll_event woken{.events = EPOLLIN, .data = {.u32 = kWakeSlot}};
  epoll_event timed{.events = EPOLLIN, .data = {.u32 = kTimerSlot}};
  if (epoll_ctl(loop->poll_, EPOLL_CTL_ADD, loop->wake_, &woken) != 0) return nullptr;
  if (epoll_ctl(loop->poll_, EPOLL_CTL_ADD, loop->timer_, &timed) != 0) return nullptr;
  return loop;
}

SocketLoop::SocketLoop(Shard &shard, const SocketLoopSettings &settings)
    : shard_(shard),
      settings_(settings),
      poll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
      in_(new std::uint8_t[kRecordSizeMax + kReadMax]),
      out_(new std::uint8_t[kSendRoom]),
      clock_offset_ms_(settings.now_ms - monotonic_ms()) {
  look_at_clock();
}

SocketLoop::~SocketLoop() {
  for (std::uint32_t slot = 0; slot < links_.size(); slot++) forget(slot);
  for (const int descriptor : {poll_, wake_, timer_}) {
    if (descriptor >= 0) close(descriptor);
  }
}

void SocketLoop::wake() {
  const std::uint64_t one = 1;
  // Refused only where it is readable anyway.
  if (write(wake_, &one, sizeof one) < 0) return;
}

bool SocketLoop::adopt(const AdoptedLink &adopted) {
  if (adopted.descriptor < 0) return false;
  if (find(adopted.slot) != nullptr || adopted.slot >= kTimerSlot) {
    close(adopted.descriptor);
    return false;
  }
  if (adopted.slot >= links_.size()) links_.resize(std::size_t{adopted.slot} + 1);
  links_[adopted.slot].reset(new SocketLink(adopted.slot, adopted.channel, adopted.descriptor));
  link_count_++;
  SocketLink &link = *links_[adopted.slot];
  link.opener.start(*settings_.kernel, adopted.suite, adopted.end, adopted.reading.secret, adopted.reading.sequence);
  link.sealer.start(*settings_.kernel, adopted.suite, adopted.writing.secret, adopted.writing.sequence);
  look_at_clock();
  link.used_at_ms = link.wrote_at_ms = wall_ms_;
  link.has_rate_limit = !adopted.is_relay;
  link.is_private = adopted.is_private;
  const int on = 1;
  // What is no TCP socket has nothing to delay.
  setsockopt(link.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (adopted.held.empty() && adopted.behind.empty()) {
    watch(link);
  } else {
    hold(link, adopted.held, adopted.behind);
  }
  make_due(link);
  wake();
  return true;
}

void SocketLoop::forget(std::uint32_t slot) {
  SocketLink *link = find(slot);
  if (link == nullptr) return;
  if (!link->has_ended) {
    send_alert(*link, TlsAlert::kCloseNotify);
    link->has_ended = true;
    watch(*link);
  }
  waiting_octets_ -= link->held.size() + link->behind.size() + link->unsent_size();
  // The next link of this slot comes into the lists by itself.
  if (link->is_holding) std::erase(holding_, slot);
  if (link->is_limited()) std::erase(limited_, slot);
  close(link->descriptor);
  links_[slot].reset();
  link_count_--;
}

std::uint64_t SocketLoop::used_at_ms(std::uint32_t slot) const {
  const SocketLink *link = find(slot);
  return link == nullptr ? 0 : link->used_at_ms;
}

std::uint64_t SocketLoop::octets_read(std::uint32_t slot) const {
  const SocketLink *link = find(slot);
  return link == nullptr ? 0 : link->octets_read;
}

std::uint64_t SocketLoop::octets_written(std::uint32_t slot) const {
  const SocketLink *link = find(slot);
  return link == nullptr ? 0 : link->octets_written;
}

std::uint64_t SocketLoop::wrote_at_ms(std::uint32_t slot) const {
  const SocketLink *link = find(slot);
  return link == nullptr ? 0 : link->wrote_at_ms;
}

void SocketLoop::look_at_clock() {
  now_ms_ = monotonic_ms() + clock_offset_ms_;
  wall_ms_ = wall_clock_ms();
}

double SocketLoop::may_read(SocketLink &link) {
  SharedRateLimit &limit = settings_.read_limit;
  const double all = limit.is_limited() && !is_free(link) ? limit.available(wall_ms_) : INFINITY;
  return link.has_rate_limit ? std::min(all, link.read_limit.available(settings_.link_rates, now_ms_)) : all;
}

double SocketLoop::may_write(SocketLink &link) {
  SharedRateLimit &limit = settings_.write_limit;
  const double all = limit.is_limited() && !is_free(link) ? write_share(limit.available(wall_ms_)) : INFINITY;
  return link.has_rate_limit ? std::min(all, link.write_limit.available(settings_.link_rates, now_ms_)) : all;
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────

void SocketLoop::run() {
  look_at_clock();
  const double began_ms = now_ms_;
  epoll_event ready[kReadyMax];
  const int count = epoll_wait(poll_, ready, kReadyMax, 0);
  for (int i = 0; i < count; i++) {
    const std::uint32_t slot = ready[i].data.u32;
    if (slot == kWakeSlot) {
      std::uint64_t wakes;
      if (::read(wake_, &wakes, sizeof wakes) < 0) continue;
    } else if (slot == kTimerSlot) {
      on_timer();
    } else if (SocketLink *link = find(slot); link != nullptr) {
      if ((ready[i].events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) make_due(*link);
      if ((ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && link->reads()) read(*link);
    }
  }
  take_turn();
  const double ended_ms = monotonic_ms() + clock_offset_ms_;
  worked_ms_ += ended_ms - began_ms;
  if (ended_ms - window_since_ms_ < kBusyWindowMs) return;
  is_busy_ = worked_ms_ >= kBusy * (ended_ms - window_since_ms_);
  window_since_ms_ = ended_ms;
  worked_ms_ = 0;
}

void SocketLoop::read(SocketLink &link) {
  std::size_t room = kReadMax;
  const double budget = may_read(link);
  if (budget <= 0) {
    settings_.counters[kReadsLimited]++;
    limit(link);
    link.is_read_limited = true;
    return watch(link);
  }
  if (budget < kReadMax) room = std::max(kRecordDataMax, static_cast<std::size_t>(budget));
  if (link.partial_size > 0) std::memcpy(in_.get(), link.partial.get(), link.partial_size);
  const ssize_t size = recv(link.descriptor, in_.get() + link.partial_size, room, 0);
  if (size < 0) {
    if (!would_block(errno)) end(link, LinkEnd::kSocketFailed);
    return;
  }
  if (size == 0) return end(link, LinkEnd::kPeerClosed);
  link.used_at_ms = wall_ms_;
  settings_.counters[kReads]++;
  const std::size_t whole = link.partial_size + static_cast<std::size_t>(size);
  link.partial_size = 0;
  open_records(link, {in_.get(), whole});
}

void SocketLoop::open_records(SocketLink &link, std::span<std::uint8_t> octets) {
  for (;;) {
    std::span<std::uint8_t> data;
    switch (link.opener.next(octets, data)) {
      case RecordOpener::Next::kData: {
        if (!is_free(link)) {
          settings_.counters[kBytesRead] += static_cast<double>(data.size());
          settings_.read_limit.spend(data.size());
          link.octets_read += data.size();
        }
        link.read_limit.spend(data.size());
        const std::size_t taken = shard_.receive(link.slot, data.data(), data.size());
        if (taken < data.size()) return hold(link, data.subspan(taken), octets);
        break;
      }
      case RecordOpener::Next::kMore:
        return keep_partial(link, octets);
      case RecordOpener::Next::kKeyUpdate:
        link.owes_key_update = true;
        make_due(link);
        break;
      case RecordOpener::Next::kClosed:
        return end(link, LinkEnd::kPeerClosed);
      case RecordOpener::Next::kAborted:
        return end(link, LinkEnd::kPeerAlert);
      case RecordOpener::Next::kFault:
        send_alert(link, link.opener.alert());
        return end(link, LinkEnd::kBadRecord);
    }
  }
}

void SocketLoop::keep_partial(SocketLink &link, std::span<const std::uint8_t> octets) {
  if (octets.empty()) {
    if (link.partial != nullptr && blocks_.size() < kBlocksMax) blocks_.push_back(std::move(link.partial));
    link.partial.reset();
    return;
  }
  if (link.partial == nullptr && !blocks_.empty()) {
    link.partial = std::move(blocks_.back());
    blocks_.pop_back();
  } else if (link.partial == nullptr) {
    link.partial.reset(new std::uint8_t[kRecordSizeMax]);
  }
  std::memcpy(link.partial.get(), octets.data(), octets.size());
  link.partial_size = octets.size();
}

void SocketLoop::hold(SocketLink &link, std::span<const std::uint8_t> held, std::span<const std::uint8_t> behind) {
  link.held.assign(held.begin(), held.end());
  link.behind.assign(behind.begin(), behind.end());
  waiting_octets_ += held.size() + behind.size();
  link.is_holding = true;
  holding_.push_back(link.slot);
  watch(link);
}

void SocketLoop::retry_held() {
  // Those that have to wait again come into the list again.
  const std::vector<std::uint32_t> slots = std::move(holding_);
  holding_.clear();
  for (const std::uint32_t slot : slots) {
    SocketLink *link = find(slot);
    if (link == nullptr || !link->is_holding) continue;
    std::vector<std::uint8_t> held = std::move(link->held), behind = std::move(link->behind);
    link->held.clear();
    link->behind.clear();
    waiting_octets_ -= held.size() + behind.size();
    link->is_holding = false;
    if (link->has_ended) continue;
    const std::size_t taken = held.empty() ? 0 : shard_.receive(slot, held.data(), held.size());
    if (taken < held.size()) {
      hold(*link, std::span(held).subspan(taken), behind);
    } else {
      open_records(*link, behind);
      watch(*link);
    }
  }
}

// ── the turn ────────────────────────────────────────────────────────────────────────────────────────────────────────

std::size_t SocketLoop::turn(std::uint32_t *others, std::size_t room) {
  look_at_clock();
  take_turn();
  const std::size_t count = std::min(room, others_.size());
  std::copy(others_.end() - static_cast<std::ptrdiff_t>(count), others_.end(), others);
  others_.resize(others_.size() - count);
  return count;
}

bool SocketLoop::has_news() const {
  return shard_.events().size() > 0 || shard_.link_events().size() > 0 || !others_.empty();
}

void SocketLoop::events_taken() {
  if (!holding_.empty()) wake();
}

void SocketLoop::take_turn() {
  shard_turn();
  if (!holding_.empty()) {
    retry_held();
    shard_turn();
    if (!holding_.empty()) arm_timer(now_ms_ + kRetryMs);
  }
  if (!due_.empty()) {
    const double tick_ms = settings_.pacing.scheduler() == Scheduler::kVanilla ? 0 : settings_.pacing.tick_ms();
    if (is_busy_ && flushes_are_small_ && now_ms_ < flushed_at_ms_ + tick_ms) {
      arm_timer(flushed_at_ms_ + tick_ms);
    } else {
      flush_due();
    }
  }
  shard_.write_counters(settings_.shard_counters);
}

void SocketLoop::shard_turn() {
  std::uint32_t dirty[kDirtyMax];
  std::size_t count;
  do {
    count = shard_.turn(now_ms_, dirty, kDirtyMax);
    for (std::size_t i = 0; i < count; i++) {
      SocketLink *link = find(dirty[i]);
      if (link == nullptr) {
        others_.push_back(dirty[i]);
      } else {
        make_due(*link);
      }
    }
  } while (count == kDirtyMax);
}

void SocketLoop::flush_due() {
  flushing_.swap(due_);
  std::size_t octets = 0;
  for (const std::uint32_t slot : flushing_) {
    SocketLink *link = find(slot);
    if (link == nullptr) continue;
    link->is_due = false;
    octets += flush(*link);
  }
  flushes_are_small_ = octets < kSmallFlush * flushing_.size();
  flushed_at_ms_ = now_ms_;
  flushing_.clear();
}

std::size_t SocketLoop::flush(SocketLink &link) {
  if (link.has_ended || link.is_write_limited || !send_unsent(link) || link.is_paced) return 0;
  std::size_t written = 0;
  for (int sends = 0;; sends++) {
    double budget = may_write(link);
    if (budget > 0) {
      // A cell may take the bucket below zero.
      budget = std::max(budget, static_cast<double>(cell_layout::kFixedCellSize));
    } else if (shard_.backlog(link.slot) > 0) {
      settings_.counters[kWritesLimited]++;
      limit(link);
      link.is_write_limited = true;
    }
    if (const double room = kernel_room(link); room < budget) {
      if (room < static_cast<double>(cell_layout::kFixedCellSize) && shard_.backlog(link.slot) > 0) {
        pace(link);
        return written;
      }
      budget = room;
    }
    std::size_t size = 0, cells = 0;
    if (link.owes_key_update || link.sealer.needs_key_update()) {
      size += link.sealer.update_key(out_.get());
      link.owes_key_update = false;
    }
    bool is_full = false;
    for (std::size_t records = 0; !is_full; records++) {
      is_full = records == kRecordsPerSend;
      if (is_full || link.sealer.needs_key_update()) break;
      std::uint8_t *record = out_.get() + size;
      constexpr std::size_t kData = kRecordRoom - RecordSealer::kOverhead;
      const std::size_t room = budget < kData ? static_cast<std::size_t>(std::max(0.0, budget)) : kData;
      const std::size_t taken = shard_.take(link.slot, record + RecordSealer::kBefore, room);
      if (taken == 0) break;
      size += link.sealer.seal(record, taken);
      cells += taken;
      budget -= static_cast<double>(taken);
      if (taken < kData / 2 && shard_.backlog(link.slot) == 0) break;
    }
    if (size == 0) return written;
    if (!is_free(link)) {
      settings_.counters[kBytesWritten] += static_cast<double>(cells);
      settings_.write_limit.spend(cells);
      link.octets_written += cells;
    }
    link.write_limit.spend(cells);
    written += cells;
    link.used_at_ms = wall_ms_;
    link.kernel_room -= static_cast<double>(size);
    if (!send(link, out_.get(), size)) return written;
    if (link.unsent_size() > 0 || shard_.backlog(link.slot) == 0 || link.is_write_limited) return written;
    if (sends + 1 < kSendsMax) continue;
    // The others first.
    make_due(link);
    wake();
    return written;
  }
}

bool SocketLoop::send_unsent(SocketLink &link) {
  const std::size_t size = link.unsent_size();
  if (size == 0) return true;
  const ssize_t sent = ::send(link.descriptor, link.unsent.data() + link.unsent_at, size, MSG_NOSIGNAL);
  if (sent < 0) {
    if (!would_block(errno)) end(link, LinkEnd::kSocketFailed);
    return false;
  }
  settings_.counters[kWrites]++;
  waiting_octets_ -= static_cast<std::size_t>(sent);
  link.unsent_at += static_cast<std::size_t>(sent);
  link.wrote_at_ms = wall_ms_;
  if (link.unsent_size() > 0) return false;
  std::vector<std::uint8_t>().swap(link.unsent);
  link.unsent_at = 0;
  watch(link);
  return true;
}

bool SocketLoop::send(SocketLink &link, const std::uint8_t *octets, std::size_t size) {
  settings_.counters[kWrites]++;
  ssize_t sent = ::send(link.descriptor, octets, size, MSG_NOSIGNAL);
  if (sent < 0) {
    if (!would_block(errno)) {
      end(link, LinkEnd::kSocketFailed);
      return false;
    }
    sent = 0;
  }
  const auto gone = static_cast<std::size_t>(sent);
  if (gone > 0) link.wrote_at_ms = wall_ms_;
  if (gone == size) return true;
  link.unsent.assign(octets + gone, octets + size);
  link.unsent_at = 0;
  waiting_octets_ += size - gone;
  watch(link);
  return true;
}

void SocketLoop::send_alert(SocketLink &link, TlsAlert alert) {
  // Behind records that are not whole on the way it would mean nothing.
  if (link.unsent_size() > 0) return;
  std::uint8_t record[RecordSealer::kAlertSize];
  const std::size_t size = link.sealer.send_alert(record, alert);
  if (::send(link.descriptor, record, size, MSG_NOSIGNAL) < 0) return;
}

void SocketLoop::end(SocketLink &link, LinkEnd reason) {
  if (link.has_ended) return;
  link.has_ended = true;
  watch(link);
  shard_.link_events().add({.kind = static_cast<std::uint8_t>(LinkEventKind::kLinkEnded),
                            .code = static_cast<std::uint8_t>(reason),
                            .subject = link.channel,
                            .number = link.slot});
}

void SocketLoop::make_due(SocketLink &link) {
  if (link.is_due) return;
  link.is_due = true;
  due_.push_back(link.slot);
}

void SocketLoop::watch(SocketLink &link) {
  std::uint32_t wanted = link.reads() ? std::uint32_t{EPOLLIN} : 0;
  if (link.unsent_size() > 0 && !link.has_ended) wanted |= EPOLLOUT;
  if (wanted == link.watched) return;
  epoll_event event{.events = wanted, .data = {.u32 = link.slot}};
  // What is watched for nothing would still be told of as hung up, over and over.
  const int operation = wanted == 0 ? EPOLL_CTL_DEL : link.watched == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  link.watched = wanted;
  if (epoll_ctl(poll_, operation, link.descriptor, &event) != 0 && wanted != 0) end(link, LinkEnd::kSocketFailed);
}

// ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────────

void SocketLoop::arm_timer(double at_ms) {
  if (timer_at_ms_ > 0 && timer_at_ms_ <= at_ms) return;
  timer_at_ms_ = at_ms;
  const double wait_ms = std::max(0.01, at_ms - now_ms_);
  const auto nanoseconds = static_cast<std::int64_t>(wait_ms * 1e6);
  itimerspec when{};
  when.it_value.tv_sec = nanoseconds / 1'000'000'000;
  when.it_value.tv_nsec = nanoseconds % 1'000'000'000;
  timerfd_settime(timer_, 0, &when, nullptr);
}

void SocketLoop::on_timer() {
  std::uint64_t times;
  if (::read(timer_, &times, sizeof times) < 0) return;
  timer_at_ms_ = 0;
  if (paced_at_ms_ > 0 && now_ms_ >= paced_at_ms_) {
    paced_at_ms_ = 0;
    for (const std::uint32_t slot : paced_) {
      SocketLink *link = find(slot);
      if (link == nullptr) continue;
      link->is_paced = false;
      make_due(*link);
    }
    paced_.clear();
  }
  if (refill_at_ms_ > 0 && now_ms_ >= refill_at_ms_) refill();
  for (const double at_ms : {paced_at_ms_, refill_at_ms_}) {
    if (at_ms > 0) arm_timer(at_ms);
  }
}

double SocketLoop::kernel_room(SocketLink &link) {
  if (settings_.pacing.scheduler() != Scheduler::kKist) return INFINITY;
  const bool is_used_up = link.kernel_room < static_cast<double>(cell_layout::kFixedCellSize);
  if (!is_used_up) {
    // Asking for every cell of a quiet link would cost more than the few that are given too much.
    if (now_ms_ >= link.kernel_asked_ms + kKernelMs) link.kernel_room = std::min(link.kernel_room, kOldRoom);
    return link.kernel_room;
  }
  KernelQueue queue;
  link.kernel_asked_ms = now_ms_;
  const bool is_told = ask_kernel_queue(link.descriptor, queue);
  link.kernel_room = is_told ? ramson::kernel_room(queue, settings_.pacing.buffer_factor()) : INFINITY;
  return link.kernel_room;
}

void SocketLoop::pace(SocketLink &link) {
  link.is_paced = true;
  paced_.push_back(link.slot);
  if (paced_at_ms_ == 0) paced_at_ms_ = now_ms_ + settings_.pacing.tick_ms();
  arm_timer(paced_at_ms_);
}

void SocketLoop::limit(SocketLink &link) {
  if (!link.is_limited()) limited_.push_back(link.slot);
  if (refill_at_ms_ == 0) refill_at_ms_ = now_ms_ + std::max(1.0, settings_.link_rates.refill_ms());
  arm_timer(refill_at_ms_);
}

void SocketLoop::refill() {
  refill_at_ms_ = 0;
  const std::vector<std::uint32_t> slots = std::move(limited_);
  limited_.clear();
  for (const std::uint32_t slot : slots) {
    SocketLink *link = find(slot);
    if (link == nullptr) continue;
    if (may_read(*link) > 0) link->is_read_limited = false;
    if (link->is_write_limited && may_write(*link) > 0) {
      link->is_write_limited = false;
      make_due(*link);
    }
    if (link->is_limited()) limited_.push_back(slot);
    watch(*link);
  }
  if (!limited_.empty()) refill_at_ms_ = now_ms_ + std::max(1.0, settings_.link_rates.refill_ms());
}

}  // namespace ramson
