#include "load_run.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <ctime>
#include <utility>

#include "../kernels/words.h"

namespace ramson {
namespace {

constexpr std::size_t kCommandAt = cell_layout::kFixedCellCommandOffset;
constexpr std::size_t kBodyAt = cell_layout::kFixedCellBodyOffset;
constexpr std::size_t kNumberAt = kBodyAt + 4;
constexpr std::size_t kTimeAt = kBodyAt + 8;
constexpr std::size_t kPatternAt = kBodyAt + 16;
constexpr std::uint8_t kRelay = static_cast<std::uint8_t>(cell_layout::ChannelCommand::kRelay);
constexpr std::uint8_t kDestroy = static_cast<std::uint8_t>(cell_layout::ChannelCommand::kDestroy);

constexpr int kReadyMax = 256;
constexpr std::uint32_t kLinksMax = 1 << 16;
constexpr std::size_t kRecordCellsMax = kRecordDataMax / kLoadCell;
/// What one send has room for, beside a KeyUpdate.
constexpr std::size_t kRecordsRoom = kLoadSendMax - RecordSealer::kKeyUpdateSize;
constexpr std::uint32_t kWindowMax = 1 << 20;
/// Where fewer cells came in a turn than this part of what may be under way, it pays to wait for more; from so many on,
/// not.
constexpr std::uint64_t kFewPart = 32, kFewCellsMax = 512;
constexpr std::uint64_t kNapNs = 50'000;
/// A prime, so that cells of a pace that follow each other go over links that lie apart.
constexpr std::uint64_t kStride = 7;
constexpr std::uint32_t kNoFlow = UINT32_MAX;

std::uint64_t monotonic_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

std::uint64_t nanoseconds(double ms) { return static_cast<std::uint64_t>(ms * 1e6); }

/// Octets of `cells` cells in records of `record_cells`.
constexpr std::size_t sealed_size(std::size_t cells, std::size_t record_cells) {
  return cells * kLoadCell + (cells + record_cells - 1) / record_cells * RecordSealer::kOverhead;
}

/// Circ_ids follow each other; their multiples by an odd number do not.
std::size_t table_place(std::uint32_t circ_id, std::uint32_t shift) { return circ_id * 0x9e3779b1u >> shift; }

}  // namespace

std::unique_ptr<LoadRun> LoadRun::open(const Kernel &kernel, const std::uint8_t *pattern) {
  std::unique_ptr<LoadRun> run(new LoadRun(kernel, pattern));
  return run->poll_ < 0 ? nullptr : std::move(run);
}

LoadRun::LoadRun(const Kernel &kernel, const std::uint8_t *pattern)
    : kernel_(kernel),
      poll_(epoll_create1(EPOLL_CLOEXEC)),
      in_(new std::uint8_t[kLoadReadRoom]),
      out_(new std::uint8_t[kLoadSendMax]) {
  std::memcpy(pattern_, pattern, kLoadCell);
}

LoadRun::~LoadRun() {
  if (poll_ >= 0) close(poll_);
}

std::uint32_t LoadRun::add_link(const LoadConnection &connection) {
  if (has_begun() || places_.size() == kLinksMax || !LoadLink::accepts(connection)) return kNoPlace;
  const auto index = static_cast<std::uint32_t>(places_.size());
  epoll_event event{.events = EPOLLIN, .data = {.u32 = index}};
  if (epoll_ctl(poll_, EPOLL_CTL_ADD, connection.descriptor, &event) != 0) return kNoPlace;
  places_.emplace_back();
  Place &place = places_.back();
  place.link.reset(new LoadLink(kernel_, connection));
  fail(place.link->read_behind(connection.behind, in_.get(), [&](std::uint8_t *cell) { return take(place, cell); }));
  return index;
}

bool LoadRun::add_flow(LoadFlow flow) {
  if (has_begun() || flow.from >= places_.size() || flow.to >= places_.size() || flows_.size() == kNoFlow) return false;
  flows_.push_back(std::move(flow));
  return true;
}

void LoadRun::begin(Load load) {
  load_ = load;
  began_ns_ = monotonic_ns();
  for (std::uint32_t i = 0; i < flows_.size(); i++) places_[flows_[i].from].in.push_back(i);
  std::vector<std::uint32_t> counts(places_.size());
  for (const LoadFlow &flow : flows_) counts[flow.to]++;
  for (std::size_t i = 0; i < places_.size(); i++) {
    const std::uint32_t bits = static_cast<std::uint32_t>(std::bit_width(counts[i])) + 1;
    places_[i].out_shift = 32 - bits;
    places_[i].out.assign(std::size_t{2} << bits, kNoFlow);
  }
  for (std::uint32_t i = 0; i < flows_.size(); i++) {
    Place &place = places_[flows_[i].to];
    const std::size_t mask = place.out.size() / 2 - 1;
    std::size_t at = table_place(flows_[i].to_id, place.out_shift);
    while (place.out[2 * at + 1] != kNoFlow) at = (at + 1) & mask;
    place.out[2 * at] = flows_[i].to_id;
    place.out[2 * at + 1] = i;
  }
}

bool LoadRun::pump(const LoadPumpSettings &settings) {
  const auto [write_cells, record_cells, run, window] = settings;
  if (has_begun() || flows_.empty() || record_cells == 0 || record_cells > kRecordCellsMax || run == 0) return false;
  if (write_cells == 0 || write_cells > window || window > kWindowMax) return false;
  if (sealed_size(write_cells, record_cells) > kRecordsRoom) return false;
  pumps_ = settings;
  begin(Load::kPumps);
  std::uint64_t under_way = 0;
  for (const Place &place : places_) under_way += place.in.empty() ? 0 : window;
  few_cells_ = std::min(under_way / kFewPart, kFewCellsMax);
  return true;
}

bool LoadRun::pace(const LoadPaceSettings &settings) {
  const auto [cells_per_second, warm_up_ms, measured_ms] = settings;
  const auto is_within = [](double value, double least, double most) { return value >= least && value <= most; };
  if (has_begun() || flows_.empty() || !is_within(cells_per_second, 1, kPaceMax)) return false;
  if (!is_within(warm_up_ms, 0, kPaceMsMax) || !is_within(measured_ms, 1, kPaceMsMax)) return false;
  cell_distance_ns_ = 1e9 / cells_per_second;
  paced_cells_ = static_cast<std::uint64_t>(std::ceil((warm_up_ms + measured_ms) * 1e-3 * cells_per_second));
  // Late cells of the warm-up are measured, too.
  delays_max_ = paced_cells_;
  delays_.reserve(delays_max_);
  begin(Load::kPace);
  measured_from_ns_ = began_ns_ + nanoseconds(warm_up_ms);
  return true;
}

void LoadRun::run(double ms) {
  const std::uint64_t until = monotonic_ns() + nanoseconds(std::clamp(ms, 0.0, kPaceMsMax));
  do {
    const std::uint64_t received = counts_.received;
    poll_links();
    if (load_ == Load::kPace) {
      fail(send_due());
    } else if (load_ == Load::kPumps) {
      for (Place &place : places_) {
        if (!place.in.empty()) fail(fill(place));
      }
      if (counts_.received - received < few_cells_) {
        const timespec nap{.tv_sec = 0, .tv_nsec = kNapNs};
        nanosleep(&nap, nullptr);
      }
    }
  } while (counts_.fault == LoadFault::kNone && monotonic_ns() < until);
}

void LoadRun::fail(LoadFault fault) {
  if (counts_.fault == LoadFault::kNone) counts_.fault = fault;
}

// ── what comes ──────────────────────────────────────────────────────────────────────────────────────────────────────

void LoadRun::poll_links() {
  epoll_event ready[kReadyMax];
  const int count = epoll_wait(poll_, ready, kReadyMax, 0);
  for (int i = 0; i < count && counts_.fault == LoadFault::kNone; i++) fail(serve(ready[i].data.u32, ready[i].events));
}

LoadFault LoadRun::serve(std::uint32_t index, std::uint32_t ready) {
  Place &place = places_[index];
  LoadLink &link = *place.link;
  LoadFault fault = LoadFault::kNone;
  if ((ready & EPOLLOUT) != 0) fault = link.send_unsent();
  if (fault == LoadFault::kNone && (ready & ~std::uint32_t{EPOLLOUT}) != 0) {
    fault = link.read(in_.get(), [&](std::uint8_t *cell) { return take(place, cell); });
  }
  if (fault == LoadFault::kNone && link.owes_key_update()) fault = link.send_key_update();
  watch(index);
  return fault;
}

LoadFault LoadRun::take(const Place &place, std::uint8_t *cell) {
  if (cell[kCommandAt] == kDestroy) {
    counts_.detail = cell[kBodyAt];
    return LoadFault::kCircuitClosed;
  }
  // Padding, and whatever else a relay says of its own.
  if (cell[kCommandAt] != kRelay) return LoadFault::kNone;
  LoadFlow *flow = find_flow(place, load_be32(cell));
  if (flow == nullptr) return LoadFault::kStrangeCircuit;
  for (const auto &layer : flow->layers) {
    if (layer != nullptr) layer->crypt(cell + kBodyAt);
  }
  const std::uint64_t time = load_le64(cell + kTimeAt);
  const bool is_genuine = load_be32(cell + kBodyAt) == static_cast<std::uint32_t>(flow - flows_.data()) &&
                          load_be32(cell + kNumberAt) == flow->received && flow->received != flow->sent &&
                          (time == 0) == (load_ == Load::kPumps) &&
                          std::memcmp(cell + kPatternAt, pattern_ + kPatternAt, kLoadCell - kPatternAt) == 0;
  if (!is_genuine) return LoadFault::kAltered;
  flow->received++;
  counts_.received++;
  places_[flow->from].under_way--;
  if (load_ == Load::kPace) note_delay(time);
  return LoadFault::kNone;
}

LoadFlow *LoadRun::find_flow(const Place &place, std::uint32_t circ_id) {
  if (place.out.empty()) return nullptr;
  const std::size_t mask = place.out.size() / 2 - 1;
  for (std::size_t at = table_place(circ_id, place.out_shift);; at = (at + 1) & mask) {
    const std::uint32_t flow = place.out[2 * at + 1];
    if (flow == kNoFlow) return nullptr;
    if (place.out[2 * at] == circ_id) return &flows_[flow];
  }
}

void LoadRun::note_delay(std::uint64_t sent_ns) {
  if (sent_ns < measured_from_ns_ || delays_.size() == delays_max_) return;
  delays_.push_back(static_cast<double>(monotonic_ns() - sent_ns) * 1e-6);
}

// ── what goes ───────────────────────────────────────────────────────────────────────────────────────────────────────

void LoadRun::fill_cell(std::uint8_t *cell, LoadFlow &flow, std::uint64_t time_ns) {
  store_be32(cell, flow.from_id);
  cell[kCommandAt] = kRelay;
  store_be32(cell + kBodyAt, static_cast<std::uint32_t>(&flow - flows_.data()));
  store_be32(cell + kNumberAt, flow.sent++);
  store_le64(cell + kTimeAt, time_ns);
  std::memcpy(cell + kPatternAt, pattern_ + kPatternAt, kLoadCell - kPatternAt);
  places_[flow.from].under_way++;
  counts_.sent++;
}

LoadFault LoadRun::fill(Place &place) {
  LoadLink &link = *place.link;
  const auto [write_cells, record_cells, run, window] = pumps_;
  const std::size_t write_size = sealed_size(write_cells, record_cells);
  while (!is_stopped_ && link.unsent_size() == 0 && window - place.under_way >= write_cells) {
    std::size_t size = 0;
    while (window - place.under_way >= write_cells && size + write_size <= kRecordsRoom) {
      for (std::uint32_t left = write_cells; left > 0;) {
        const std::uint32_t cells = std::min(left, record_cells);
        // Once in a send at most, for which there is room.
        if (link.sealer().needs_key_update()) size += link.sealer().update_key(out_.get() + size);
        std::uint8_t *record = out_.get() + size;
        for (std::uint32_t i = 0; i < cells; i++) {
          if (place.turn_left == 0) {
            place.turn_left = run;
            place.turn = (place.turn + 1) % static_cast<std::uint32_t>(place.in.size());
          }
          place.turn_left--;
          fill_cell(record + RecordSealer::kBefore + i * kLoadCell, flows_[place.in[place.turn]], 0);
        }
        size += link.sealer().seal(record, cells * kLoadCell);
        left -= cells;
      }
    }
    const LoadFault fault = link.send(out_.get(), size);
    if (fault != LoadFault::kNone) return fault;
  }
  watch(static_cast<std::uint32_t>(&place - places_.data()));
  return LoadFault::kNone;
}

LoadFault LoadRun::send_due() {
  const std::uint64_t now = monotonic_ns();
  while (!is_stopped_ && counts_.sent < paced_cells_) {
    const auto due = began_ns_ + static_cast<std::uint64_t>(static_cast<double>(counts_.sent) * cell_distance_ns_);
    if (due > now) break;
    const std::uint64_t time = monotonic_ns();
    if (time >= measured_from_ns_) {
      counts_.measured++;
      if (time - due > kLateNs) counts_.late++;
    }
    const LoadFault fault = send_paced(flows_[counts_.sent * kStride % flows_.size()], time);
    if (fault != LoadFault::kNone) return fault;
  }
  return LoadFault::kNone;
}

LoadFault LoadRun::send_paced(LoadFlow &flow, std::uint64_t time_ns) {
  LoadLink &link = *places_[flow.from].link;
  std::size_t size = link.sealer().needs_key_update() ? link.sealer().update_key(out_.get()) : 0;
  std::uint8_t *record = out_.get() + size;
  fill_cell(record + RecordSealer::kBefore, flow, time_ns);
  size += link.sealer().seal(record, kLoadCell);
  const LoadFault fault = link.unsent_size() > 0 ? link.keep(out_.get(), size) : link.send(out_.get(), size);
  watch(flow.from);
  return fault;
}

void LoadRun::watch(std::uint32_t index) {
  Place &place = places_[index];
  const bool wants_room = place.link->unsent_size() > 0;
  if (wants_room == place.is_watched_for_room) return;
  place.is_watched_for_room = wants_room;
  epoll_event event{.events = EPOLLIN, .data = {.u32 = index}};
  if (wants_room) event.events |= EPOLLOUT;
  if (epoll_ctl(poll_, EPOLL_CTL_MOD, place.link->descriptor(), &event) != 0) fail(LoadFault::kLinkClosed);
}

}  // namespace ramson
