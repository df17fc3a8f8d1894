// The parts of a shard by themselves: tables under flood and churn, the pool,
// framing across every border, outboxes, records, rings, and what a closed
// circuit leaves behind.

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "relay/number_table.h"
#include "relay/tor1_hop.h"
#include "shard_driver.h"

namespace ramson::test {
namespace {

using cell_layout::ChannelCommand;

void hashes(const Kernel &kernel) {
  // Computed by an implementation of SipHash for any numbers of rounds, which
  // gives the published results for SipHash-2-4.
  constexpr HashKey kKey{0x0706050403020100, 0x0f0e0d0c0b0a0908};
  check(keyed_hash(kKey, 0) == 0x5cb96f6ba2a4fcfc, kernel, "SipHash-1-3 of zeros");
  check(keyed_hash(kKey, 0x0706050403020100) == 0x369095118d299a8e, kernel, "SipHash-1-3 of counting octets");
  static_assert(keyed_hash(kKey, 1) != keyed_hash({kKey.first, kKey.second ^ 1}, 1));
  check(&process_hash_key() == &process_hash_key(), kernel, "a process has one key");
  check((process_hash_key().first | process_hash_key().second) != 0, kernel, "and it is no zeros");
}

void tables(const Kernel &kernel) {
  Random random(21);
  CircIdTable<std::uint64_t> table;
  std::map<std::uint32_t, std::uint64_t> values;
  std::vector<std::uint64_t> storage(64);
  for (int step = 0; step < 60000; step++) {
    const auto key = static_cast<std::uint32_t>(random.below(step < 30000 ? 3000 : 40));
    std::uint64_t *value = &storage[random.below(storage.size())];
    const auto found = values.find(key);
    auto *wanted = found == values.end() ? nullptr : reinterpret_cast<std::uint64_t *>(found->second);
    const std::size_t choice = random.below(3);
    if (choice == 0) {
      check(table.put(key, value) == wanted, kernel, "a table gives what it replaces");
      values[key] = reinterpret_cast<std::uintptr_t>(value);
    } else if (choice == 1) {
      check(table.remove(key) == wanted, kernel, "a table gives what it removes");
      values.erase(key);
    } else {
      check(table.find(key) == wanted, kernel, "a table finds what was put");
    }
    check(table.size() == values.size(), kernel, "a table holds as much as was put");
  }
  std::size_t visited = 0;
  table.each([&](std::uint32_t key, std::uint64_t *value) {
    visited += values.at(key) == reinterpret_cast<std::uintptr_t>(value);
  });
  check(visited == values.size(), kernel, "all are visited");
  for (std::uint32_t key = 0; key < 3000; key++) table.remove(key);
  check(table.size() == 0 && table.octets() <= 64, kernel, "an empty table gives its memory back");
}

/// An attacker who knows a key can make a table slow; the same numbers do
/// nothing under another.
void floods(const Kernel &kernel) {
  constexpr HashKey kKnown{1, 2};
  constexpr std::size_t kCount = 2000;
  std::vector<std::uint32_t> chosen;
  for (std::uint32_t circ_id = 1; chosen.size() < kCount; circ_id++) {
    if (keyed_hash(kKnown, circ_id) % 4096 < 4) chosen.push_back(circ_id);
  }
  std::uint64_t value = 0;
  CircIdTable<std::uint64_t> known({&kKnown}), keyed;
  for (const std::uint32_t circ_id : chosen) {
    known.put(circ_id, &value);
    keyed.put(circ_id, &value);
  }
  check(known.longest_search() > kCount / 2, kernel, "circ_ids chosen for a known key do pile up");
  check(keyed.longest_search() < 100, kernel, "under the key of the process they do not");
  CircIdTable<std::uint64_t> counted;
  for (std::uint32_t i = 0; i < 50000; i++) counted.put(i << 16, &value);
  check(counted.longest_search() < 200, kernel, "neither do circ_ids that differ in their high octets alone");
  // As channels and circuits are called: number * 256 + shard, and one after
  // the other.
  for (const std::uint64_t step : {std::uint64_t{1}, std::uint64_t{256}}) {
    HandleMap<std::uint64_t> handles;
    for (std::uint64_t i = 0; i < 50000; i++) handles.put(3 + i * step, &value);
    check(handles.longest_search() < 20, kernel, "handles are spread, though under no key");
  }
}

void pools(const Kernel &kernel) {
  CellPool pool;
  Random random(22);
  std::set<Cell *> taken;
  for (int wave = 0; wave < 4; wave++) {
    while (taken.size() < 2000) {
      Cell *cell = pool.take();
      check(cell != nullptr && taken.insert(cell).second, kernel, "no cell is given twice");
      std::fill(std::begin(cell->octets), std::end(cell->octets), std::uint8_t{0xaa});
    }
    check(pool.cells_taken() == taken.size(), kernel, "the pool counts what is taken");
    check(pool.octets() >= taken.size() * sizeof(Cell), kernel, "and what it has");
    while (taken.size() > random.below(400)) {
      const auto chosen =
          std::next(taken.begin(), static_cast<std::ptrdiff_t>(random.below(std::min<std::size_t>(taken.size(), 50))));
      pool.give_back(*chosen);
      taken.erase(chosen);
    }
  }
  for (Cell *cell : taken) pool.give_back(cell);
  check(pool.cells_taken() == 0 && pool.octets() <= 5 * 65536, kernel, "a pool keeps little when nothing is taken");
}

/// Two cells and a variable one, cut at every place, and at every two places
/// near the borders.
void framing(const Kernel &kernel) {
  Random random(23);
  for (const bool is_wide : {true, false}) {
    const Octets first = cell(is_wide, 0xfe01, 4, random.octets(kRelayBodySize));
    Octets variable = cell(is_wide, 0, 128, {});
    variable.resize(is_wide ? 5 : 3);
    for (const int octet : {0, 3, 1, 2, 3}) variable.push_back(static_cast<std::uint8_t>(octet));
    const Octets last = cell(is_wide, 0x1234, 1, random.octets(kRelayBodySize));
    Octets stream = first;
    stream.insert(stream.end(), variable.begin(), variable.end());
    stream.insert(stream.end(), last.begin(), last.end());
    for (std::size_t cut = 0; cut <= stream.size(); cut++) {
      for (const std::size_t more : {std::size_t{0}, std::size_t{1}, std::size_t{5}, cut % 600}) {
        CellPool pool;
        CellFramer framer(is_wide);
        std::vector<TakenCell> cells;
        for (const auto &[from, to] :
             {std::pair(std::size_t{0}, cut), std::pair(cut, std::min(cut + more, stream.size())),
              std::pair(std::min(cut + more, stream.size()), stream.size())}) {
          Octets octets(stream.begin() + static_cast<std::ptrdiff_t>(from),
                        stream.begin() + static_cast<std::ptrdiff_t>(to));
          Chunk chunk{octets.data(), octets.size()};
          while (chunk.size > 0) {
            CellHeader header;
            if (framer.next(chunk, header, pool) != CellFramer::Next::kCell) break;
            // Asked again, because the cell had to wait, it says the same.
            check(framer.next(chunk, header, pool) == CellFramer::Next::kCell, kernel,
                  "a cell that waits is still there");
            const std::uint8_t *body = framer.complete(chunk);
            cells.push_back(
                {header.circ_id, header.command, body == nullptr ? Octets{} : Octets(body, body + kRelayBodySize)});
            framer.release(pool);
          }
          check(chunk.size == 0, kernel, "a chunk is taken whole");
        }
        const bool same = cells.size() == 3 && cells[0].circ_id == 0xfe01 && cells[1].command == 128 &&
                          cells[2].command == 1 && cells[2].circ_id == 0x1234 &&
                          std::equal(cells[0].body.rbegin(), cells[0].body.rend(), first.rbegin()) &&
                          std::equal(cells[2].body.rbegin(), cells[2].body.rend(), last.rbegin());
        check(same && pool.cells_taken() == 0, kernel, "cells come out of any chunks");
      }
    }
  }
}

/// A busy circuit waits for a quiet one; what it did long ago is forgiven.
void outboxes(const Kernel &kernel) {
  CellPool pool;
  Outbox outbox;
  std::vector<CircuitEnd> ends(3);
  outbox.make_room(ends.size());
  const auto put = [&](std::size_t at, int cells) {
    for (; cells > 0; cells--) outbox.put(ends[at], pool.take());
  };
  const auto take = [&](double weight) {
    const auto at = static_cast<std::size_t>(outbox.first() - ends.data());
    pool.give_back(outbox.take_first(weight));
    return at;
  };
  put(0, 100);
  for (int i = 0; i < 50; i++) check(take(1) == 0, kernel, "who is alone goes");
  put(1, 40);
  for (int i = 0; i < 40; i++) check(take(1) == 1, kernel, "a quiet circuit goes before one that had fifty cells");
  put(1, 40);
  put(2, 60);
  std::size_t taken[3] = {};
  for (int i = 0; i < 60; i++) taken[take(1)]++;
  check(taken[2] >= 40 && taken[0] <= 10, kernel, "and a new one before both, until it had as many");
  for (int i = 0; i < 20; i++) taken[take(1)]++;
  check(taken[0] > 0 && taken[1] > 0, kernel, "then they take turns");
  // A hundred half-lives later what was is nothing.
  const double later = std::exp2(100);
  std::size_t again[3] = {};
  for (int i = 0; i < 9; i++) again[take(later)]++;
  check(again[0] == 3 && again[1] == 3 && again[2] == 3, kernel, "what a circuit did long ago does not count");
  const std::size_t waiting = ends[0].queue.size();
  check(outbox.drop(ends[0], pool) == waiting && ends[0].turn == CircuitEnd::kNoTurn, kernel, "a circuit's cells go");
  check(outbox.clear(pool) > 0 && outbox.is_empty() && pool.cells_taken() == 0, kernel, "and all others");
}

void record_buffers(const Kernel &kernel) {
  RecordBuffer buffer;
  const Octets payload = Random(24).octets(kRelayBodySize);
  for (std::uint32_t i = 0; i < 20; i++) {
    buffer.add(
        {.kind = 2, .flags = 1, .command = 3, .code = 4, .circ_id = i, .subject = (1ull << 53) - 1 - i, .number = 7},
        payload.data(), i * 20, payload.data(), i);
  }
  Octets small(31);
  check(buffer.take(small.data(), small.size()) == 0 && buffer.size() > 0, kernel, "half a record is not taken");
  const std::vector<Event> events = take_events(buffer);
  check(events.size() == 20 && buffer.size() == 0, kernel, "all records come out");
  for (std::uint32_t i = 0; i < events.size(); i++) {
    const Event &event = events[i];
    check(event.circ_id == i && event.subject == (1ull << 53) - 1 - i && event.payload.size() == 21 * i, kernel,
          "a record is what was put in");
  }
  // Whatever is cut off ends the reading, and nothing beyond is read.
  Commands commands;
  commands.open_origin(5, 256, 9).originate(5, payload).close(5);
  const Octets &whole = commands.octets();
  for (std::size_t size = 0; size <= whole.size(); size++) {
    Octets cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    RecordReader reader(cut.data(), cut.size());
    std::size_t count = 0;
    while (reader.next()) count++;
    check(reader.is_at_end() == (size == 0 || size == 32 || size == 32 + 544 || size == whole.size()) && count <= 3,
          kernel, "records that are cut are not read");
  }
}

void rings(const Kernel &kernel) {
  Ring ring(8);
  std::uint32_t sent = 0, seen = 0;
  const auto send = [&] {
    CellMessage *place = ring.begin();
    if (place == nullptr) return false;
    place->circ_id = sent++;
    ring.end();
    return true;
  };
  const auto drain = [&] {
    return ring.drain(
        [&](CellMessage &message) { check(message.circ_id == seen++, kernel, "messages come in order"); });
  };
  for (int round = 0; round < 100; round++) {
    while (send()) {
    }
    check(!ring.has_published() || round > 0, kernel, "what is not published is not there");
    ring.want_room();
    ring.publish();
    check(drain() == 8 && ring.takes_wish_for_room() && !ring.takes_wish_for_room(), kernel, "a ring is worked off");
    check(send(), kernel, "and has room again");
    ring.publish();
    check(drain() == 1, kernel, "for as many as were read");
  }
  send();
  ring.publish();
  ring.discard();
  check(!ring.has_published(), kernel, "what is discarded is gone");
}

/// A compact hop does what two directions do.
void hops(const Kernel &kernel) {
  Random random(25);
  const HopKeys keys(random);
  Tor1Hop hop(kernel, keys.material.data());
  const auto origin_out = keys.outbound(kernel), origin_in = keys.inbound(kernel), relay_in = keys.inbound(kernel);
  for (int round = 0; round < 200; round++) {
    Octets body = random.octets(kRelayBodySize);
    std::uint8_t tag[kRelayTagSize];
    const bool is_ours = round % 3 == 0;
    if (round % 3 < 2) body[1] = body[2] = 0;
    if (is_ours) origin_out->seal(body.data());
    const Octets plain = body;
    origin_out->crypt(body.data());
    check(hop.outbound(kernel, body.data(), tag) == is_ours, kernel, "messages for this hop are recognized");
    check_equal(body, plain, kernel, "an outbound cell is decrypted");
    if (is_ours) check_equal(tag, origin_out->tag(), sizeof tag, kernel, "its digest is told");
    Octets message = random.octets(kRelayBodySize), wanted = message;
    hop.originate(kernel, message.data(), tag);
    relay_in->seal(wanted.data());
    relay_in->crypt(wanted.data());
    check_equal(message, wanted, kernel, "a message of ours is sealed and encrypted");
    check_equal(tag, relay_in->tag(), sizeof tag, kernel, "its digest is told");
    hop.inbound(kernel, message.data());
    relay_in->crypt(wanted.data());
    check_equal(message, wanted, kernel, "an inbound cell is encrypted");
    origin_in->crypt(message.data());
  }
  alignas(Tor1Hop) std::uint8_t memory[sizeof(Tor1Hop)];
  std::memset(memory, 0xff, sizeof memory);
  (new (memory) Tor1Hop(kernel, keys.material.data()))->~Tor1Hop();
  const volatile std::uint8_t *octets = memory;
  std::uint8_t left = 0;
  for (std::size_t i = 0; i < sizeof memory; i++) left = static_cast<std::uint8_t>(left | octets[i]);
  check(left == 0, kernel, "a closed hop is zero from end to end");
}

}  // namespace

void shard_parts(const Kernel &kernel) {
  hashes(kernel);
  tables(kernel);
  floods(kernel);
  pools(kernel);
  framing(kernel);
  outboxes(kernel);
  record_buffers(kernel);
  rings(kernel);
  hops(kernel);
}

}  // namespace ramson::test
