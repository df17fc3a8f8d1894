// Generated load with channels and circuits that come and go, through shards and through the model of a plane: the same
// events, and the same octets out per circuit. On one shard chunks are cut anywhere; on several, a step is worked off
// in all of them before the next, so that there is one right answer.

#include <algorithm>
#include <string>

#include "plane_model.h"

namespace ramson::test {
namespace {

using cell_layout::ChannelCommand;
using records::CommandKind;
using records::EventKind;

constexpr std::uint32_t kCircIds = 48;  // few, so that they are used again, and at times twice
/// As many as circuits come; beyond them circuits go without.
constexpr std::uint32_t kQueueCounters = 300;

class Load {
 public:
  Load(const Kernel &kernel, std::uint16_t shards, std::uint64_t seed)
      : kernel_(kernel),
        random_(seed),
        queue_counters_(kQueueCounters * records::kQueueCounterWords),
        model_(kernel, kCircuitCells, kOutboundCells),
        name_(std::to_string(shards)) {
    name_ += " shards, ";
    for (std::uint16_t index = 0; index < shards; index++) {
      shards_.push_back(Shard::open({.index = static_cast<std::uint8_t>(index),
                                     .shards = shards,
                                     .limits = {kCircuitCells, kOutboundCells, 30000},
                                     .kernel = &kernel,
                                     .exchange = &exchange_,
                                     .queue_counters = queue_counters_.data(),
                                     .queue_counter_words = queue_counters_.size()}));
    }
  }

  void run(int steps) {
    for (int step = 0; step < steps; step++) {
      now_ms_ += static_cast<double>(random_.below(50));
      act();
      settle();
      compare_events();
    }
    for (const ChannelHandle handle : channel_handles()) {
      take(handle, SIZE_MAX);
      close_channel(handle);
      settle();
    }
    // Those whose circ_id was given to another circuit outlive their channel.
    while (!homes_.empty()) close_circuit(homes_.begin()->first);
    settle();
    compare_events();
    compare_counters();
  }

 private:
  static constexpr std::uint32_t kCircuitCells = 40, kOutboundCells = 30;

  struct OpenChannel {
    std::uint32_t slot;
    bool is_wide;
  };
  /// What the origin of a relay circuit has.
  struct Origin {
    std::unique_ptr<RelayDirection> out;
    ChannelHandle channel;
    std::uint32_t circ_id;
  };

  Shard &shard_of(ChannelHandle channel) { return *shards_[ramson::shard_of(channel)]; }
  void check_that(bool holds, const char *what) { check(holds, kernel_, name_ + what); }

  std::vector<ChannelHandle> channel_handles() const {
    std::vector<ChannelHandle> handles;
    for (const auto &[handle, channel] : channels_) handles.push_back(handle);
    return handles;
  }
  ChannelHandle any_channel() {
    if (channels_.empty()) return 12345 * kShardsMax;
    return std::next(channels_.begin(), static_cast<std::ptrdiff_t>(random_.below(channels_.size())))->first;
  }
  CircuitHandle any_circuit() {
    if (homes_.empty() || random_.below(50) == 0) return 1 + random_.below(last_circuit_ + 2);
    return std::next(homes_.begin(), static_cast<std::ptrdiff_t>(random_.below(homes_.size())))->first;
  }
  CircuitHandle any_to_splice() {
    if (shards_.size() == 1) return any_circuit();
    return std::next(origins_.begin(), static_cast<std::ptrdiff_t>(random_.below(origins_.size())))->first;
  }
  std::uint32_t any_circ_id() { return 1 + static_cast<std::uint32_t>(random_.below(kCircIds)); }
  /// Where commands about a circuit go; circuits that never were, anywhere.
  std::uint8_t home_of(CircuitHandle circuit) {
    const auto found = homes_.find(circuit);
    return found == homes_.end() ? std::uint8_t{0} : found->second;
  }
  Shard &home(CircuitHandle circuit) { return *shards_[home_of(circuit)]; }

  void act() {
    const std::size_t choice = random_.below(100);
    if (channels_.size() < 3 || (choice < 2 && channels_.size() < 10)) return open_channel();
    if (choice < 3) return close_channel(any_channel());
    if (choice < 12) return open_circuit();
    if (choice < 18) return link();
    if (choice < 20) return unlink();
    if (choice < 24) return splice();
    if (choice < 27) return close_circuit(any_circuit());
    if (choice < 34) return originate();
    if (choice < 38) return send_origin_cell();
    if (choice < 40) return await_drained();
    if (choice < 42) return send_cell();
    if (choice < 55) return take(any_channel(), random_.below(30000));
    if (choice < 56) return limits();
    receive();
  }

  void open_channel() {
    const auto shard = static_cast<std::uint8_t>(random_.below(shards_.size()));
    const ChannelHandle handle = ++last_channel_ * kShardsMax + shard;
    const auto version = static_cast<unsigned>(3 + random_.below(3));
    const std::uint32_t slot = shards_[shard]->channel_open(handle, version);
    check_that(slot != Shard::kNoSlot, "a channel opens");
    check_that(shards_[shard]->channel_open(handle, version) == Shard::kNoSlot, "no handle is open twice");
    channels_[handle] = {slot, version >= 4};
    model_.open_channel(handle);
  }

  void close_channel(ChannelHandle handle) {
    const OpenChannel channel = channels_.at(handle);
    check_that(shard_of(handle).channel_close(channel.slot), "a channel closes");
    check_that(!shard_of(handle).channel_close(channel.slot), "a closed channel is not there");
    channels_.erase(handle);
    model_.close_channel(handle);
    for (auto at = origins_.begin(); at != origins_.end();) {
      at = at->second.channel == handle ? origins_.erase(at) : std::next(at);
    }
  }

  void open_circuit() {
    const CircuitHandle handle = ++last_circuit_;
    const ChannelHandle channel = any_channel();
    const std::uint32_t circ_id = any_circ_id();
    Shard &shard = shard_of(channel);
    homes_[handle] = ramson::shard_of(channel);
    if (random_.below(5) == 0) {
      const auto number = static_cast<std::uint32_t>(handle);
      const RecordHead head{.circ_id = circ_id, .subject = handle, .object = channel, .number = number};
      check_that(commands_.add(CommandKind::kOpenOriginCircuit, head).send(shard), "a circuit of ours opens");
      model_.open_origin(handle, channel, circ_id);
      return;
    }
    const HopKeys keys(random_);
    commands_.open_relay(handle, channel, circ_id, keys.material, static_cast<std::uint32_t>(handle));
    check_that(commands_.send(shard), "a circuit opens");
    model_.open_relay(handle, channel, circ_id, keys);
    origins_[handle] = {keys.outbound(kernel_), channel, circ_id};
  }

  void link() {
    const CircuitHandle circuit = any_circuit();
    const ChannelHandle channel = any_channel();
    const std::uint32_t circ_id = any_circ_id();
    commands_.link_next(circuit, channel, circ_id).send(home(circuit));
    model_.link_next(circuit, channel, circ_id);
  }

  void unlink() {
    const CircuitHandle circuit = any_circuit();
    commands_.add(CommandKind::kUnlinkNext, {.subject = circuit}).send(home(circuit));
    model_.unlink_next(circuit);
  }

  void splice() {
    // Two homes cannot see at once whether the other circuit is there, so what a splice with none does is theirs.
    if (shards_.size() > 1 && origins_.empty()) return;
    const CircuitHandle a = any_to_splice(), b = any_to_splice();
    commands_.splice(a, b, home_of(b)).send(home(a));
    commands_.splice(b, a, home_of(a)).send(home(b));
    model_.splice(a, b);
  }

  void close_circuit(CircuitHandle circuit) {
    commands_.close(circuit).send(home(circuit));
    model_.close_circuit(circuit);
    origins_.erase(circuit);
    homes_.erase(circuit);
  }

  void originate() {
    const CircuitHandle circuit = any_circuit();
    for (std::size_t count = 1 + random_.below(12); count > 0; count--) {
      Octets body = random_.octets(kRelayBodySize);
      std::fill(body.begin() + 1, body.begin() + 3, std::uint8_t{0});
      const bool wants_tag = random_.below(2) == 0;
      commands_.originate(circuit, body, wants_tag);
      model_.originate(circuit, body, wants_tag);
    }
    check_that(commands_.send(home(circuit)), "messages are originated");
  }

  void send_origin_cell() {
    const CircuitHandle circuit = any_circuit();
    const Octets body = random_.octets(kRelayBodySize);
    const bool early = random_.below(3) == 0;
    const auto flags = static_cast<std::uint8_t>(early ? records::RecordFlag::kEarly : records::RecordFlag{});
    commands_.add(CommandKind::kSendOriginCell, {.flags = flags, .subject = circuit}, body).send(home(circuit));
    model_.send_origin_cell(circuit, body, early);
  }

  /// Commands are carried out at once here, so the queue counters say what the model says.
  void await_drained() {
    const CircuitHandle circuit = any_circuit();
    if (circuit >= kQueueCounters) return;
    const std::size_t at = circuit * records::kQueueCounterWords;
    if (!model_.await_drained(circuit)) return;
    check_that(queue_counters_[at + records::kQueuedWord] > records::kDrainedAtCells, "a long queue is told as one");
    queue_counters_[at + records::kAwaitedWord] = 1;
  }

  void send_cell() {
    const ChannelHandle channel = any_channel();
    const Octets body = random_.octets(random_.below(kRelayBodySize + 1));
    const std::uint8_t command =
        number_of(random_.below(2) == 0 ? ChannelCommand::kDestroy : ChannelCommand::kCreated2);
    const std::uint32_t circ_id = any_circ_id();
    commands_.add(CommandKind::kSendCell, {.command = command, .circ_id = circ_id, .subject = channel}, body);
    check_that(commands_.send(shard_of(channel)), "a cell is sent");
    model_.send_cell(channel, circ_id, command, body);
  }

  void limits() {
    const auto towards = static_cast<std::uint32_t>(10 + random_.below(50));
    const auto away = static_cast<std::uint32_t>(10 + random_.below(50));
    for (auto &shard : shards_) {
      commands_.limits(towards, away, static_cast<std::uint32_t>(1 + random_.below(1000))).send(*shard);
    }
    model_.set_limits(towards, away);
  }

  /// One cell that a peer may send, in octets, and to the model.
  void add_cell(ChannelHandle handle, bool is_wide, Octets &stream) {
    std::uint32_t circ_id = any_circ_id();
    Octets body = random_.octets(kRelayBodySize);
    std::uint8_t command = number_of(ChannelCommand::kRelay);
    const std::size_t choice = random_.below(200);
    if (choice < 80) {
      // A message of an origin, for us or for somebody beyond.
      std::vector<Origin *> here;
      for (auto &[circuit, origin] : origins_) {
        if (origin.channel == handle) here.push_back(&origin);
      }
      if (!here.empty()) {
        Origin &origin = *here[random_.below(here.size())];
        circ_id = origin.circ_id;
        if (random_.below(3) == 0) {
          body[1] = body[2] = 0;
          origin.out->seal(body.data());
        } else if (random_.below(10) == 0) {
          body[1] = body[2] = 0;  // looks like ours, and is not
        }
        origin.out->crypt(body.data());
      }
      if (random_.below(8) == 0) command = number_of(ChannelCommand::kRelayEarly);
    } else if (choice < 150) {
      if (random_.below(40) == 0) command = number_of(ChannelCommand::kRelayEarly);
    } else if (choice < 199) {
      command = static_cast<std::uint8_t>(random_.below(13));
      if (random_.below(3) == 0) command = static_cast<std::uint8_t>(random_.below(256));
      if (command >= 129 && command <= 131) command = number_of(ChannelCommand::kVpadding);
    } else if (random_.below(10) == 0) {
      command = number_of(ChannelCommand::kCerts);
    }
    if (!is_wide && circ_id > UINT16_MAX) circ_id = 1;
    if (cell_layout::IsVariableLength(command)) {
      body = random_.octets(random_.below(4) == 0 ? 0 : random_.below(1500));
      Octets octets = cell(is_wide, circ_id, command, {});
      octets.resize(is_wide ? 5 : 3);
      octets.push_back(static_cast<std::uint8_t>(body.size() >> 8));
      octets.push_back(static_cast<std::uint8_t>(body.size()));
      stream.insert(stream.end(), octets.begin(), octets.end());
      stream.insert(stream.end(), body.begin(), body.end());
    } else {
      const Octets octets = cell(is_wide, circ_id, command, body);
      stream.insert(stream.end(), octets.begin(), octets.end());
    }
    model_.cell(handle, circ_id, command, std::move(body));
  }

  void receive() {
    const ChannelHandle handle = any_channel();
    const OpenChannel channel = channels_.at(handle);
    const bool one_by_one = shards_.size() > 1;
    Octets stream;
    for (std::size_t count = one_by_one ? 1 : 1 + random_.below(20); count > 0; count--) {
      add_cell(handle, channel.is_wide, stream);
    }
    Shard &shard = shard_of(handle);
    for (std::size_t at = 0; at < stream.size();) {
      const std::size_t longest = random_.below(3) == 0 ? 8 : 3000;
      const std::size_t size = std::min(stream.size() - at, 1 + random_.below(longest));
      // A chunk of its own, so that a sanitizer sees every octet beyond it.
      Octets chunk(stream.begin() + static_cast<std::ptrdiff_t>(at),
                   stream.begin() + static_cast<std::ptrdiff_t>(at + size));
      check_that(shard.receive(channel.slot, chunk.data(), chunk.size()) == size, "a chunk is taken whole");
      at += size;
    }
  }

  void take(ChannelHandle handle, std::size_t room) {
    const OpenChannel channel = channels_.at(handle);
    Shard &shard = shard_of(handle);
    const std::size_t size = channel.is_wide ? cell_layout::kFixedCellSize : cell_layout::kNarrowFixedCellSize;
    check_that(shard.backlog(channel.slot) == model_.waiting(handle) * size, "the backlog is what waits");
    const std::size_t waiting = shard.backlog(channel.slot);
    const Octets octets = take_all(shard, channel.slot, room);
    check_that(octets.size() == std::min(waiting, room) / size * size, "as many whole cells are taken as fit");
    bool equal = true;
    for (const TakenCell &taken : cells_of(octets, channel.is_wide)) equal = model_.taken(handle, taken) && equal;
    check_that(equal, "cells leave a circuit in order, control cells before relay cells");
  }

  /// Lets every shard work off what the others sent.
  void settle() {
    for (int round = 0; round < (shards_.size() > 1 ? 4 : 1); round++) {
      for (auto &shard : shards_) {
        std::uint32_t dirty[16];
        while (shard->turn(now_ms_, dirty, std::size(dirty)) == std::size(dirty)) {
        }
      }
    }
  }

  void compare_events() {
    std::vector<Event> events, link_events;
    for (auto &shard : shards_) {
      const auto more = test::take_events(shard->events());
      events.insert(events.end(), more.begin(), more.end());
      auto more_link = test::take_events(shard->link_events());
      for (Event &event : more_link) {
        check_that(channels_.count(event.subject) == 1 && channels_.at(event.subject).slot == event.number,
                   "a link event names the channel's slot");
        event.number = 0;
        link_events.push_back(event);
      }
    }
    auto wanted = model_.take_events();
    if (shards_.size() > 1) {
      // Shards do not agree on an order between circuits.
      const auto before = [](const Event &a, const Event &b) {
        return std::tie(a.subject, a.kind) < std::tie(b.subject, b.kind);
      };
      std::stable_sort(events.begin(), events.end(), before);
      std::stable_sort(wanted.begin(), wanted.end(), before);
    }
    check_that(events == wanted, "the same events");
    check_that(link_events == model_.take_link_events(), "the same link events");
    // What the control plane and the worker do.
    for (const Event &event : events) {
      if (event.kind == static_cast<std::uint8_t>(EventKind::kViolation)) close_circuit(event.subject);
    }
    for (const Event &event : link_events) {
      if (event.kind == static_cast<std::uint8_t>(records::LinkEventKind::kChannelFault)) close_channel(event.subject);
    }
    if (!events.empty()) settle();
  }

  void compare_counters() {
    double sum[records::kCounters] = {};
    for (auto &shard : shards_) {
      double counters[records::kCounters];
      shard->write_counters(counters);
      for (std::size_t i = 0; i < records::kCounters; i++) sum[i] += counters[i];
    }
    for (const records::Counter counter :
         {records::kCellsReceived, records::kCellsSent, records::kRelayCellsOutbound, records::kRelayCellsInbound,
          records::kRelayCellsRecognized, records::kRelayCellsOriginated, records::kRelayCellsDropped,
          records::kDestroyCellsSent, records::kViolations, records::kPaddingCellsReceived,
          records::kOutboxOverflows}) {
      check_that(sum[counter] == model_.counters()[counter], ("counter " + std::to_string(counter)).c_str());
    }
    const auto all = [&sum](std::size_t first, std::size_t last) {
      double count = 0;
      for (std::size_t i = first; i <= last; i++) count += sum[i];
      return count;
    };
    check_that(all(records::kOutboxWaitUpTo1, records::kOutboxWaitLonger) == sum[records::kCellsSent],
               "the wait of each cell that was sent is counted");
    check_that(sum[records::kRingWorkedOff] <= sum[records::kMessagesCrossed] &&
                   all(records::kRingBatchUpTo1, records::kRingBatchLonger) <= sum[records::kRingWorkedOff],
               "what came by rings is counted");
    if (shards_.size() > 1) check_that(sum[records::kRingWorkedOff] > 0, "something came by a ring");
    check_that(sum[records::kQueuedOctets] == 0, "nothing waits in the end");
    check_that(sum[records::kCircuits] == 0 && sum[records::kChannels] == 0, "nothing is open in the end");
    if (shards_.size() > 1) check_that(sum[records::kMessagesCrossed] > 0, "something crossed");
  }

  const Kernel &kernel_;
  Random random_;
  Exchange exchange_;
  std::vector<std::uint32_t> queue_counters_;
  std::vector<std::unique_ptr<Shard>> shards_;
  PlaneModel model_;
  std::string name_;
  Commands commands_;
  std::map<ChannelHandle, OpenChannel> channels_;
  std::map<CircuitHandle, std::uint8_t> homes_;
  std::map<CircuitHandle, Origin> origins_;
  ChannelHandle last_channel_ = 0;
  CircuitHandle last_circuit_ = 0;
  double now_ms_ = 1000;
};

}  // namespace

void shard_load(const Kernel &kernel) {
  for (const std::uint16_t shards : {std::uint16_t{1}, std::uint16_t{2}, std::uint16_t{4}}) {
    for (std::uint64_t seed = 1; seed <= 4; seed++) std::unique_ptr<Load>(new Load(kernel, shards, seed))->run(3000);
  }
}

}  // namespace ramson::test
