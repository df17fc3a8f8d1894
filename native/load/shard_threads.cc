#include "shard_threads.h"

#include <time.h>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "../shard/shard.h"

namespace ramson {
namespace {

using cell_layout::ChannelCommand;

constexpr std::size_t kLinks = 8;
constexpr std::size_t kCircuits = 64;
constexpr std::size_t kCell = cell_layout::kFixedCellSize;
/// What fills a TLS record.
constexpr std::size_t kChunkCells = 31;
/// Cells of one circuit in a row.
constexpr std::size_t kRun = 8;
/// Cells come in at all shards at the same rate, but for so many chunks of each link. Without that the shard that is
/// less busy would take in more, and what it sends on would keep the other all the busier.
constexpr std::uint32_t kLeadMax = 8;
/// Without a cell for so long, the core is left to others.
constexpr double kIdleMs = 2;
constexpr std::size_t kKeyMaterial = 72;

double clock_ms(clockid_t clock) {
  timespec time;
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

void rest() {
  const timespec moment{0, 20'000};
  nanosleep(&moment, nullptr);
}

/// Peers draw circ_ids at random.
std::uint32_t circ_id_of(std::size_t circuit) {
  return 0x80000000u | (static_cast<std::uint32_t>(circuit) * 0x9e3779b1u & 0x7fffffffu);
}

ChannelHandle channel_of(std::size_t shard, std::size_t link) { return (link + 1) * kShardsMax + shard; }

/// Where all threads wait for one another.
class Gathering {
 public:
  explicit Gathering(std::size_t threads) : threads_(static_cast<std::uint32_t>(threads)) {}
  /// Calls function() until all have come as often as the caller.
  template <typename Function>
  void await(std::uint32_t times, Function function) {
    came_.fetch_add(1);
    while (came_.load() < times * threads_) function();
  }

 private:
  const std::uint32_t threads_;
  std::atomic<std::uint32_t> came_{0};
};

struct alignas(64) Rounds {
  std::atomic<std::uint32_t> count{0};
};

struct Together {
  explicit Together(const ShardThreadsSettings &settings)
      : settings(settings), gathering(settings.threads), rounds(new Rounds[settings.threads]) {}

  bool is_ahead(std::size_t index) const {
    const std::uint32_t own = rounds[index].count.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < settings.threads; i++) {
      const auto lead = static_cast<std::int32_t>(own - rounds[i].count.load(std::memory_order_relaxed));
      if (lead > static_cast<std::int32_t>(kLeadMax)) return true;
    }
    return false;
  }

  const ShardThreadsSettings &settings;
  Exchange exchange;
  Gathering gathering;
  const std::unique_ptr<Rounds[]> rounds;
};

/// A link that brings cells, in one and the same memory: what has just come out of TLS is in the caches, too.
struct BusyLink {
  std::uint32_t slot = 0;
  std::uint32_t circ_ids[kCircuits / kLinks];
  std::size_t sent = 0;
  std::size_t taken = 0;
  std::uint8_t chunk[kChunkCells * kCell];

  void refill() {
    for (std::size_t at = 0; at < sizeof chunk; at += kCell, sent++) {
      const std::uint32_t circ_id = __builtin_bswap32(circ_ids[sent / kRun % (kCircuits / kLinks)]);
      std::memcpy(chunk + at, &circ_id, sizeof circ_id);
      chunk[at + sizeof circ_id] = static_cast<std::uint8_t>(ChannelCommand::kRelay);
    }
    taken = 0;
  }
};

class ShardThread {
 public:
  ShardThread(Together &together, std::size_t index)
      : together_(together), index_(index), links_(kLinks), out_(kLinks * sizeof(BusyLink::chunk)) {}

  ShardThreadsFigures run() {
    const ShardThreadsSettings &settings = together_.settings;
    shard_ = Shard::open({.index = static_cast<std::uint8_t>(index_),
                          .shards = static_cast<std::uint16_t>(settings.threads),
                          .limits = {2500, 2500, 30'000},
                          .kernel = settings.kernel,
                          .exchange = &together_.exchange});
    for (std::size_t link = 0; link < 2 * kLinks; link++) {
      const std::uint32_t slot = shard_->channel_open(channel_of(index_, link), 5);
      if (link < kLinks) links_[link].slot = slot;
    }
    together_.gathering.await(1, std::this_thread::yield);
    open_circuits();
    together_.gathering.await(2, [this] { turn(); });
    move(settings.warm_up_ms);
    const double crossed = messages_crossed(), cpu_ms = clock_ms(CLOCK_THREAD_CPUTIME_ID);
    const double begun_ms = clock_ms(CLOCK_MONOTONIC);
    const double cells = move(settings.measured_ms);
    const ShardThreadsFigures figures{.cells = cells,
                                      .seconds = (clock_ms(CLOCK_MONOTONIC) - begun_ms) / 1e3,
                                      .cpu_seconds = (clock_ms(CLOCK_THREAD_CPUTIME_ID) - cpu_ms) / 1e3,
                                      .crossed = messages_crossed() - crossed};
    together_.gathering.await(3, [this] { turn(); });
    shard_.reset();
    return figures;
  }

 private:
  void open_circuits() {
    RecordBuffer commands;
    std::uint8_t keys[kKeyMaterial] = {};
    for (std::size_t i = 0; i < kCircuits; i++) {
      const std::size_t link = i % kLinks;
      // Handles are the exchange's.
      const CircuitHandle circuit = 1 + index_ * kCircuits + i;
      const std::uint32_t circ_id = circ_id_of(circuit);
      links_[link].circ_ids[i / kLinks] = circ_id;
      std::memcpy(keys + 40, &circuit, sizeof circuit);
      commands.add({.kind = static_cast<std::uint8_t>(shard_records::CommandKind::kOpenRelayCircuit),
                    .circ_id = circ_id,
                    .subject = circuit,
                    .object = channel_of(index_, link),
                    .number = shard_records::kNoCounter},
                   keys, sizeof keys);
      const std::size_t beyond =
          together_.settings.crosses ? (index_ + i / kLinks) % together_.settings.threads : index_;
      commands.add({.kind = static_cast<std::uint8_t>(shard_records::CommandKind::kLinkNext),
                    .circ_id = static_cast<std::uint32_t>(circuit),
                    .subject = circuit,
                    .object = channel_of(beyond, kLinks + link)});
    }
    std::vector<std::uint8_t> octets(commands.size());
    commands.take(octets.data(), octets.size());
    shard_->commands(octets.data(), octets.size());
  }

  /// What is there goes on; gives the cells that went out.
  std::size_t turn() {
    std::uint32_t dirty[2 * kLinks];
    const std::size_t count = shard_->turn(static_cast<double>(turns_++), dirty, 2 * kLinks);
    std::size_t octets = 0;
    for (std::size_t i = 0; i < count; i++) {
      do {
        octets += shard_->take(dirty[i], out_.data(), out_.size());
      } while (shard_->backlog(dirty[i]) != 0);
    }
    return octets / kCell;
  }

  /// What every link has got, as far as rings to others have room; gives octets.
  std::size_t bring() {
    std::atomic<std::uint32_t> &rounds = together_.rounds[index_].count;
    if (together_.is_ahead(index_)) return 0;
    rounds.store(rounds.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    std::size_t octets = 0;
    for (BusyLink &link : links_) {
      if (link.taken == 0) link.refill();
      const std::size_t taken = shard_->receive(link.slot, link.chunk + link.taken, sizeof link.chunk - link.taken);
      link.taken = link.taken + taken == sizeof link.chunk ? 0 : link.taken + taken;
      octets += taken;
    }
    return octets;
  }

  double move(double ms) {
    std::size_t cells = 0;
    double busy_at_ms = clock_ms(CLOCK_MONOTONIC);
    const double end_ms = busy_at_ms + ms;
    for (double now_ms = busy_at_ms; now_ms < end_ms; now_ms = clock_ms(CLOCK_MONOTONIC)) {
      const std::size_t brought = bring(), gone = turn();
      cells += gone;
      if (brought + gone != 0) {
        busy_at_ms = now_ms;
      } else if (now_ms - busy_at_ms > kIdleMs) {
        rest();
      }
    }
    return static_cast<double>(cells);
  }

  double messages_crossed() const {
    double counters[shard_records::kCounters];
    shard_->write_counters(counters);
    return counters[shard_records::kMessagesCrossed];
  }

  Together &together_;
  const std::size_t index_;
  std::unique_ptr<Shard> shard_;
  std::vector<BusyLink> links_;
  std::vector<std::uint8_t> out_;
  std::uint64_t turns_ = 0;
};

}  // namespace

ShardThreadsFigures run_shard_threads(const ShardThreadsSettings &settings) {
  Together together(settings);
  std::vector<ShardThreadsFigures> parts(settings.threads);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < settings.threads; i++) {
    threads.emplace_back([&together, &part = parts[i], i] { part = ShardThread(together, i).run(); });
  }
  for (std::thread &thread : threads) thread.join();
  ShardThreadsFigures all{};
  for (const ShardThreadsFigures &part : parts) {
    all.cells += part.cells;
    all.cpu_seconds += part.cpu_seconds;
    all.crossed += part.crossed;
    if (part.seconds > all.seconds) all.seconds = part.seconds;
  }
  return all;
}

}  // namespace ramson
