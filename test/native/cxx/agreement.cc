// Every kernel gives what `generic` gives, on random lengths and splits, and takes over states that another has made.

#include <cstring>

#include "crypto/cgo.h"
#include "crypto/relay_direction.h"
#include "suite.h"

namespace ramson::test {
namespace {

/// Two kernels take turns on one state; a third state stays with the reference alone.
void counter_mode_in_turns(const Kernel &kernel, const Kernel &reference) {
  Random random(1);
  for (int round = 0; round < 300; round++) {
    const Octets key = random.octets(random.below(2) == 0 ? 16 : 32);
    // A third of the runs crosses the carry between the counter's words, a third the end of the counter.
    const std::uint64_t high = round % 3 == 0 ? ~std::uint64_t{0} : random.next();
    const std::uint64_t low = round % 3 == 2 ? random.next() : ~std::uint64_t{0} - random.below(40);
    AesCtr mixed = counter_mode(kernel, key, high, low);
    AesCtr pure = counter_mode(reference, key, high, low);
    Octets data = random.octets(1 + random.below(3000));
    Octets wanted = data;
    reference.aes_ctr(pure, wanted.data(), wanted.size());
    for (std::size_t at = 0; at < data.size();) {
      const std::size_t size = 1 + random.below(random.below(3) == 0 ? 40 : 700);
      const std::size_t take = size < data.size() - at ? size : data.size() - at;
      (random.below(4) == 0 ? reference : kernel).aes_ctr(mixed, data.data() + at, take);
      at += take;
    }
    check_equal(data, wanted, kernel, "counter mode with random splits");
    check(mixed.counter_high == pure.counter_high && mixed.counter_low == pure.counter_low && mixed.used == pure.used,
          kernel, "counter mode leaves the same counter behind");
  }
}

void cells_in_a_row(const Kernel &kernel, const Kernel &reference) {
  Random random(2);
  for (const std::size_t key_size : {std::size_t{16}, std::size_t{32}}) {
    const Octets key = random.octets(key_size);
    AesCtr one = counter_mode(kernel, key, 0, 0), other = counter_mode(reference, key, 0, 0);
    for (int cell = 0; cell < 64; cell++) {
      Octets body = random.octets(kRelayBodySize);
      Octets wanted = body;
      kernel.aes_ctr(one, body.data(), body.size());
      reference.aes_ctr(other, wanted.data(), wanted.size());
      check_equal(body, wanted, kernel, "a keystream that runs on over cells of 509 octets");
    }
  }
}

void block_functions(const Kernel &kernel, const Kernel &reference) {
  Random random(3);
  for (int round = 0; round < 200; round++) {
    const Octets octets = random.octets(32), data = random.octets(40 * 64);
    AesKey key{}, same{};
    const std::size_t key_size = round % 2 == 0 ? 16 : 32;
    kernel.aes_expand(key, octets.data(), key_size);
    reference.aes_expand(same, octets.data(), key_size);
    check(std::memcmp(&key, &same, sizeof key) == 0, kernel, "key schedule");
    Octets block(data.begin(), data.begin() + 16);
    kernel.aes_encrypt(key, block.data());
    reference.aes_decrypt(same, block.data());
    check_equal(block.data(), data.data(), 16, kernel, "decryption undoes encryption");
    kernel.aes_decrypt(key, block.data());
    reference.aes_encrypt(same, block.data());
    check_equal(block.data(), data.data(), 16, kernel, "encryption undoes decryption");

    std::uint32_t state[kSha1StateWords] = {}, same_state[kSha1StateWords] = {};
    const std::size_t blocks = random.below(40);
    kernel.sha1_blocks(state, data.data(), blocks);
    reference.sha1_blocks(same_state, data.data(), blocks);
    check(std::memcmp(state, same_state, sizeof state) == 0, kernel, "SHA-1 blocks");

    PolyvalKey powers{}, same_powers{};
    kernel.polyval_expand(powers, octets.data(), kPolyvalPowers);
    reference.polyval_expand(same_powers, octets.data(), kPolyvalPowers);
    check(std::memcmp(&powers, &same_powers, sizeof powers) == 0, kernel, "POLYVAL powers");
    Octets sum(data.begin() + 64, data.begin() + 80);
    Octets same_sum = sum;
    kernel.polyval(powers, sum.data(), data.data(), blocks);
    reference.polyval(same_powers, same_sum.data(), data.data(), blocks);
    check_equal(sum, same_sum, kernel, "POLYVAL blocks");
  }
}

/// One side of a hop runs on this kernel, the other on the reference.
void hops(const Kernel &kernel, const Kernel &reference) {
  Random random(4);
  for (const RelayAlgorithm algorithm : {RelayAlgorithm::kTor1, RelayAlgorithm::kHs}) {
    const RelayKeySizes sizes = relay_key_sizes(algorithm);
    const Octets seed = random.octets(sizes.digest_seed), key = random.octets(sizes.key);
    RelayDirection origin(kernel, algorithm, seed.data(), key.data());
    RelayDirection relay(reference, algorithm, seed.data(), key.data());
    check(origin.tag() == nullptr, kernel, "no tag before the first cell");
    for (int cell = 0; cell < 100; cell++) {
      Octets body = random.octets(kRelayBodySize);
      if (cell % 3 == 0) {
        // A passing cell: the cipher moves on, the digest does not.
        Octets passing = body;
        origin.crypt(passing.data());
        relay.crypt(passing.data());
        check_equal(passing, body, kernel, "a passing cell is decrypted");
        body[1] = body[2] = 0;
        const Octets before = body;
        check(!relay.recognize(body.data()), reference, "a stranger's cell is not recognized");
        check_equal(body, before, kernel, "and left as it was");
      }
      body[1] = body[2] = 0;
      origin.seal(body.data());
      const Octets sealed = body;
      origin.crypt(body.data());
      relay.crypt(body.data());
      check_equal(body, sealed, kernel, "a sealed cell is decrypted");
      check(relay.recognize(body.data()), kernel, "a sealed cell is recognized");
      check_equal(relay.tag(), origin.tag(), kRelayTagSize, kernel, "both sides have the same tag");
    }
  }
}

/// The relay's end of a hop on this kernel and the origin's on the reference, then the other way round.
void cgo_hops(const Kernel &kernel, const Kernel &reference) {
  Random random(7);
  const Octets tweaks = random.octets(2 * kCgoTagSize);
  for (const bool swapped : {false, true}) {
    const Octets material = random.octets(2 * kCgoDirectionKeySize);
    CgoHop relay(swapped ? reference : kernel, CgoEnd::kRelay, material.data(), tweaks.data());
    CgoHop origin(swapped ? kernel : reference, CgoEnd::kOrigin, material.data(), tweaks.data());
    check(relay.tag() == nullptr && origin.tag() == nullptr, kernel, "no tag before the first cell");
    for (int cell = 0; cell < 100; cell++) {
      const auto command = static_cast<std::uint8_t>(random.next());
      const Octets plain = random.octets(kCgoBodySize);
      const auto arrives_whole = [&](const Octets &body, const char *what) {
        check_equal(body.data() + kCgoTagSize, plain.data() + kCgoTagSize, kCgoBodySize - kCgoTagSize, kernel, what);
      };
      Octets body = plain;
      if (cell % 3 == 0) {
        // A cell of another hop passes.
        check(!origin.outbound(command, body.data()), kernel, "an origin recognizes nothing on the way out");
        check(!relay.outbound(command, body.data()), kernel, "a passing cell is not recognized");
        check_equal(body, plain, kernel, "a passing cell is what it was when its layer is off");
        check(!relay.inbound(command, body.data()), kernel, "a relay recognizes nothing on the way in");
        check(!origin.inbound(command, body.data()), kernel, "a passing cell is not recognized");
        check_equal(body, plain, kernel, "a passing cell is what it was when its layer is off");
      }
      origin.originate(command, body.data());
      check(relay.outbound(command, body.data()), kernel, "an originated cell is recognized");
      check_equal(relay.tag(), origin.tag(), kCgoTagSize, kernel, "both ends have the same tag");
      arrives_whole(body, "an originated cell arrives whole");
      relay.originate(command, body.data());
      check(origin.inbound(command, body.data()), kernel, "an originated cell is recognized");
      check_equal(relay.tag(), origin.tag(), kCgoTagSize, kernel, "both ends have the same tag");
      arrives_whole(body, "an originated cell arrives whole");
    }
  }
}

}  // namespace

void agreement(const Kernel &kernel, const Kernel &reference) {
  counter_mode_in_turns(kernel, reference);
  cells_in_a_row(kernel, reference);
  block_functions(kernel, reference);
  hops(kernel, reference);
  cgo_hops(kernel, reference);
}

}  // namespace ramson::test
