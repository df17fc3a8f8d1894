// What a shard does in the cases that generated load does not reach or does not tell apart: full queues and rings,
// memory pressure, stale handles, counters shared with the control plane, seats that are left and taken again.

#include <atomic>
#include <cmath>

#include "shard_driver.h"

namespace ramson::test {
namespace {

using cell_layout::ChannelCommand;
using records::ChannelFault;
using records::CommandKind;
using records::EventKind;
using records::LinkEventKind;
using records::Violation;

constexpr std::uint8_t kRelay = 3;
constexpr ChannelHandle kFirst = 1 * kShardsMax, kSecond = 2 * kShardsMax;

/// Shards of one process, and what they have to do with each other.
struct Process {
  Process(const Kernel &kernel, std::uint16_t count, ShardLimits limits = {2500, 2500, 30000}) : kernel(kernel) {
    for (std::uint16_t index = 0; index < count; index++)
      shards.push_back(open(static_cast<std::uint8_t>(index), count, limits));
  }
  std::unique_ptr<Shard> open(std::uint8_t index, std::uint16_t count, ShardLimits limits) {
    return Shard::open({.index = index,
                        .shards = count,
                        .limits = limits,
                        .kernel = &kernel,
                        .exchange = &exchange,
                        .queue_counters = counters,
                        .queue_counter_words = std::size(counters)});
  }
  void settle() {
    std::uint32_t dirty[8];
    for (int round = 0; round < 4; round++) {
      for (auto &shard : shards) {
        if (shard != nullptr) shard->turn(now_ms, dirty, std::size(dirty));
      }
    }
  }
  double counter(std::size_t shard, records::Counter counter) const {
    double numbers[records::kCounters];
    shards[shard]->write_counters(numbers);
    return numbers[counter];
  }
  const Kernel &kernel;
  Exchange exchange;
  std::vector<std::unique_ptr<Shard>> shards;
  std::uint32_t counters[8] = {};
  double now_ms = 1e12;
};

Octets relay_cells(std::uint32_t circ_id, std::size_t count) {
  Octets octets;
  for (; count > 0; count--) {
    const Octets one = cell(true, circ_id, kRelay, Octets(kRelayBodySize, 0x77));
    octets.insert(octets.end(), one.begin(), one.end());
  }
  return octets;
}

bool is_violation(const Event &event, CircuitHandle circuit, Violation code) {
  return event.kind == static_cast<std::uint8_t>(EventKind::kViolation) && event.subject == circuit &&
         event.code == static_cast<std::uint8_t>(code);
}

bool is_fault(const Event &event, ChannelHandle channel, ChannelFault code) {
  return event.kind == static_cast<std::uint8_t>(LinkEventKind::kChannelFault) && event.subject == channel &&
         event.code == static_cast<std::uint8_t>(code);
}

void nonsense(const Kernel &kernel) {
  Process process(kernel, 2);
  Shard &shard = *process.shards[0];
  check(process.open(0, 2, {1, 1, 1}) == nullptr, kernel, "a seat that is taken is not given");
  check(process.open(2, 2, {1, 1, 1}) == nullptr, kernel, "there are no more seats than shards");
  check(shard.channel_open(kFirst + 1, 4) == Shard::kNoSlot, kernel, "a shard opens no channel of another");
  check(!shard.channel_close(0) && !shard.channel_close(UINT32_MAX), kernel, "no channel is closed that is not there");
  Octets octets = relay_cells(1, 1), out(2000);
  check(shard.receive(77, octets.data(), octets.size()) == octets.size(), kernel, "octets of nobody are passed over");
  check(shard.take(77, out.data(), out.size()) == 0 && shard.backlog(77) == 0, kernel, "nobody has nothing to send");
  const std::uint32_t slot = shard.channel_open(kFirst, 4);
  Commands commands;
  Random random(31);
  const HopKeys keys(random);
  // Commands about circuits and channels that are not there are ignored.
  commands.link_next(9, kFirst, 1).splice(9, 8, 0).splice(9, 8, 1).originate(9, Octets(kRelayBodySize)).close(9);
  commands.open_relay(9, kSecond, 1, keys.material).open_origin(9, kSecond, 1);
  commands.add(CommandKind::kSendCell, {.command = 4, .subject = kSecond}, Octets(509));
  commands.add(CommandKind::kCloseChannel, {.subject = kSecond}).add(CommandKind::kUnlinkNext, {.subject = 3});
  check(commands.send(shard), kernel, "commands may cross with events");
  process.settle();
  check(process.counter(0, records::kCircuits) == 0, kernel, "and open nothing");
  // Records that cannot be are refused.
  const auto refused = [&](CommandKind kind, const RecordHead &head, std::size_t size) {
    return !commands.add(kind, head, Octets(size)).send(shard);
  };
  check(refused(static_cast<CommandKind>(1), {}, 0), kernel, "an event is no command");
  check(refused(CommandKind::kSendCell, {.command = 4}, 510), kernel, "no cell has 510 octets of body");
  check(refused(CommandKind::kSendCell, {.command = 129}, 5), kernel, "no variable cell is sent");
  check(refused(CommandKind::kOpenRelayCircuit, {.subject = 1, .object = kFirst}, 71), kernel, "keys have their size");
  check(refused(CommandKind::kOpenRelayCircuit, {.code = 9, .subject = 1, .object = kFirst}, 72), kernel,
        "there is no such algorithm");
  check(refused(CommandKind::kOriginate, {.subject = 1}, 508), kernel, "a body has 509 octets");
  check(refused(CommandKind::kSetLimits, {}, 11), kernel, "limits are three numbers");
  // A stale slot is the next channel's, and a stale handle nobody's.
  commands.open_relay(5, kFirst, 7, keys.material).send(shard);
  check(shard.circuits_on(slot) == 1 && shard.channel_close(slot), kernel, "a channel goes with its circuits");
  check(process.counter(0, records::kCircuits) == 0, kernel, "none is left");
  check(shard.channel_open(kSecond, 4) == slot && shard.circuits_on(slot) == 0, kernel, "a slot is used again");
  check(commands.originate(5, Octets(kRelayBodySize)).send(shard) && shard.backlog(slot) == 0, kernel,
        "a stale circuit handle reaches nobody");
  // Keys are not left in the buffer that they came in.
  Octets &record = commands.open_relay(6, kSecond, 7, keys.material).octets();
  shard.commands(record.data(), record.size());
  check_equal(record.data() + records::kHeadSize, Octets(kTor1MaterialSize).data(), kTor1MaterialSize, kernel,
              "keys are wiped where they came from");
}

void full_queues(const Kernel &kernel) {
  Process process(kernel, 1, {20, 10, 30000});
  Shard &shard = *process.shards[0];
  Random random(32);
  const std::uint32_t prev = shard.channel_open(kFirst, 4), next = shard.channel_open(kSecond, 4);
  Commands commands;
  commands.open_relay(1, kFirst, 1, HopKeys(random).material).link_next(1, kSecond, 2);
  commands.open_relay(2, kFirst, 3, HopKeys(random).material, 1);
  commands.send(shard);
  Octets octets = relay_cells(1, 12);
  shard.receive(prev, octets.data(), octets.size());
  std::vector<Event> events = take_events(shard.events());
  check(events.size() == 1 && is_violation(events[0], 1, Violation::kOutboundQueueFull), kernel,
        "one cell too many away from the origin is told once");
  check(shard.backlog(next) == 10 * 514, kernel, "and not queued");
  check(process.counter(0, records::kRelayCellsDropped) == 1, kernel, "what comes after it is dropped");
  for (int i = 0; i < 21; i++) commands.originate(2, Octets(kRelayBodySize));
  commands.send(shard);
  events = take_events(shard.events());
  check(events.size() == 1 && is_violation(events[0], 2, Violation::kQueueFull), kernel,
        "so is one too many towards it");
  constexpr std::size_t at = records::kQueueCounterWords;
  const std::uint32_t &queued = process.counters[at + records::kQueuedWord];
  check(queued == 20 && process.counters[at + records::kOriginatedWord] == 21, kernel,
        "the queue's counters say what waits and came");
  check(shard.queued_cells(2) == 20, kernel, "and so does the shard");
  // Who waits for a short queue sets the word, and is told once.
  std::uint32_t &awaited = process.counters[at + records::kAwaitedWord];
  const auto take = [&](std::size_t cells) {
    Octets out(cells * 514 + 100);
    check(shard.take(prev, out.data(), out.size()) == cells * 514, kernel, "whole cells are taken");
    return take_events(shard.events());
  };
  const auto is_drained = [](const std::vector<Event> &told) {
    return told.size() == 1 && told[0].kind == static_cast<std::uint8_t>(EventKind::kDrained) && told[0].subject == 2;
  };
  awaited = 1;
  check(take(3).empty() && queued == 17 && awaited == 1, kernel, "17 cells are not few");
  check(is_drained(take(1)) && queued == 16 && awaited == 0, kernel, "a queue that falls to 16 cells is told");
  check(take(10).empty(), kernel, "once");
  awaited = 1;
  check(is_drained(take(1)) && awaited == 0, kernel, "who begins to wait when it has fallen already is told");
  awaited = 1;
  check(is_drained(take(5)) && queued == 0, kernel, "and so is who did before the last cell left");
  commands.close(2).send(shard);
  check(queued == 0 && shard.backlog(prev) == 0, kernel, "a closed circuit's cells are gone");
  // Control cells are bounded, too: their peer does not read.
  for (std::uint32_t i = 0; i <= Shard::kControlCellsMax; i++) {
    commands.add(CommandKind::kSendCell, {.command = 4, .circ_id = i, .subject = kSecond}, {});
  }
  commands.send(shard);
  const std::vector<Event> faults = take_events(shard.link_events());
  check(faults.size() == 1 && is_fault(faults[0], kSecond, ChannelFault::kControlQueueFull) && faults[0].number == next,
        kernel, "a channel that lets 4,096 control cells wait is faulty");
  check(shard.backlog(next) == 0 && process.counter(0, records::kQueuedOctets) == 0, kernel, "its cells are gone");
  Octets more = relay_cells(2, 1);
  check(shard.receive(next, more.data(), more.size()) == more.size(), kernel, "and it is deaf");
}

void counted_waits(const Kernel &kernel) {
  Process process(kernel, 1);
  Shard &shard = *process.shards[0];
  const std::uint32_t slot = shard.channel_open(kSecond, 4);
  double sum = 0;
  for (const double waited_ms : {0, 1, 2, 30, 600, 9000}) {
    process.settle();
    Commands commands;
    commands.add(CommandKind::kSendCell, {.command = 4, .circ_id = 1, .subject = kSecond}, {});
    commands.send(shard);
    process.now_ms += waited_ms;
    sum += waited_ms;
    process.settle();
    std::uint8_t out[cell_layout::kFixedCellSize];
    check(shard.take(slot, out, sizeof out) == sizeof out, kernel, "a cell that waited goes out");
  }
  const double expected[] = {2, 1, 0, 1, 0, 1, 1};
  for (std::size_t i = 0; i < std::size(expected); i++) {
    const auto bucket = static_cast<records::Counter>(records::kOutboxWaitUpTo1 + i);
    check(process.counter(0, bucket) == expected[i], kernel, "how long cells waited is counted once each");
  }
  check(process.counter(0, records::kOutboxWaited) == sum, kernel, "and summed up");
}

void full_events(const Kernel &kernel) {
  Process process(kernel, 1);
  Shard &shard = *process.shards[0];
  const std::uint32_t slot = shard.channel_open(kFirst, 4);
  Octets octets;
  for (std::uint32_t i = 0; i < 4000; i++) {
    const Octets one = cell(true, i, number_of(ChannelCommand::kDestroy), {});
    octets.insert(octets.end(), one.begin(), one.end());
  }
  std::size_t at = 0, events = 0, calls = 0;
  // Cells are cut by chunks of an odd size, so that the one that has to wait is a cut one at times.
  while (at < octets.size() && calls++ < 100) {
    const std::size_t size = std::min<std::size_t>(octets.size() - at, 1000003);
    at += shard.receive(slot, octets.data() + at, size);
    check(shard.events().size() < Shard::kEventsMax + 1024, kernel, "events are bounded by what is received");
    for (const Event &event : take_events(shard.events())) {
      check(event.circ_id == events++, kernel, "no cell is lost and none told twice");
    }
  }
  check(events == 4000 && calls > 2, kernel, "receiving goes on when events were taken");
}

void full_rings(const Kernel &kernel) {
  Process process(kernel, 2, {100000, 100000, 30000});
  Shard &home = *process.shards[0], &other = *process.shards[1];
  Random random(33);
  const std::uint32_t prev = home.channel_open(kFirst, 4), next = other.channel_open(kSecond + 1, 5);
  const std::uint32_t third = home.channel_open(kFirst + kSecond, 4);
  Commands commands;
  commands.open_relay(1, kFirst, 1, HopKeys(random).material).link_next(1, kSecond + 1, 2);
  commands.open_relay(2, kFirst + kSecond, 1, HopKeys(random).material).link_next(2, kFirst, 9);
  commands.send(home);
  process.settle();
  Octets octets = relay_cells(1, 3000);
  std::size_t taken = home.receive(prev, octets.data(), octets.size());
  check(taken > 0 && taken < octets.size() && taken % 514 == 0, kernel, "a link whose cells find no room waits");
  check(process.counter(0, records::kRingsFull) == 1, kernel, "which is counted");
  check(home.receive(prev, octets.data() + taken, 200) == 200 &&
            home.receive(prev, octets.data() + taken + 200, 514) < 514,
        kernel, "what there is of a cell is taken, but not its end");
  taken += 200;
  Octets local = relay_cells(1, 100);
  check(home.receive(third, local.data(), local.size()) == local.size(), kernel, "another link goes on");
  // Messages without a body go behind the cells, whether there is room or not.
  commands.add(CommandKind::kUnlinkNext, {.subject = 1}).send(home);
  for (int round = 0; taken < octets.size() && round < 20; round++) {
    process.settle();
    taken += home.receive(prev, octets.data() + taken, octets.size() - taken);
  }
  process.settle();
  check(other.circuits_on(next) == 0 && other.backlog(next) == 0, kernel,
        "a circuit that was unlinked takes its cells along");
  // Without that nothing is lost.
  commands.close(1).open_relay(3, kFirst, 1, HopKeys(random).material).link_next(3, kSecond + 1, 2).send(home);
  process.settle();
  octets = relay_cells(1, 3000);
  for (taken = 0; taken < octets.size();) {
    taken += home.receive(prev, octets.data() + taken, octets.size() - taken);
    process.settle();
  }
  check(other.backlog(next) == 3000 * 514, kernel, "every cell arrives when the ring has room again");
}

void memory_pressure(const Kernel &kernel) {
  Process process(kernel, 1);
  Shard &shard = *process.shards[0];
  Random random(34);
  const std::uint32_t prev = shard.channel_open(kFirst, 4), next = shard.channel_open(kSecond, 4);
  Commands commands;
  for (CircuitHandle circuit = 1; circuit <= 4; circuit++) {
    const auto circ_id = static_cast<std::uint32_t>(circuit);
    commands.open_relay(circuit, kFirst, circ_id, HopKeys(random).material).link_next(circuit, kSecond, circ_id);
  }
  commands.send(shard);
  const auto wait = [&](std::uint32_t circ_id, std::size_t cells) {
    process.now_ms += 100;
    process.settle();
    Octets octets = relay_cells(circ_id, cells);
    shard.receive(prev, octets.data(), octets.size());
  };
  wait(3, 10);
  wait(1, 30);
  commands.originate(3, Octets(kRelayBodySize)).send(shard);
  wait(2, 20);
  process.now_ms += 1;
  process.settle();
  commands.add(CommandKind::kSendCell, {.command = 4, .circ_id = 8, .subject = kSecond}, {}).send(shard);
  wait(4, 5);
  const double before = process.counter(0, records::kQueuedOctets);
  const auto shed = [&](std::uint64_t octets) {
    commands.add(CommandKind::kShedOldest, {.object = octets}).send(shard);
    return take_events(shard.events());
  };
  check(shed(0).empty(), kernel, "nothing is taken when nothing is to be freed");
  std::vector<Event> events = shed(11 * sizeof(Cell));
  check(events.size() == 1 && is_violation(events[0], 3, Violation::kMemoryPressure), kernel, "the oldest goes first");
  check(process.counter(0, records::kQueuedOctets) == before - 11 * sizeof(Cell), kernel, "with both its queues");
  events = shed(31 * sizeof(Cell));
  check(events.size() == 2 && events[0].subject == 1 && events[1].subject == 2, kernel,
        "then the next, until it is enough");
  commands.close(1).close(2).close(3).send(shard);
  events = shed(1);
  const std::vector<Event> faults = take_events(shard.link_events());
  check(events.empty() && faults.size() == 1 && is_fault(faults[0], kSecond, ChannelFault::kMemoryPressure), kernel,
        "a channel goes whose control cells wait longest");
  check(shard.backlog(next) == 0 && process.counter(0, records::kQueuedOctets) == 0, kernel,
        "with all that waits for it");
  check(process.counter(0, records::kOctetsShed) == before, kernel, "what is freed is counted");
}

/// A shard that dies takes its own channels and circuits along, and nothing else.
void departures(const Kernel &kernel) {
  Process process(kernel, 3);
  Random random(35);
  const std::uint32_t prev = process.shards[0]->channel_open(kFirst, 4);
  process.shards[1]->channel_open(kFirst + 1, 4);
  const std::uint32_t next = process.shards[2]->channel_open(kFirst + 2, 4);
  Commands commands;
  const HopKeys keys(random);
  // 1 goes from shard 0 on to shard 1, 2 from shard 1 on to shard 2; 3 of shard 0 is spliced with 4 of shard 1.
  commands.open_relay(1, kFirst, 1, keys.material).link_next(1, kFirst + 1, 1);
  commands.open_relay(3, kFirst, 3, keys.material).splice(3, 4, 1).send(*process.shards[0]);
  commands.open_relay(2, kFirst + 1, 2, keys.material).link_next(2, kFirst + 2, 2);
  commands.open_relay(4, kFirst + 1, 4, keys.material).splice(4, 3, 0).send(*process.shards[1]);
  process.settle();
  check(process.shards[2]->circuits_on(next) == 1, kernel, "a circuit has an end in another shard");
  Octets octets = relay_cells(1, 5);
  process.shards[0]->receive(prev, octets.data(), octets.size());
  process.shards[1].reset();
  process.settle();
  check(process.shards[2]->circuits_on(next) == 0, kernel, "which goes with the circuit's home");
  octets = relay_cells(1, 1);
  process.shards[0]->receive(prev, octets.data(), octets.size());
  octets = relay_cells(3, 1);
  process.shards[0]->receive(prev, octets.data(), octets.size());
  std::vector<Event> events = take_events(process.shards[0]->events());
  check(events.size() == 2 && is_violation(events[0], 1, Violation::kUnrecognizedAtEnd) &&
            is_violation(events[1], 3, Violation::kUnrecognizedAtEnd),
        kernel, "circuits that went on there end here");
  process.shards[1] = process.open(1, 3, {2500, 2500, 30000});
  check(process.shards[1] != nullptr, kernel, "the seat can be taken again");
  process.settle();
  const std::uint32_t slot = process.shards[1]->channel_open(kSecond + 1, 4);
  commands.open_relay(7, kFirst, 7, keys.material).link_next(7, kSecond + 1, 1).send(*process.shards[0]);
  process.settle();
  octets = relay_cells(7, 3);
  process.shards[0]->receive(prev, octets.data(), octets.size());
  process.settle();
  check(process.shards[1]->backlog(slot) == 3 * 514, kernel, "and its new holder gets what is for it, and that alone");
}

}  // namespace

void shard_cases(const Kernel &kernel) {
  nonsense(kernel);
  full_queues(kernel);
  counted_waits(kernel);
  full_events(kernel);
  full_rings(kernel);
  memory_pressure(kernel);
  departures(kernel);
}

}  // namespace ramson::test
