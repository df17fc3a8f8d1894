#include "record_cipher.h"

#include <cstring>
#include <string_view>

#include "../crypto/sha256.h"
#include "../crypto/sha384.h"
#include "../crypto/wipe.h"
#include "../kernels/gcm_key.h"
#include "../kernels/words.h"

namespace ramson {
namespace {

std::size_t key_size(TlsSuite suite) { return suite == TlsSuite::kAes256GcmSha384 ? 32 : 16; }

/// HKDF-Expand-Label with an empty context (RFC 8446, section 7.1).
void expand_label(const Kernel &kernel, TlsSuite suite, const std::uint8_t *secret, std::string_view label,
                  std::uint8_t *out, std::size_t size) {
  constexpr std::string_view kPrefix = "tls13 ";
  char info[32];
  std::size_t length = 0;
  const auto add = [&](std::size_t octet) { info[length++] = static_cast<char>(octet); };
  add(size >> 8);
  add(size & 0xff);
  add(kPrefix.size() + label.size());
  for (const std::string_view part : {kPrefix, label}) {
    for (const char letter : part) info[length++] = letter;
  }
  add(0);
  if (suite == TlsSuite::kAes256GcmSha384) {
    hkdf_expand_sha384(secret, {info, length}, out, size);
  } else {
    hkdf_expand(kernel, secret, {info, length}, out, size);
  }
}

}  // namespace

RecordCipher::~RecordCipher() { wipe(this, sizeof *this); }

void RecordCipher::start(const Kernel &kernel, TlsSuite suite, const std::uint8_t *secret, std::uint64_t sequence) {
  kernel_ = &kernel;
  suite_ = suite;
  std::memcpy(secret_, secret, traffic_secret_size(suite));
  make_key();
  sequence_ = sequence;
}

void RecordCipher::update() {
  std::uint8_t next[kTrafficSecretSizeMax];
  const std::size_t size = traffic_secret_size(suite_);
  expand_label(*kernel_, suite_, secret_, "traffic upd", next, size);
  std::memcpy(secret_, next, size);
  wipe(next, sizeof next);
  make_key();
  sequence_ = 0;
}

void RecordCipher::make_key() {
  std::uint8_t key[32];
  const std::size_t size = key_size(suite_);
  expand_label(*kernel_, suite_, secret_, "key", key, size);
  gcm_expand(*kernel_, key_, key, size);
  wipe(key, sizeof key);
  std::uint8_t iv[16] = {};
  expand_label(*kernel_, suite_, secret_, "iv", iv, kGcmNonceSize);
  for (std::size_t i = 0; i < 2; i++) iv_[i] = load_le64(iv + 8 * i);
  wipe(iv, sizeof iv);
}

}  // namespace ramson
