// The load generator's engine: cells that go through a relay, which the test plays, come out as they went in, are
// counted once, and keep the window; and a relay that changes, swaps, drops, repeats or misdirects a cell, or ends what
// it should carry, is found out.

#include "load/load_run.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "suite.h"

namespace ramson::test {
namespace {

constexpr TlsSuite kSuite = TlsSuite::kAes128GcmSha256;
constexpr std::uint32_t kIn = 0x80000001, kOut = 0x80000007;
constexpr std::size_t kCommandAt = 4, kBodyAt = 5;

/// The relay's end of a link of a run.
class RelayEnd {
 public:
  RelayEnd(const Kernel &kernel, LoadRun &run, Random &random, const Octets &held = {}, const Octets &behind = {}) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0) return;
    descriptor_ = ends[0];
    const Octets to_run = random.octets(32), from_run = random.octets(32);
    sealer_.start(kernel, kSuite, to_run.data(), 3);
    opener_.start(kernel, kSuite, TlsEnd::kServer, from_run.data(), 9);
    const Octets sealed = behind.empty() ? Octets{} : seal(behind);
    place = run.add_link({.descriptor = ends[1],
                          .suite = kSuite,
                          .end = TlsEnd::kClient,
                          .reading = {to_run.data(), 3},
                          .writing = {from_run.data(), 9},
                          .held = held,
                          .behind = sealed});
  }
  ~RelayEnd() { hang_up(); }

  void hang_up() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
  }

  /// Cells that came, whole ones.
  std::vector<Octets> receive() {
    Octets chunk(256 * 1024);
    ssize_t size;
    while ((size = recv(descriptor_, chunk.data(), chunk.size(), 0)) > 0) {
      sealed_.insert(sealed_.end(), chunk.begin(), chunk.begin() + size);
    }
    std::span<std::uint8_t> octets(sealed_), data;
    for (RecordOpener::Next next; (next = opener_.next(octets, data)) != RecordOpener::Next::kMore;) {
      if (next == RecordOpener::Next::kKeyUpdate) continue;
      if (next != RecordOpener::Next::kData) break;
      longest_record = std::max(longest_record, data.size());
      opened_.insert(opened_.end(), data.begin(), data.end());
    }
    sealed_ = Octets(octets.begin(), octets.end());
    std::vector<Octets> cells;
    std::size_t at = 0;
    for (; opened_.size() - at >= kLoadCell; at += kLoadCell) {
      cells.emplace_back(opened_.data() + at, opened_.data() + at + kLoadCell);
    }
    opened_ = Octets(opened_.data() + at, opened_.data() + opened_.size());
    return cells;
  }

  /// In records of so many octets, and so many octets at once.
  void send(const Octets &data, std::size_t record = 1000) {
    for (std::size_t at = 0; at < data.size(); at += record) {
      const Octets sealed = seal(Octets(data.data() + at, data.data() + std::min(data.size(), at + record)));
      send_raw(sealed);
    }
  }
  void send_raw(const Octets &octets) {
    for (std::size_t at = 0; at < octets.size();) {
      const ssize_t sent = ::send(descriptor_, octets.data() + at, octets.size() - at, MSG_NOSIGNAL);
      if (sent <= 0) return;
      at += static_cast<std::size_t>(sent);
    }
  }

  std::uint32_t place = LoadRun::kNoPlace;
  std::size_t longest_record = 0;

 private:
  Octets seal(const Octets &data) {
    Octets record(data.size() + RecordSealer::kOverhead);
    std::copy(data.begin(), data.end(), record.data() + RecordSealer::kBefore);
    sealer_.seal(record.data(), data.size());
    return record;
  }

  int descriptor_ = -1;
  RecordSealer sealer_;
  RecordOpener opener_;
  Octets sealed_, opened_;
};

/// A run of one flow through a relay that takes or puts on `layers` layers.
struct Site {
  Site(const Kernel &kernel, std::size_t layers, const Octets &held = {}, const Octets &behind = {})
      : random(7),
        run(LoadRun::open(kernel, random.octets(kLoadCell).data())),
        in(kernel, *run, random),
        out(kernel, *run, random, held, behind) {
    LoadFlow flow{.from = in.place, .from_id = kIn, .to = out.place, .to_id = kOut};
    for (std::size_t i = 0; i < layers; i++) {
      const Octets seed = random.octets(20), key = random.octets(16);
      const auto open = [&] {
        return std::make_unique<RelayDirection>(kernel, RelayAlgorithm::kTor1, seed.data(), key.data());
      };
      flow.layers[i] = open();
      relayed.push_back(open());
    }
    is_added = run->add_flow(std::move(flow));
  }

  /// As the relay should: a layer of its own, and the circuit's name on the other link.
  Octets relay(Octets cell) {
    for (const auto &layer : relayed) layer->crypt(cell.data() + kBodyAt);
    for (std::size_t i = 0; i < 4; i++) cell[i] = static_cast<std::uint8_t>(kOut >> (24 - 8 * i));
    return cell;
  }

  LoadFault fault() const { return run->counts().fault; }

  Random random;
  std::unique_ptr<LoadRun> run;
  RelayEnd in, out;
  std::vector<std::unique_ptr<RelayDirection>> relayed;
  bool is_added = false;
};

constexpr LoadPumpSettings kPump{.write_cells = 4, .record_cells = 3, .run = 2, .window = 10};

void append(Octets &octets, const Octets &more) { octets.insert(octets.end(), more.begin(), more.end()); }

void pumps(const Kernel &kernel) {
  for (std::size_t layers = 0; layers < 3; layers++) {
    Site site(kernel, layers);
    check(site.is_added && site.run->pump(kPump), kernel, "a load begins");
    check(!site.run->pump(kPump), kernel, "a load begins once");
    std::size_t relayed = 0;
    for (int turn = 0; turn < 50; turn++) {
      site.run->run(0);
      Octets data;
      for (const Octets &cell : site.in.receive()) {
        append(data, site.relay(cell));
        relayed++;
      }
      site.out.send(data, 700);
    }
    site.run->stop();
    site.run->run(1);
    const LoadCounts &counts = site.run->counts();
    check(counts.fault == LoadFault::kNone, kernel, "cells that came out as they went in are good");
    check(relayed >= 200 && counts.received == relayed, kernel, "each is counted once");
    check(site.in.longest_record == kPump.record_cells * kLoadCell, kernel, "a record holds what it may");
  }
  Site site(kernel, 1);
  site.run->pump(kPump);
  for (int turn = 0; turn < 5; turn++) site.run->run(0);
  check(site.in.receive().size() == 8 && site.run->counts().sent == 8, kernel, "a window is kept in whole writes");
}

/// What the relay makes of the third turn's cells.
using Mischief = std::function<void(Site &, std::vector<Octets> &)>;

void found_out(const Kernel &kernel, LoadFault wanted, std::string_view what, const Mischief &mischief) {
  Site site(kernel, 1);
  site.run->pump(kPump);
  for (int turn = 0; turn < 3; turn++) {
    site.run->run(0);
    std::vector<Octets> cells;
    for (const Octets &cell : site.in.receive()) cells.push_back(site.relay(cell));
    check(cells.size() >= 4, kernel, "cells go in");
    if (turn == 2) mischief(site, cells);
    Octets data;
    for (const Octets &cell : cells) append(data, cell);
    site.out.send(data);
  }
  site.run->run(1);
  check(site.fault() == wanted, kernel, what);
}

void faults(const Kernel &kernel) {
  for (const std::size_t at :
       {kBodyAt, kBodyAt + 3, kBodyAt + 7, kBodyAt + 8, kBodyAt + 15, kBodyAt + 16, std::size_t{300}, kLoadCell - 1}) {
    found_out(kernel, LoadFault::kAltered, "a changed octet",
              [&](Site &, std::vector<Octets> &cells) { cells[1][at] ^= 1; });
  }
  found_out(kernel, LoadFault::kNone, "cells as they should be", [](Site &, std::vector<Octets> &) {});
  found_out(kernel, LoadFault::kAltered, "two cells that changed places",
            [](Site &, std::vector<Octets> &cells) { std::swap(cells[1], cells[2]); });
  found_out(kernel, LoadFault::kAltered, "a cell that is missing",
            [](Site &, std::vector<Octets> &cells) { cells.erase(cells.begin() + 1); });
  found_out(kernel, LoadFault::kAltered, "a cell that comes twice",
            [](Site &, std::vector<Octets> &cells) { cells.push_back(cells.back()); });
  found_out(kernel, LoadFault::kStrangeCircuit, "a cell on another circuit",
            [](Site &, std::vector<Octets> &cells) { cells[1][3] ^= 1; });
  found_out(kernel, LoadFault::kCircuitClosed, "DESTROY", [](Site &, std::vector<Octets> &cells) {
    cells[1][kCommandAt] = 4;
    cells[1][kBodyAt] = 11;
  });
  found_out(kernel, LoadFault::kLinkClosed, "a link that ends",
            [](Site &site, std::vector<Octets> &) { site.out.hang_up(); });
  found_out(kernel, LoadFault::kLinkClosed, "a link that takes nothing any more",
            [](Site &site, std::vector<Octets> &) { site.in.hang_up(); });
  found_out(kernel, LoadFault::kBadRecord, "a record that does not open",
            [](Site &site, std::vector<Octets> &) { site.out.send_raw(site.random.octets(600)); });
  // The last cells: nobody else would tell that they are gone.
  Site site(kernel, 1);
  site.run->pump(kPump);
  site.run->run(0);
  site.run->stop();
  site.run->run(1);
  check(site.fault() == LoadFault::kNone && site.run->counts().received < site.run->counts().sent, kernel,
        "cells that do not come are missed");
}

void others_cells(const Kernel &kernel) {
  const Octets padding(kLoadCell, 0);
  Octets variable{0, 0, 0, 0, 128, 2, 200};
  variable.resize(7 + 2 * 256 + 200, 9);
  // The beginning of a padding cell had been read, and its end came later.
  const Octets held(padding.data(), padding.data() + 40), behind(padding.data() + 40, padding.data() + kLoadCell);
  Site site(kernel, 2, held, behind);
  site.run->pump(kPump);
  for (int turn = 0; turn < 9; turn++) {
    site.run->run(0);
    Octets data;
    for (const Octets &cell : site.in.receive()) {
      append(data, variable);
      append(data, site.relay(cell));
      append(data, padding);
    }
    site.out.send(data, 100 + static_cast<std::size_t>(turn) * 77);
  }
  site.run->run(1);
  check(site.fault() == LoadFault::kNone && site.run->counts().received >= 40, kernel,
        "padding of either length is passed over, wherever it is cut");
}

void paces(const Kernel &kernel) {
  Site site(kernel, 1);
  check(site.run->pace({.cells_per_second = 1000, .warm_up_ms = 10, .measured_ms = 40}), kernel, "a pace begins");
  for (int turn = 0; turn < 2000 && site.run->counts().received < 50; turn++) {
    site.run->run(0.1);
    for (const Octets &cell : site.in.receive()) site.out.send(site.relay(cell));
  }
  const LoadCounts &counts = site.run->counts();
  check(counts.fault == LoadFault::kNone && counts.sent == 50 && counts.received == 50, kernel,
        "a pace sends what is due and no more");
  check(counts.measured >= 40 && site.run->delays().size() == counts.measured, kernel,
        "what is sent after the warm-up is measured");
  check(counts.late <= counts.measured, kernel, "and some of it may be late");
  check(std::ranges::all_of(site.run->delays(), [](double ms) { return ms > 0 && ms < 60e3; }), kernel,
        "delays are times");
}

void bounds_of_load(const Kernel &kernel) {
  Site site(kernel, 0);
  for (const LoadPumpSettings &settings :
       {LoadPumpSettings{0, 1, 1, 8}, LoadPumpSettings{4, 0, 1, 8}, LoadPumpSettings{4, 32, 1, 8},
        LoadPumpSettings{4, 4, 0, 8}, LoadPumpSettings{9, 4, 1, 8}, LoadPumpSettings{300, 31, 1, 400},
        LoadPumpSettings{4, 4, 1, UINT32_MAX}}) {
    check(!site.run->pump(settings), kernel, "a pump that cannot be is refused");
  }
  for (const LoadPaceSettings &settings :
       {LoadPaceSettings{0, 1, 1}, LoadPaceSettings{1e9, 1, 1}, LoadPaceSettings{10, -1, 1}, LoadPaceSettings{10, 1, 0},
        LoadPaceSettings{10, 1e9, 1}, LoadPaceSettings{0.0 / 0.0, 1, 1}}) {
    check(!site.run->pace(settings), kernel, "a pace that cannot be is refused");
  }
  check(!site.run->add_flow({.from = 2, .from_id = 1, .to = 0, .to_id = 1}), kernel, "a flow wants links that are");
  check(!site.run->add_flow({.from = 0, .from_id = 1, .to = 2, .to_id = 1}), kernel, "at both its ends");
  RelayEnd long_held(kernel, *site.run, site.random, Octets(kLoadCell));
  check(long_held.place == LoadRun::kNoPlace, kernel, "more than the beginning of a cell is refused");
}

}  // namespace

void load(const Kernel &kernel) {
  pumps(kernel);
  faults(kernel);
  others_cells(kernel);
  paces(kernel);
  bounds_of_load(kernel);
}

}  // namespace ramson::test
