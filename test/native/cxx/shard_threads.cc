// Shards in threads of their own. Every cell carries which circuit it is of and its number, so that whoever gets it at
// the far end knows whether one is missing, doubled or out of order. Threads sleep when they have nothing to do and are
// woken by the others, so a lost wake-up shows as a test that does not end.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <thread>

#include "shard_driver.h"

namespace ramson::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint8_t kRelay = 3;
constexpr std::uint16_t kThreads = 3;
constexpr std::uint32_t kCircuits = 60;  // with a next hop, per thread
constexpr std::uint32_t kSplices = 20;   // per pair of threads
constexpr std::uint32_t kCells = 150;    // per circuit and way

ChannelHandle origins_channel(std::size_t thread) { return kShardsMax + thread; }
ChannelHandle next_channel(std::size_t thread) { return 2 * kShardsMax + thread; }

/// Nobody's `recognized` field is zero, so no hop takes it for its own.
Octets numbered(std::uint64_t circuit, std::uint32_t number) {
  Octets body(kRelayBodySize, 0x5a);
  std::memcpy(body.data() + 20, &circuit, sizeof circuit);
  std::memcpy(body.data() + 40, &number, sizeof number);
  return body;
}

class SleepingThread : public Waker {
 public:
  void wake() override {
    const std::lock_guard guard(lock_);
    is_woken_ = true;
    changed_.notify_one();
  }
  /// False when nobody woke it for a long time.
  bool sleep() {
    std::unique_lock guard(lock_);
    const bool woken = changed_.wait_for(guard, 20s, [&] { return is_woken_; });
    is_woken_ = false;
    return woken;
  }

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  bool is_woken_ = false;
};

/// What the origin of a circuit, at its home, has sent and got.
struct Origin {
  std::unique_ptr<RelayDirection> out, in;
  CircuitHandle circuit;
  /// Whose cells come back: its own circuit's from beyond the next hop, or those of the one it is spliced with.
  CircuitHandle from;
  std::uint32_t circ_id, sent = 0, got = 0;
};

/// The far end of a circuit beyond its next hop: gives back what it gets.
struct Far {
  CircuitHandle circuit;
  std::uint32_t got = 0;
};

class Worker {
 public:
  Worker(const Kernel &kernel, Exchange &exchange, std::uint8_t index, std::atomic<int> &running)
      : random_(index + 1u), running_(running) {
    shard = Shard::open({.index = index,
                         .shards = kThreads,
                         .limits = {100000, 100000, 30000},
                         .kernel = &kernel,
                         .exchange = &exchange});
    prev_ = shard->channel_open(origins_channel(index), 5);
    next_ = shard->channel_open(next_channel(index), 5);
    exchange.set_waker(index, &sleeping_);
  }

  void run() {
    while (!is_done() || running_ > 0) {
      const bool did = turn();
      if (!was_done_ && is_done()) {
        was_done_ = true;
        // The last one to be done lets all others go.
        if (--running_ == 0) {
          for (std::uint8_t other = 0; other < kThreads; other++) wake_up(other);
        }
      }
      if (!did && !(is_done() && running_ == 0) && !sleeping_.sleep()) {
        failure = "nobody woke a thread that has to go on";
        running_ = 0;
        return;
      }
    }
  }

  bool is_done() const {
    const auto done = [](const auto &entry) { return entry.second.got == kCells; };
    return std::all_of(origins.begin(), origins.end(), done) && std::all_of(fars.begin(), fars.end(), done) &&
           parked_[0].empty() && parked_[1].empty();
  }

  std::unique_ptr<Shard> shard;
  std::map<std::uint32_t, Origin> origins;  // by circ_id
  std::map<std::uint32_t, Far> fars;        // by circ_id
  std::vector<Worker *> all;
  const char *failure = nullptr;

 private:
  void wake_up(std::uint8_t other) { all[other]->sleeping_.wake(); }

  bool turn() {
    bool did = give(prev_, parked_[0]);
    did |= give(next_, parked_[1]);
    if (parked_[0].empty()) did |= send();
    std::uint32_t dirty[8];
    const std::size_t count = shard->turn(now_ms_ += 1, dirty, std::size(dirty));
    for (std::size_t i = 0; i < count; i++) {
      for (const TakenCell &taken : cells_of(take_all(*shard, dirty[i]), true)) {
        if (dirty[i] == prev_) {
          arrived_at_origin(taken);
        } else {
          arrived_beyond(taken);
        }
        did = true;
      }
    }
    // Now and then a thread is slow, and rings to it run full.
    if (random_.below(60) == 0) std::this_thread::sleep_for(1ms);
    return did;
  }

  /// Octets that a link brought; what the shard does not take waits, as a link that is not read would.
  bool give(std::uint32_t slot, Octets &parked) {
    if (parked.empty()) return false;
    const std::size_t taken = shard->receive(slot, parked.data(), parked.size());
    parked.erase(parked.begin(), parked.begin() + static_cast<std::ptrdiff_t>(taken));
    return taken > 0;
  }

  bool send() {
    // At times more at once than a ring holds.
    const std::size_t most = random_.below(20) == 0 ? 40 : 7;
    for (auto &[circ_id, origin] : origins) {
      const std::uint32_t run =
          std::min<std::uint32_t>(kCells - origin.sent, static_cast<std::uint32_t>(random_.below(most)));
      for (std::uint32_t i = 0; i < run; i++) {
        Octets body = numbered(origin.circuit, origin.sent++);
        origin.out->crypt(body.data());
        const Octets one = cell(true, circ_id, kRelay, body);
        parked_[0].insert(parked_[0].end(), one.begin(), one.end());
      }
    }
    return give(prev_, parked_[0]);
  }

  void arrived_at_origin(const TakenCell &taken) {
    const auto found = origins.find(taken.circ_id);
    if (found == origins.end()) {
      failure = "a cell for nobody";
      return;
    }
    Origin &origin = found->second;
    Octets body = taken.body;
    origin.in->crypt(body.data());
    if (body != numbered(origin.from, origin.got++)) failure = "a cell that came back is not the next one";
  }

  void arrived_beyond(const TakenCell &taken) {
    const auto found = fars.find(taken.circ_id);
    if (found == fars.end()) {
      failure = "a cell for nobody beyond";
      return;
    }
    if (taken.body != numbered(found->second.circuit, found->second.got++)) failure = "a cell is not the next one";
    const Octets back = cell(true, taken.circ_id, kRelay, taken.body);
    parked_[1].insert(parked_[1].end(), back.begin(), back.end());
    give(next_, parked_[1]);
  }

  Random random_;
  std::atomic<int> &running_;
  SleepingThread sleeping_;
  std::uint32_t prev_, next_;
  Octets parked_[2];
  double now_ms_ = 1e12;
  bool was_done_ = false;
};

void traffic(const Kernel &kernel) {
  Exchange exchange;
  std::atomic<int> running = kThreads;
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::uint8_t index = 0; index < kThreads; index++) {
    workers.emplace_back(new Worker(kernel, exchange, index, running));
  }
  for (auto &worker : workers) {
    for (auto &other : workers) worker->all.push_back(other.get());
  }
  Random random(41);
  Commands commands;
  CircuitHandle last = 0;
  const auto open = [&](std::size_t thread) {
    const HopKeys keys(random);
    const CircuitHandle circuit = ++last;
    const auto circ_id = static_cast<std::uint32_t>(circuit);
    commands.open_relay(circuit, origins_channel(thread), circ_id, keys.material).send(*workers[thread]->shard);
    workers[thread]->origins[circ_id] = {keys.outbound(kernel), keys.inbound(kernel), circuit, circuit, circ_id};
    return circuit;
  };
  for (std::size_t thread = 0; thread < kThreads; thread++) {
    for (std::uint32_t i = 0; i < kCircuits; i++) {
      const CircuitHandle circuit = open(thread);
      const std::size_t beyond = (thread + i) % kThreads;
      const auto circ_id = static_cast<std::uint32_t>(circuit);
      commands.link_next(circuit, next_channel(beyond), circ_id).send(*workers[thread]->shard);
      workers[beyond]->fars[circ_id] = {circuit};
    }
    for (std::uint32_t i = 0; i < kSplices; i++) {
      const std::size_t other = (thread + 1) % kThreads;
      const CircuitHandle a = open(thread), b = open(other);
      commands.splice(a, b, static_cast<std::uint8_t>(other)).send(*workers[thread]->shard);
      commands.splice(b, a, static_cast<std::uint8_t>(thread)).send(*workers[other]->shard);
      workers[thread]->origins[static_cast<std::uint32_t>(a)].from = b;
      workers[other]->origins[static_cast<std::uint32_t>(b)].from = a;
    }
  }
  std::vector<std::thread> threads;
  for (auto &worker : workers) threads.emplace_back([&worker] { worker->run(); });
  for (std::thread &thread : threads) thread.join();
  double crossed = 0, full = 0, waiting = 0, woken = 0;
  for (auto &worker : workers) {
    check(worker->failure == nullptr, kernel, worker->failure == nullptr ? "threads carry cells" : worker->failure);
    check(worker->is_done(), kernel, "every cell arrives, in order and once");
    check(take_events(worker->shard->events()).empty(), kernel, "nothing else happens");
    double counters[records::kCounters];
    worker->shard->write_counters(counters);
    crossed += counters[records::kMessagesCrossed];
    full += counters[records::kRingsFull];
    woken += counters[records::kWakeUps];
    waiting += counters[records::kQueuedOctets];
  }
  check(waiting == 0, kernel, "nothing waits in the end");
  check(crossed > kThreads * kCells * (kCircuits + 2 * kSplices), kernel, "most cells crossed");
  check(full > 0, kernel, "rings ran full");
  check(woken > 0, kernel, "threads were woken");
}

/// One shard comes and goes while two others send to it: nothing waits for the dead, and nothing is left of them.
void coming_and_going(const Kernel &kernel) {
  Exchange exchange;
  std::atomic<bool> ends = false;
  std::atomic<ChannelHandle> reachable = kNoHandle;
  std::atomic<int> lives = 0;
  std::thread mortal([&] {
    Random random(42);
    // Outlives every shard that names it as its waker.
    SleepingThread sleeping;
    for (std::uint64_t life = 1; !ends; life++) {
      auto shard =
          Shard::open({.index = 2, .shards = 3, .limits = {50, 50, 30000}, .kernel = &kernel, .exchange = &exchange});
      if (shard == nullptr) continue;
      exchange.set_waker(2, &sleeping);
      const ChannelHandle channel = life * kShardsMax + 2;
      const std::uint32_t slot = shard->channel_open(channel, 4);
      reachable = channel;
      std::uint32_t dirty[4];
      const std::size_t turns = 1 + random.below(40);
      for (std::size_t i = 0; i < turns; i++) {
        shard->turn(static_cast<double>(life), dirty, std::size(dirty));
        if (i % 2 == 0) take_all(*shard, slot);
        take_events(shard->events());
        std::this_thread::yield();
      }
      lives++;
    }
  });
  std::vector<std::thread> senders;
  std::atomic<std::uint64_t> stuck = 0;
  for (std::uint8_t index = 0; index < 2; index++) {
    senders.emplace_back([&, index] {
      Random random(43u + index);
      auto shard = Shard::open(
          {.index = index, .shards = 3, .limits = {50, 50, 30000}, .kernel = &kernel, .exchange = &exchange});
      const ChannelHandle channel = kShardsMax + index;
      const std::uint32_t slot = shard->channel_open(channel, 4);
      Commands commands;
      CircuitHandle last = index * 1000000u;
      std::uint32_t dirty[4];
      for (int round = 0; round < 4000 || lives < 20; round++) {
        const auto circ_id = static_cast<std::uint32_t>(1 + random.below(20));
        last++;
        commands.open_relay(last, channel, circ_id, HopKeys(random).material)
            .link_next(last, reachable, circ_id + 100 * index);
        commands.close(last - random.below(20)).send(*shard);
        Octets octets;
        for (int i = 0; i < 20; i++) {
          const Octets one = cell(true, static_cast<std::uint32_t>(1 + random.below(20)), kRelay, numbered(1, 1));
          octets.insert(octets.end(), one.begin(), one.end());
        }
        std::size_t taken = 0;
        const auto until = std::chrono::steady_clock::now() + 20s;
        while (taken < octets.size() && std::chrono::steady_clock::now() < until) {
          const std::size_t before = taken;
          taken += shard->receive(slot, octets.data() + taken, octets.size() - taken);
          shard->turn(static_cast<double>(round), dirty, std::size(dirty));
          take_events(shard->events());
          if (taken == before) std::this_thread::yield();
        }
        stuck += taken < octets.size();
        take_all(*shard, slot);
      }
    });
  }
  for (std::thread &sender : senders) sender.join();
  ends = true;
  mortal.join();
  check(stuck == 0, kernel, "nobody waits for a shard that is gone");
  check(lives >= 20, kernel, "a shard came and went");
}

/// One thread sends on a circuit of another's shard and waits when the queue is long: it is never left waiting.
void waiting_for_a_queue(const Kernel &kernel) {
  constexpr std::size_t kBatch = 5, kLong = 20, kBatches = 4000;
  Exchange exchange;
  std::uint32_t counters[records::kQueueCounterWords] = {};
  const auto word = [&](std::size_t at) { return std::atomic_ref(counters[at]); };
  std::mutex lock;
  std::condition_variable changed;
  std::vector<Octets> posted;
  bool was_told = false, ends = false;
  std::uint32_t sent = 0, waits = 0, missed = 0;
  std::thread shard_thread([&] {
    Random random(44);
    auto shard = Shard::open({.index = 0,
                              .shards = 1,
                              .limits = {1000, 1000, 30000},
                              .kernel = &kernel,
                              .exchange = &exchange,
                              .queue_counters = counters,
                              .queue_counter_words = std::size(counters)});
    const std::uint32_t slot = shard->channel_open(kShardsMax, 4);
    Commands().open_relay(1, kShardsMax, 1, HopKeys(random).material, 0).send(*shard);
    std::uint32_t dirty[4];
    for (double now_ms = 0;; now_ms++) {
      std::vector<Octets> batches;
      {
        const std::lock_guard guard(lock);
        if (ends) break;
        batches.swap(posted);
      }
      for (Octets &batch : batches) {
        shard->commands(batch.data(), batch.size());
        if (random.below(3) > 0) take_all(*shard, slot, random.below(8) * 514);
      }
      shard->turn(now_ms, dirty, std::size(dirty));
      take_all(*shard, slot, random.below(kLong) * 514);
      if (batches.empty()) std::this_thread::yield();
      if (take_events(shard->events()).empty()) continue;
      const std::lock_guard guard(lock);
      was_told = true;
      changed.notify_one();
    }
  });
  const auto queued = [&] {
    const std::uint32_t on_the_way = sent - word(records::kOriginatedWord).load();
    return word(records::kQueuedWord).load() + on_the_way;
  };
  for (std::size_t batch = 0; batch < kBatches && missed == 0; batch++) {
    Commands commands;
    for (std::size_t i = 0; i < kBatch; i++) commands.originate(1, Octets(kRelayBodySize));
    sent += kBatch;
    std::unique_lock guard(lock);
    posted.push_back(commands.octets());
    guard.unlock();
    while (queued() >= kLong) {
      word(records::kAwaitedWord).store(1);
      if (queued() <= records::kDrainedAtCells) break;
      waits++;
      guard.lock();
      if (!changed.wait_for(guard, 20s, [&] { return was_told; })) missed++;
      was_told = false;
      guard.unlock();
      if (missed > 0) break;
    }
  }
  {
    const std::lock_guard guard(lock);
    ends = true;
  }
  shard_thread.join();
  check(missed == 0, kernel, "who waits for a queue is told");
  check(waits > 100, kernel, "a queue was waited for");
}

}  // namespace

void shard_threads(const Kernel &kernel) {
  traffic(kernel);
  coming_and_going(kernel);
  waiting_for_a_queue(kernel);
}

}  // namespace ramson::test
