// The links of a shard whose sockets are native. Each function converts its arguments, calls native/net, and converts
// back. The loop of the thread watches one descriptor for all sockets; JavaScript is called only for what it has to
// see.

#include "../crypto/wipe.h"
#include "arguments.h"
#include "environment.h"
#include "open_shard.h"

namespace ramson {
namespace {

template <std::size_t Count>
OpenShard *find(const Arguments<Count> &arguments) {
  return arguments.template data<Environment>().shards.table.find(arguments.handle(0));
}

napi_value boolean(napi_env env, bool value) {
  napi_value result;
  napi_get_boolean(env, value, &result);
  return result;
}

napi_value number(napi_env env, double value) {
  napi_value result;
  napi_create_double(env, value, &result);
  return result;
}

napi_value failure(napi_env env, Status status) { return number(env, -static_cast<double>(status)); }

bool is_suite(std::uint32_t number) {
  return number <= UINT16_MAX && traffic_secret_size(static_cast<TlsSuite>(number)) > 0;
}

/// The descriptor is readable: the thread's loop calls.
void ready(void *data) {
  OpenShard &open = *static_cast<OpenShard *>(data);
  open.links->run();
  if (!open.links->has_news()) return;
  const napi_env env = open.env;
  napi_handle_scope scope;
  napi_value callback, receiver;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_get_reference_value(env, open.turn, &callback);
  napi_get_global(env, &receiver);
  // The shard may be closed when this returns.
  const napi_status status = napi_make_callback(env, open.turn_context, receiver, callback, 0, nullptr, nullptr);
  napi_value error;
  if (status == napi_pending_exception && napi_get_and_clear_last_exception(env, &error) == napi_ok) {
    napi_fatal_exception(env, error);
  }
  napi_close_handle_scope(env, scope);
}

/// canCarryLinks()
napi_value can_carry_links(napi_env env, napi_callback_info) { return boolean(env, LoopWatch::is_available()); }

/// shardLinksOpen(slot, generation, nowMs, shardCounters, linkCounters, buckets, turn): false where this Node or this
/// system has not what it takes.
napi_value links_open(napi_env env, napi_callback_info info) {
  const Arguments<7> arguments(env, info);
  OpenShard *open = find(arguments);
  if (open == nullptr || open->shard == nullptr) return answer(env, Status::kStaleHandle);
  double now_ms = 0;
  napi_get_value_double(env, arguments.value(2), &now_ms);
  const auto shard_counters = arguments.doubles(3), link_counters = arguments.doubles(4);
  const auto buckets = arguments.words(5);
  if (shard_counters.size < shard_records::kCounters || link_counters.size < kLinkCounters ||
      buckets.size != 2 * SharedRateLimit::kWords + LinkRates::kWords + OutputPacing::kWords ||
      open->links != nullptr) {
    return answer(env, Status::kBadSize);
  }
  auto *words = reinterpret_cast<std::int32_t *>(buckets.words);
  open->links =
      SocketLoop::open(*open->shard, {.now_ms = now_ms,
                                      .kernel = open->kernel,
                                      .read_limit = SharedRateLimit(words),
                                      .write_limit = SharedRateLimit(words + SharedRateLimit::kWords),
                                      .link_rates = LinkRates(words + 2 * SharedRateLimit::kWords),
                                      .pacing = OutputPacing(words + 2 * SharedRateLimit::kWords + LinkRates::kWords),
                                      .counters = link_counters.numbers,
                                      .shard_counters = shard_counters.numbers});
  if (open->links == nullptr) return boolean(env, false);
  open->watch = LoopWatch::open(env, open->links->descriptor(), ready, open);
  if (open->watch == nullptr) {
    open->links.reset();
    return boolean(env, false);
  }
  napi_value memory, name;
  napi_create_array_with_length(env, 3, &memory);
  for (std::uint32_t i = 0; i < 3; i++) napi_set_element(env, memory, i, arguments.value(3 + i));
  napi_create_reference(env, memory, 1, &open->link_memory);
  napi_create_reference(env, arguments.value(6), 1, &open->turn);
  napi_create_string_utf8(env, "ramson links", NAPI_AUTO_LENGTH, &name);
  napi_async_init(env, nullptr, name, &open->turn_context);
  Exchange::process().set_waker(open->shard->index(), open->links.get());
  open->end_first();
  return boolean(env, true);
}

/// shardLinkAdopt(slot, generation, place, channel, secrets, sequences, held, behind): `place` is the channel's slot,
/// the descriptor, the suite, and 1 for a server, for a peer that authenticated, for a private address; secrets and
/// sequences those of reading and writing.
napi_value link_adopt(napi_env env, napi_callback_info info) {
  const Arguments<8> arguments(env, info);
  const OpenShard *open = find(arguments);
  if (open == nullptr || open->links == nullptr) return answer(env, Status::kStaleHandle);
  const auto place = arguments.words(2);
  const View secrets = arguments.view(4), held = arguments.view(6), behind = arguments.view(7);
  const auto sequences = arguments.doubles(5);
  if (place.size != 6 || sequences.size != 2) return answer(env, Status::kBadSize);
  if (!is_suite(place.words[2])) return answer(env, Status::kBadChoice);
  const auto suite = static_cast<TlsSuite>(place.words[2]);
  const std::size_t size = traffic_secret_size(suite);
  if (secrets.size != 2 * size) return answer(env, Status::kBadSize);
  const auto sequence = [&](std::size_t at) { return static_cast<std::uint64_t>(sequences.numbers[at]); };
  const bool is_adopted = open->links->adopt({.slot = place.words[0],
                                              .channel = arguments.integer(3),
                                              .descriptor = static_cast<int>(place.words[1]),
                                              .suite = suite,
                                              .end = place.words[3] == 1 ? TlsEnd::kServer : TlsEnd::kClient,
                                              .reading = {secrets.octets, sequence(0)},
                                              .writing = {secrets.octets + size, sequence(1)},
                                              .is_relay = place.words[4] == 1,
                                              .is_private = place.words[5] == 1,
                                              .held = {held.octets, held.size},
                                              .behind = {behind.octets, behind.size}});
  return boolean(env, is_adopted);
}

/// shardLinkForget(slot, generation, channelSlot)
napi_value link_forget(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const OpenShard *open = find(arguments);
  if (open == nullptr || open->links == nullptr) return answer(env, Status::kStaleHandle);
  open->links->forget(arguments.number(2));
  return nullptr;
}

/// shardLinkUsedAt(slot, generation, channelSlot): milliseconds since 1970, or minus a status.
napi_value link_used_at(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const OpenShard *open = find(arguments);
  if (open == nullptr || open->links == nullptr) return failure(env, Status::kStaleHandle);
  return number(env, static_cast<double>(open->links->used_at_ms(arguments.number(2))));
}

/// shardLinkWroteAt(slot, generation, channelSlot): milliseconds since 1970, or minus a status.
napi_value link_wrote_at(napi_env env, napi_callback_info info) {
  const Arguments<3> arguments(env, info);
  const OpenShard *open = find(arguments);
  if (open == nullptr || open->links == nullptr) return failure(env, Status::kStaleHandle);
  return number(env, static_cast<double>(open->links->wrote_at_ms(arguments.number(2))));
}

/// shardLinkOctets(slot, generation, channelSlot, direction): octets read (0) or written (1), or minus a status.
napi_value link_octets(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  const OpenShard *open = find(arguments);
  if (open == nullptr || open->links == nullptr) return failure(env, Status::kStaleHandle);
  const std::uint32_t slot = arguments.number(2);
  const std::uint64_t octets =
      arguments.number(3) == 0 ? open->links->octets_read(slot) : open->links->octets_written(slot);
  return number(env, static_cast<double>(octets));
}

/// shardLinksWaiting(slot, generation): octets, or minus a status.
napi_value links_waiting(napi_env env, napi_callback_info info) {
  const Arguments<2> arguments(env, info);
  const OpenShard *open = find(arguments);
  if (open == nullptr || open->links == nullptr) return failure(env, Status::kStaleHandle);
  return number(env, static_cast<double>(open->links->waiting_octets()));
}

/// opensRecord(kernel, suite, secret, record): the record is the first under this traffic secret. Both are left as they
/// are.
napi_value opens_record(napi_env env, napi_callback_info info) {
  const Arguments<4> arguments(env, info);
  const Kernel *kernel = kernel_at(arguments.number(0));
  const std::uint32_t suite = arguments.number(1);
  if (kernel == nullptr || !is_suite(suite)) return answer(env, Status::kBadChoice);
  const View secret = arguments.view(2), record = arguments.view(3);
  constexpr std::size_t kLeast = RecordCipher::kHeaderSize + RecordCipher::kTagSize;
  if (secret.size != traffic_secret_size(static_cast<TlsSuite>(suite)) || record.size > kRecordSizeMax) {
    return answer(env, Status::kBadSize);
  }
  if (record.size < kLeast) return boolean(env, false);
  RecordCipher cipher;
  cipher.start(*kernel, static_cast<TlsSuite>(suite), secret.octets, 0);
  std::vector<std::uint8_t> copy(record.octets, record.octets + record.size);
  const bool opens = cipher.open(copy.data(), copy.size() - kLeast);
  wipe(copy.data(), copy.size());
  return boolean(env, opens);
}

}  // namespace

void OpenShard::close_links() {
  if (links == nullptr) return;
  if (watch != nullptr) watch->close();
  watch = nullptr;
  Exchange::process().set_waker(shard->index(), nullptr);
  links.reset();
  napi_async_destroy(env, turn_context);
  napi_delete_reference(env, turn);
  napi_delete_reference(env, link_memory);
}

void define_shard_links(Napi::Env env, Napi::Object exports, Environment &environment) {
  define(env, exports, "canCarryLinks", can_carry_links, environment);
  define(env, exports, "shardLinksOpen", links_open, environment);
  define(env, exports, "shardLinkAdopt", link_adopt, environment);
  define(env, exports, "shardLinkForget", link_forget, environment);
  define(env, exports, "shardLinkUsedAt", link_used_at, environment);
  define(env, exports, "shardLinkWroteAt", link_wrote_at, environment);
  define(env, exports, "shardLinkOctets", link_octets, environment);
  define(env, exports, "shardLinksWaiting", links_waiting, environment);
  define(env, exports, "opensRecord", opens_record, environment);
}

}  // namespace ramson
