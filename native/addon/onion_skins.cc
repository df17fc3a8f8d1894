// Onion skins in batches: a call takes all skins of a batch and all secrets that were drawn for them, and writes all
// replies. Each function converts its arguments, calls native/crypto, and converts back. Nothing is kept between calls.

#include "../crypto/ntor.h"
#include "../crypto/ntor_v3.h"
#include "arguments.h"
#include "environment.h"

namespace ramson {
namespace {

constexpr std::size_t kMaxKeySize = 255 * 32;

OnionKeys onion_keys(const View &view) { return {view.octets, view.size / kOnionKeyRecordSize}; }

bool are_onion_keys(const View &view) { return view.size != 0 && view.size % kOnionKeyRecordSize == 0; }

/// Pieces of a buffer, named by where each ends; the first begins at the buffer's start.
struct Pieces {
  View buffer;
  const std::uint32_t *ends;

  std::size_t begin(std::size_t i) const { return i == 0 ? 0 : ends[i - 1]; }
  std::uint8_t *at(std::size_t i) const { return buffer.octets + begin(i); }
  std::size_t size(std::size_t i) const { return ends[i] - begin(i); }

  /// Whether `count` pieces of `least` octets or more fill the buffer.
  bool fill(std::size_t count, std::size_t least) const {
    std::size_t last = 0;
    for (std::size_t i = 0; i < count; i++) {
      if (ends[i] < last || ends[i] - last < least) return false;
      last = ends[i];
    }
    return last == buffer.size;
  }
};

/// x25519(secrets, points, out): products of as many secrets and points; no points at all stand for the base point.
napi_value x25519_products(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const View secrets = arguments.view(0), points = arguments.view(1), out = arguments.view(2);
  if (secrets.size % kX25519Size != 0 || out.size != secrets.size) return answer(env, Status::kBadSize);
  if (points.size != 0 && points.size != secrets.size) return answer(env, Status::kBadSize);
  for (std::size_t at = 0; at < secrets.size;) {
    X25519Product products[kMaxX25519Products];
    std::size_t count = 0;
    for (; count < kMaxX25519Products && at < secrets.size; count++, at += kX25519Size) {
      products[count] = {secrets.octets + at, points.size == 0 ? nullptr : points.octets + at, out.octets + at};
    }
    x25519({products, count});
  }
  return nullptr;
}

/// ntorAnswer(kernel, skins, identity, keys, ephemerals, replies, keyMaterial, verdicts): as many of each as there are
/// verdicts, the same share of `keyMaterial` for every skin.
napi_value ntor_answer(napi_env env, napi_callback_info info) {
  const Arguments<8> arguments(env, info);
  const Kernel *kernel = kernel_at(arguments.number(0));
  const View skins = arguments.view(1), identity = arguments.view(2), keys = arguments.view(3);
  const View ephemerals = arguments.view(4), replies = arguments.view(5), material = arguments.view(6);
  const View verdicts = arguments.view(7);
  const std::size_t count = verdicts.size;
  if (kernel == nullptr) return answer(env, Status::kBadChoice);
  if (count == 0 || material.size % count != 0) return answer(env, Status::kBadSize);
  const std::size_t key_size = material.size / count;
  if (key_size == 0 || key_size > kMaxKeySize || !are_onion_keys(keys) || identity.size != kNtorIdentitySize ||
      skins.size != count * kNtorSkinSize || ephemerals.size != count * kX25519Size ||
      replies.size != count * kNtorReplySize) {
    return answer(env, Status::kBadSize);
  }
  for (std::size_t i = 0; i < count; i++) {
    verdicts.octets[i] = static_cast<std::uint8_t>(
        answer_ntor(*kernel, skins.octets + i * kNtorSkinSize, identity.octets, onion_keys(keys),
                    ephemerals.octets + i * kX25519Size, replies.octets + i * kNtorReplySize,
                    material.octets + i * key_size, key_size));
  }
  return nullptr;
}

/// ntorV3Open(kernel, skins, skinEnds, identity, verification, keys, shared, verdicts): decrypts the messages where
/// they lie in the skins.
napi_value ntor_v3_open(napi_env env, napi_callback_info info) {
  const Arguments<8> arguments(env, info);
  const Kernel *kernel = kernel_at(arguments.number(0));
  const auto ends = arguments.words(2);
  const Pieces skins{arguments.view(1), ends.words};
  const View identity = arguments.view(3), verification = arguments.view(4), keys = arguments.view(5);
  const View shared = arguments.view(6), verdicts = arguments.view(7);
  const std::size_t count = verdicts.size;
  if (kernel == nullptr) return answer(env, Status::kBadChoice);
  if (ends.size != count || !skins.fill(count, kNtorV3SkinOverhead) || identity.size != kNtorV3KeySize ||
      !are_onion_keys(keys) || shared.size != count * kNtorV3KeySize) {
    return answer(env, Status::kBadSize);
  }
  const NtorV3Relay relay{identity.octets, {verification.octets, verification.size}};
  for (std::size_t i = 0; i < count; i++) {
    verdicts.octets[i] = static_cast<std::uint8_t>(
        open_ntor_v3(*kernel, skins.at(i), skins.size(i), relay, onion_keys(keys), shared.octets + i * kNtorV3KeySize));
  }
  return nullptr;
}

/// ntorV3Seal(kernel, skins, skinEnds, identity, verification, shared, ephemerals, messages, messageEnds, replies,
/// keyMaterial, keyEnds, verdicts): after ntorV3Open, for the skins whose verdict is still 0. A reply is as long as its
/// message and kNtorV3ReplyOverhead.
napi_value ntor_v3_seal(napi_env env, napi_callback_info info) {
  const Arguments<13> arguments(env, info);
  const Kernel *kernel = kernel_at(arguments.number(0));
  const auto skin_ends = arguments.words(2), message_ends = arguments.words(8), key_ends = arguments.words(11);
  const Pieces skins{arguments.view(1), skin_ends.words}, messages{arguments.view(7), message_ends.words};
  const Pieces material{arguments.view(10), key_ends.words};
  const View identity = arguments.view(3), verification = arguments.view(4), shared = arguments.view(5);
  const View ephemerals = arguments.view(6), replies = arguments.view(9), verdicts = arguments.view(12);
  const std::size_t count = verdicts.size;
  if (kernel == nullptr) return answer(env, Status::kBadChoice);
  if (skin_ends.size != count || message_ends.size != count || key_ends.size != count ||
      !skins.fill(count, kNtorV3SkinOverhead) || !messages.fill(count, 0) || !material.fill(count, 0) ||
      identity.size != kNtorV3KeySize || shared.size != count * kNtorV3KeySize ||
      ephemerals.size != count * kX25519Size || replies.size != count * kNtorV3ReplyOverhead + messages.buffer.size) {
    return answer(env, Status::kBadSize);
  }
  const NtorV3Relay relay{identity.octets, {verification.octets, verification.size}};
  for (std::size_t i = 0; i < count; i++) {
    if (verdicts.octets[i] != static_cast<std::uint8_t>(OnionSkinVerdict::kAnswered)) continue;
    seal_ntor_v3(*kernel, {skins.at(i), skins.size(i)}, relay, shared.octets + i * kNtorV3KeySize,
                 ephemerals.octets + i * kX25519Size, {messages.at(i), messages.size(i)},
                 replies.octets + i * kNtorV3ReplyOverhead + messages.begin(i), material.at(i), material.size(i));
  }
  return nullptr;
}

}  // namespace

void define_onion_skins(Napi::Env env, Napi::Object exports, Environment &environment) {
  define(env, exports, "x25519", x25519_products, environment);
  define(env, exports, "ntorAnswer", ntor_answer, environment);
  define(env, exports, "ntorV3Open", ntor_v3_open, environment);
  define(env, exports, "ntorV3Seal", ntor_v3_seal, environment);
}

}  // namespace ramson
