// The sockets of a shard: cells between two links with a relay circuit in
// between, in records of any size and pieces of any length; peers that stop
// reading, break off, break the protocol or change their keys; rate limits; and
// two shards in threads of their own, whose links exchange cells.

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <span>
#include <string>
#include <thread>

#include "net/socket_loop.h"
#include "shard_driver.h"

namespace ramson::test {
namespace {

using records::LinkEnd;

constexpr TlsSuite kSuite = TlsSuite::kAes128GcmSha256;
constexpr std::uint8_t kRelay = 3;
constexpr std::size_t kCell = cell_layout::kFixedCellSize;
constexpr std::uint32_t kCircId = 0x80000001, kNextCircId = 0x80000002;
constexpr std::size_t kCellsPerRecord = 31;

double now_ms() {
  return std::chrono::duration<double, std::milli>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Takes the first octets away.
void remove(Octets &octets, std::size_t count) {
  Octets rest;
  for (std::size_t at = count; at < octets.size(); at++) rest.push_back(octets[at]);
  octets.swap(rest);
}

/// The far end of a link.
class LinkPeer {
 public:
  /// Gives the near end to the loop.
  LinkPeer(const Kernel &kernel, SocketLoop &loop, std::uint32_t slot, ChannelHandle channel, Random &random,
           const Octets &held = {}, const Octets &behind_data = {}) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0) return;
    descriptor_ = ends[0];
    const Octets to_them = random.octets(32), from_them = random.octets(32);
    sealer.start(kernel, kSuite, to_them.data(), 0);
    opener.start(kernel, kSuite, TlsEnd::kClient, from_them.data(), 7);
    const Octets behind = behind_data.empty() ? Octets{} : seal(behind_data);
    is_adopted = loop.adopt({.slot = slot,
                             .channel = channel,
                             .descriptor = ends[1],
                             .suite = kSuite,
                             .end = TlsEnd::kServer,
                             .reading = {to_them.data(), 0},
                             .writing = {from_them.data(), 7},
                             .is_relay = true,
                             .held = held,
                             .behind = behind});
  }
  ~LinkPeer() { hang_up(); }

  void hang_up() {
    if (descriptor_ >= 0) close(descriptor_);
    descriptor_ = -1;
  }

  Octets seal(const Octets &data) {
    Octets record(data.size() + RecordSealer::kOverhead);
    std::copy(data.begin(), data.end(), record.data() + RecordSealer::kBefore);
    sealer.seal(record.data(), data.size());
    return record;
  }

  /// False where the socket is full; what was sent of it is gone from `octets`.
  bool send(Octets &octets) {
    const ssize_t sent = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (sent > 0) remove(octets, static_cast<std::size_t>(sent));
    return octets.empty();
  }

  /// Reads what there is; gives how many octets of data came.
  std::size_t receive() {
    Octets chunk(64 * 1024);
    const ssize_t size = recv(descriptor_, chunk.data(), chunk.size(), 0);
    if (size == 0) is_closed = true;
    if (size <= 0) return 0;
    sealed_.insert(sealed_.end(), chunk.begin(), chunk.begin() + size);
    std::span<std::uint8_t> octets(sealed_), data;
    const std::size_t before = received.size();
    for (;;) {
      last = opener.next(octets, data);
      if (last == RecordOpener::Next::kKeyUpdate) key_updates_asked++;
      if (last != RecordOpener::Next::kData) {
        if (last != RecordOpener::Next::kKeyUpdate) break;
        continue;
      }
      longest_record = std::max(longest_record, data.size());
      received.insert(received.end(), data.begin(), data.end());
    }
    sealed_ = Octets(octets.begin(), octets.end());
    return received.size() - before;
  }

  RecordSealer sealer;
  RecordOpener opener;
  RecordOpener::Next last = RecordOpener::Next::kMore;
  Octets received;
  std::size_t longest_record = 0;
  int key_updates_asked = 0;
  bool is_adopted = false, is_closed = false;

 private:
  int descriptor_ = -1;
  Octets sealed_;
};

/// A shard with its sockets, and a relay circuit from one channel to the next.
struct Site {
  Site(const Kernel &kernel, Random &random, std::int32_t *buckets = nullptr)
      : kernel(kernel),
        shard(Shard::open(
            {.index = 0, .shards = 1, .limits = {50000, 50000, 30000}, .kernel = &kernel, .exchange = &exchange})),
        loop(SocketLoop::open(*shard, {.now_ms = now_ms(),
                                       .kernel = &kernel,
                                       .read_limit = SharedRateLimit(buckets),
                                       .write_limit = SharedRateLimit(nullptr),
                                       .link_rates = LinkRates(nullptr),
                                       .counters = counters,
                                       .shard_counters = shard_counters})),
        keys(random),
        origin(keys.outbound(kernel)) {
    prev = shard->channel_open(1 * kShardsMax, 5);
    next = shard->channel_open(2 * kShardsMax, 5);
    Commands()
        .open_relay(10, 1 * kShardsMax, kCircId, keys.material)
        .link_next(10, 2 * kShardsMax, kNextCircId)
        .send(*shard);
  }

  /// Runs the loop until nothing happens for a moment.
  void settle(int quiet_ms = 3) {
    pollfd watched{.fd = loop->descriptor(), .events = POLLIN, .revents = 0};
    while (poll(&watched, 1, quiet_ms) > 0) loop->run();
  }

  /// Cells one after the other as the origin sends them; what is to come out is
  /// added to `wanted`.
  Octets cells(Random &random, std::size_t count, Octets &wanted) {
    Octets sent;
    for (std::size_t i = 0; i < count; i++) {
      const Octets body = random.octets(kRelayBodySize);
      Octets passed = body;
      origin->crypt(passed.data());
      const Octets in = cell(true, kCircId, kRelay, body), out = cell(true, kNextCircId, kRelay, passed);
      sent.insert(sent.end(), in.begin(), in.end());
      wanted.insert(wanted.end(), out.begin(), out.end());
    }
    return sent;
  }

  std::vector<Event> link_events() { return take_events(shard->link_events()); }

  const Kernel &kernel;
  double counters[kLinkCounters] = {};
  double shard_counters[records::kCounters] = {};
  Exchange exchange;
  std::unique_ptr<Shard> shard;
  std::unique_ptr<SocketLoop> loop;
  HopKeys keys;
  std::unique_ptr<RelayDirection> origin;
  std::uint32_t prev = 0, next = 0;
};

/// Octets of cells as records of any size.
Octets records_of(LinkPeer &peer, const Octets &cells, Random &random) {
  Octets sealed;
  for (std::size_t at = 0; at < cells.size();) {
    const std::size_t size = std::min(cells.size() - at, 1 + random.below(random.below(2) == 0 ? 600 : kRecordDataMax));
    const auto begin = cells.begin() + static_cast<std::ptrdiff_t>(at);
    const Octets record = peer.seal(Octets(begin, begin + static_cast<std::ptrdiff_t>(size)));
    sealed.insert(sealed.end(), record.begin(), record.end());
    at += size;
  }
  return sealed;
}

void cells_go_through(const Kernel &kernel) {
  Random random(71);
  Site site(kernel, random);
  // What came before the link was adopted goes first.
  Octets wanted;
  const Octets early = site.cells(random, 3, wanted);
  const Octets held(early.begin(), early.begin() + 700), behind(early.begin() + 700, early.end());
  LinkPeer in(kernel, *site.loop, site.prev, 1 * kShardsMax, random, held, behind);
  LinkPeer out(kernel, *site.loop, site.next, 2 * kShardsMax, random);
  check(in.is_adopted && out.is_adopted && site.loop->links() == 2, kernel, "links are adopted");
  check(!LinkPeer(kernel, *site.loop, site.prev, 1 * kShardsMax, random).is_adopted, kernel, "a slot has one link");
  site.settle();
  for (int round = 0; round < 30; round++) {
    Octets sealed = records_of(in, site.cells(random, 1 + random.below(60), wanted), random);
    while (!sealed.empty()) {
      Octets piece(sealed.begin(),
                   sealed.begin() + static_cast<std::ptrdiff_t>(std::min(sealed.size(), 1 + random.below(40000))));
      remove(sealed, piece.size());
      while (!in.send(piece)) {
        site.settle(0);
        out.receive();
      }
      if (random.below(3) == 0) site.loop->run();
    }
    site.settle(0);
    while (out.receive() > 0) site.settle(0);
  }
  site.settle();
  while (out.receive() > 0) site.settle();
  check_equal(out.received, wanted, kernel, "cells go through records of any size, cut anywhere");
  check(out.longest_record <= kCellsPerRecord * kCell, kernel, "a record holds whole cells");
  check(site.counters[kBytesRead] == static_cast<double>(wanted.size() - held.size()), kernel,
        "octets read are counted");
  check(site.counters[kBytesWritten] == static_cast<double>(wanted.size()), kernel, "octets written are counted");
  check(site.loop->waiting_octets() == 0 && site.link_events().empty(), kernel, "nothing is left over");
  check(site.loop->used_at_ms(site.prev) > 0, kernel, "a link tells when it was used");
  check(site.loop->octets_read(site.prev) == wanted.size() - held.size() && site.loop->octets_written(site.prev) == 0,
        kernel, "a link tells how many octets of cells it read");
  check(site.loop->octets_written(site.next) == wanted.size(), kernel, "and how many it wrote");
  // Records octet by octet.
  Octets sealed = records_of(in, site.cells(random, 1, wanted), random);
  for (const std::uint8_t octet : sealed) {
    Octets one{octet};
    in.send(one);
    site.loop->run();
  }
  site.settle();
  out.receive();
  check_equal(out.received, wanted, kernel, "records come together octet by octet");
}

void slow_peers_wait_alone(const Kernel &kernel) {
  Random random(72);
  Site site(kernel, random);
  LinkPeer in(kernel, *site.loop, site.prev, 1 * kShardsMax, random);
  LinkPeer out(kernel, *site.loop, site.next, 2 * kShardsMax, random);
  Octets wanted;
  for (int round = 0; round < 40; round++) {
    Octets sealed = records_of(in, site.cells(random, 100, wanted), random);
    while (!in.send(sealed)) site.settle(0);
    site.settle(0);
  }
  // A socket pair holds a few hundred thousand octets, a socket that is full
  // keeps one send: the rest waits as cells.
  check(site.loop->waiting_octets() > 0 && site.loop->waiting_octets() < 160 * 1024, kernel,
        "what the sockets hold back is bounded");
  check(site.shard->backlog(site.next) > 1000 * kCell, kernel, "cells of a link that does not read wait as cells");
  while (out.receive() > 0) site.settle(0);
  site.settle();
  while (out.receive() > 0) site.settle();
  check_equal(out.received, wanted, kernel, "all of them arrive in order once it reads");
  check(site.loop->waiting_octets() == 0, kernel, "nothing waits then");
}

/// How a link ends when its peer sends something, and what the peer hears.
template <typename Act>
void ends(const Kernel &kernel, const char *what, LinkEnd wanted, Act act) {
  Random random(73);
  Site site(kernel, random);
  LinkPeer in(kernel, *site.loop, site.prev, 1 * kShardsMax, random);
  LinkPeer out(kernel, *site.loop, site.next, 2 * kShardsMax, random);
  Octets through;
  Octets sealed = records_of(in, site.cells(random, 5, through), random);
  in.send(sealed);
  act(in);
  site.settle();
  const std::vector<Event> events = site.link_events();
  check(events.size() == 1 && events[0].kind == static_cast<std::uint8_t>(records::LinkEventKind::kLinkEnded) &&
            events[0].code == static_cast<std::uint8_t>(wanted) && events[0].subject == 1 * kShardsMax &&
            events[0].number == site.prev,
        kernel, what);
  out.receive();
  check_equal(out.received, through, kernel, std::string(what) + ": cells before the end went on");
  // Nothing more comes of it, and the other link lives on.
  site.loop->run();
  check(site.link_events().empty(), kernel, "a link ends once");
  in.receive();
  if (wanted == LinkEnd::kBadRecord) {
    check(in.last == RecordOpener::Next::kAborted, kernel, std::string(what) + ": the peer is told by an alert");
  }
  site.loop->forget(site.prev);
  site.shard->channel_close(site.prev);
  Octets back = out.seal(cell(true, kNextCircId, kRelay, random.octets(kRelayBodySize)));
  check(out.send(back), kernel, "the other link is open");
  site.settle();
  check(site.link_events().empty() && site.loop->links() == 1, kernel, "and stays so");
  site.loop->forget(site.next);
  out.receive();
  check(out.last == RecordOpener::Next::kClosed, kernel, "who closes a link says goodbye");
}

void links_end(const Kernel &kernel) {
  ends(kernel, "the peer hangs up", LinkEnd::kPeerClosed, [](LinkPeer &peer) { peer.hang_up(); });
  ends(kernel, "the peer says goodbye", LinkEnd::kPeerClosed, [](LinkPeer &peer) {
    Octets alert(RecordSealer::kAlertSize);
    peer.sealer.send_alert(alert.data(), TlsAlert::kCloseNotify);
    peer.send(alert);
  });
  ends(kernel, "the peer sends an alert", LinkEnd::kPeerAlert, [](LinkPeer &peer) {
    Octets alert(RecordSealer::kAlertSize);
    peer.sealer.send_alert(alert.data(), TlsAlert::kInternalError);
    peer.send(alert);
  });
  ends(kernel, "a record is forged", LinkEnd::kBadRecord, [](LinkPeer &peer) {
    Octets record = peer.seal(Octets(100));
    record[50] ^= 1;
    peer.send(record);
  });
  ends(kernel, "a record is too long", LinkEnd::kBadRecord, [](LinkPeer &peer) {
    Octets header{23, 3, 3, 0xff, 0xff};
    peer.send(header);
  });
  ends(kernel, "what comes is not TLS", LinkEnd::kBadRecord, [](LinkPeer &peer) {
    Octets text{'G', 'E', 'T', ' ', '/', ' '};
    peer.send(text);
  });
}

void keys_change(const Kernel &kernel) {
  Random random(74);
  Site site(kernel, random);
  LinkPeer in(kernel, *site.loop, site.prev, 1 * kShardsMax, random);
  LinkPeer out(kernel, *site.loop, site.next, 2 * kShardsMax, random);
  Octets wanted;
  for (int round = 0; round < 3; round++) {
    // Each asks for a key of ours, too.
    for (LinkPeer *peer : {&in, &out}) {
      Octets update(RecordSealer::kKeyUpdateSize);
      peer->sealer.update_key(update.data());
      peer->send(update);
    }
    Octets sealed = records_of(in, site.cells(random, 40, wanted), random);
    in.send(sealed);
    site.settle();
    while (out.receive() > 0) site.settle();
    in.receive();
  }
  check_equal(out.received, wanted, kernel, "cells go on under the keys that follow");
  check(out.opener.sequence() < 40, kernel, "our key has changed when the peer asked for it");
  check(site.link_events().empty(), kernel, "and no link ended of it");
}

void rates_are_kept(const Kernel &kernel) {
  Random random(75);
  const double since_ms = now_ms();
  // Tokens of two octets, filled at some time, octets a second, burst: as main writes them. So much has been spent that
  // nothing may be read for a second.
  const auto filled_at = static_cast<std::int32_t>(static_cast<std::uint64_t>(since_ms) & 0x7fffffff);
  std::int32_t bucket[SharedRateLimit::kWords] = {-200'000, filled_at, 400'000, 20'000};
  Site site(kernel, random, bucket);
  LinkPeer in(kernel, *site.loop, site.prev, 1 * kShardsMax, random);
  LinkPeer out(kernel, *site.loop, site.next, 2 * kShardsMax, random);
  Octets wanted;
  Octets sealed = records_of(in, site.cells(random, 200, wanted), random);
  while (out.received.size() < wanted.size() && now_ms() - since_ms < 20'000) {
    if (!sealed.empty()) in.send(sealed);
    site.settle(1);
    out.receive();
  }
  const double took_ms = now_ms() - since_ms;
  check_equal(out.received, wanted, kernel, "all arrives under a rate limit");
  check(took_ms > 900, kernel, "and not before its time");
  check(site.counters[kReadsLimited] > 0, kernel, "which is counted");
}

/// One shard's thread: runs the loop until it is told to stop.
void run_until(SocketLoop &loop, const std::atomic<bool> &stops) {
  pollfd watched{.fd = loop.descriptor(), .events = POLLIN, .revents = 0};
  while (!stops) {
    if (poll(&watched, 1, 50) > 0) loop.run();
  }
}

void links_in_threads(const Kernel &kernel) {
  constexpr std::size_t kThreads = 2, kCells = 3000;
  Random random(76);
  Exchange exchange;
  double counters[kThreads][kLinkCounters] = {}, shard_counters[kThreads][records::kCounters] = {};
  std::unique_ptr<Shard> shards[kThreads];
  std::unique_ptr<SocketLoop> loops[kThreads];
  std::vector<std::unique_ptr<LinkPeer>> ins, outs;
  std::vector<HopKeys> keys;
  std::vector<std::unique_ptr<RelayDirection>> origins;
  for (std::size_t i = 0; i < kThreads; i++) {
    shards[i] = Shard::open({.index = static_cast<std::uint8_t>(i),
                             .shards = kThreads,
                             .limits = {50000, 50000, 30000},
                             .kernel = &kernel,
                             .exchange = &exchange});
    loops[i] = SocketLoop::open(*shards[i], {.now_ms = now_ms(),
                                             .kernel = &kernel,
                                             .read_limit = SharedRateLimit(nullptr),
                                             .write_limit = SharedRateLimit(nullptr),
                                             .link_rates = LinkRates(nullptr),
                                             .counters = counters[i],
                                             .shard_counters = shard_counters[i]});
    exchange.set_waker(static_cast<std::uint8_t>(i), loops[i].get());
    const ChannelHandle prev = 1 * kShardsMax + i, next = 2 * kShardsMax + i;
    ins.emplace_back(new LinkPeer(kernel, *loops[i], shards[i]->channel_open(prev, 5), prev, random));
    outs.emplace_back(new LinkPeer(kernel, *loops[i], shards[i]->channel_open(next, 5), next, random));
    keys.emplace_back(random);
    origins.push_back(keys[i].outbound(kernel));
  }
  for (std::size_t i = 0; i < kThreads; i++) {
    // Each circuit goes on over the other shard's link.
    const std::size_t other = (i + 1) % kThreads;
    Commands()
        .open_relay(10 + i, 1 * kShardsMax + i, kCircId, keys[i].material)
        .link_next(10 + i, 2 * kShardsMax + other, kNextCircId)
        .send(*shards[i]);
  }
  std::atomic<bool> stops{false};
  std::vector<std::thread> threads;
  for (auto &loop : loops) threads.emplace_back([&loop, &stops] { run_until(*loop, stops); });
  Octets wanted[kThreads];
  const double since_ms = now_ms();
  Octets sealed[kThreads];
  std::size_t sent[kThreads] = {};
  const auto is_done = [&] {
    for (std::size_t i = 0; i < kThreads; i++) {
      if (outs[(i + 1) % kThreads]->received.size() < kCells * kCell) return false;
    }
    return true;
  };
  while (!is_done() && now_ms() - since_ms < 60'000) {
    for (std::size_t i = 0; i < kThreads; i++) {
      if (sealed[i].empty() && sent[i] < kCells) {
        Octets cells;
        for (int n = 0; n < 50; n++, sent[i]++) {
          const Octets body = random.octets(kRelayBodySize);
          Octets passed = body;
          origins[i]->crypt(passed.data());
          const Octets in = cell(true, kCircId, kRelay, body), out = cell(true, kNextCircId, kRelay, passed);
          cells.insert(cells.end(), in.begin(), in.end());
          wanted[i].insert(wanted[i].end(), out.begin(), out.end());
        }
        sealed[i] = records_of(*ins[i], cells, random);
      }
      if (!sealed[i].empty()) ins[i]->send(sealed[i]);
      outs[i]->receive();
    }
  }
  stops = true;
  for (std::thread &thread : threads) thread.join();
  for (std::size_t i = 0; i < kThreads; i++) {
    check_equal(outs[(i + 1) % kThreads]->received, wanted[i], kernel,
                "cells cross from the links of one thread to another's");
    exchange.set_waker(static_cast<std::uint8_t>(i), nullptr);
  }
}

}  // namespace

void socket_links(const Kernel &kernel) {
  cells_go_through(kernel);
  slow_peers_wait_alone(kernel);
  links_end(kernel);
  keys_change(kernel);
  rates_are_kept(kernel);
}

void socket_links_in_threads(const Kernel &kernel) { links_in_threads(kernel); }

}  // namespace ramson::test
