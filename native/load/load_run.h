// The load of a whole run of the generator, without Node: cells go in at one link and come out of another, where each
// one is decrypted as the relay should have encrypted it and compared with what was sent, its order in its flow
// included.
//
//   run ─▶ what is ready ─▶ recv ─▶ LoadLink::read ─▶ take: layers off, compared, counted
//      └▶ pumps: each link as full as its window, or pace: single cells when they are due ─▶ records ─▶ send
//
// What goes in need not be encrypted: to a relay in the middle any octets are ciphertext, and the check takes the
// relay's own layers off again. That halves what the generator spends.
//
//   body: flow u32 | number u32 | nanoseconds u64 | pattern, octet for octet
//
// Links and flows are added first; nothing is allocated per cell. One thread owns it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "../crypto/relay_direction.h"
#include "load_link.h"

namespace ramson {

/// One direction of one circuit, or of two that meet.
struct LoadFlow {
  /// Places of links, in the order in which they were added, and what they call the circuit.
  std::uint32_t from, from_id, to, to_id;
  /// The relay's layers, in the order in which they come off; null where there are no more.
  std::unique_ptr<RelayDirection> layers[2] = {};
  std::uint32_t sent = 0, received = 0;
};

struct LoadPumpSettings {
  /// Cells of one write and of one TLS record, cells of one flow in a row, cells of a link that may be under way.
  std::uint32_t write_cells, record_cells, run, window;
};

/// Cells at even distances, over all flows in turn. What is sent after the warm-up is measured.
struct LoadPaceSettings {
  double cells_per_second, warm_up_ms, measured_ms;
};

struct LoadCounts {
  std::uint64_t sent, received;
  /// Of a pace, after the warm-up: sent, and sent so much too late that it counts.
  std::uint64_t measured, late;
  LoadFault fault;
  /// The reason in a DESTROY.
  std::uint8_t detail;
};

class LoadRun {
 public:
  /// Cells of a pace that leave later than this after they were due are late.
  static constexpr std::uint64_t kLateNs = 2'000'000;
  /// What a second of a pace may have at most, and how long it may be measured.
  static constexpr double kPaceMax = 10e6, kPaceMsMax = 600e3;

  /// `pattern` has kLoadCell octets. Null where the system has not what it takes.
  static std::unique_ptr<LoadRun> open(const Kernel &kernel, const std::uint8_t *pattern);
  ~LoadRun();
  LoadRun(const LoadRun &) = delete;
  LoadRun &operator=(const LoadRun &) = delete;

  /// Its place, or kNoPlace: then the descriptor stays the caller's.
  std::uint32_t add_link(const LoadConnection &connection);
  static constexpr std::uint32_t kNoPlace = UINT32_MAX;
  /// False where there is no such link, or the load has begun.
  bool add_flow(LoadFlow flow);
  bool has_begun() const { return load_ != Load::kNone; }

  /// Begins: false where it has begun, without flows, or for settings out of bounds.
  bool pump(const LoadPumpSettings &settings);
  bool pace(const LoadPaceSettings &settings);
  /// Pumps send no more; a pace ends by itself.
  void stop() { is_stopped_ = true; }

  /// Works for so long, or until a fault. A thread whose pumps have little to do sleeps for moments.
  void run(double ms);

  const LoadCounts &counts() const { return counts_; }
  /// In milliseconds, of the measured cells that have arrived, as they came.
  std::span<const double> delays() const { return delays_; }

 private:
  enum class Load : std::uint8_t { kNone, kPumps, kPace };

  /// A link, the flows that come out of it by circ_id, and those that go in.
  struct Place {
    std::unique_ptr<LoadLink> link;
    std::vector<std::uint32_t> out;  // pairs of circ_id and flow in an open table, whose size is a power of two
    std::uint32_t out_shift = 0;
    std::vector<std::uint32_t> in;
    std::uint32_t turn = 0, turn_left = 0, under_way = 0;
    bool is_watched_for_room = false;
  };

  LoadRun(const Kernel &kernel, const std::uint8_t *pattern);

  void begin(Load load);
  void fail(LoadFault fault);
  void poll_links();
  LoadFault serve(std::uint32_t place, std::uint32_t ready);
  LoadFault take(const Place &place, std::uint8_t *cell);
  LoadFlow *find_flow(const Place &place, std::uint32_t circ_id);
  void note_delay(std::uint64_t sent_ns);
  LoadFault fill(Place &place);
  void fill_cell(std::uint8_t *cell, LoadFlow &flow, std::uint64_t time_ns);
  LoadFault send_due();
  LoadFault send_paced(LoadFlow &flow, std::uint64_t time_ns);
  void watch(std::uint32_t place);

  const Kernel &kernel_;
  int poll_ = -1;
  std::vector<Place> places_;
  std::vector<LoadFlow> flows_;
  std::unique_ptr<std::uint8_t[]> in_, out_;
  Load load_ = Load::kNone;
  bool is_stopped_ = false;
  LoadPumpSettings pumps_{};
  std::uint64_t few_cells_ = 0;
  double cell_distance_ns_ = 0;
  std::uint64_t began_ns_ = 0, measured_from_ns_ = 0, paced_cells_ = 0;
  std::vector<double> delays_;
  std::size_t delays_max_ = 0;
  LoadCounts counts_{};
  std::uint8_t pattern_[kLoadCell];
};

}  // namespace ramson
