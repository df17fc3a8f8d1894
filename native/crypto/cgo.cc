#include "cgo.h"

#include <cstring>

#include "../kernels/words.h"
#include "wipe.h"

namespace ramson {
namespace {

constexpr std::size_t kLeftSize = kAesBlockSize;
constexpr std::size_t kRightSize = kCgoBodySize - kLeftSize;
constexpr std::size_t kAesKeySize = 16;
constexpr std::size_t kPairSize = kAesKeySize + kPolyvalBlockSize;
/// PRF(…, 1) starts where the 31 blocks of PRF(…, 0) end.
constexpr std::uint8_t kSecondHalfBlock = 31;
/// H, the command and X_R, filled up to whole blocks.
constexpr std::size_t kTweakBlocks = 32;

void add(std::uint8_t *block, const std::uint8_t *mask) {
  store_le64(block, load_le64(block) ^ load_le64(mask));
  store_le64(block + 8, load_le64(block + 8) ^ load_le64(mask + 8));
}

}  // namespace

void CgoDirection::start(const Kernel &kernel, const std::uint8_t *material, const std::uint8_t *tweak) {
  std::memset(this, 0, sizeof *this);
  set_keys(kernel, material);
  std::memcpy(nonce_, material + 2 * kPairSize, kCgoTagSize);
  std::memcpy(tweak_, tweak, kCgoTagSize);
}

void CgoDirection::set_keys(const Kernel &kernel, const std::uint8_t *keys) {
  kernel.aes_expand(block_key_, keys, kAesKeySize);
  kernel.polyval_expand(tweak_hash_, keys + kAesKeySize, kPolyvalPowers);
  kernel.aes_expand(stream_.key, keys + kPairSize, kAesKeySize);
  kernel.polyval_expand(stream_hash_, keys + kPairSize + kAesKeySize, 1);
}

void CgoDirection::mask_of(const Kernel &kernel, std::uint8_t command, const std::uint8_t *right,
                           std::uint8_t *mask) const {
  std::uint8_t tweak[kTweakBlocks * kPolyvalBlockSize];
  std::memcpy(tweak, tweak_, kCgoTagSize);
  tweak[kCgoTagSize] = command;
  std::memcpy(tweak + kCgoTagSize + 1, right, kRightSize);
  constexpr std::size_t kUsed = kCgoTagSize + 1 + kRightSize;
  std::memset(tweak + kUsed, 0, sizeof tweak - kUsed);
  std::memset(mask, 0, kPolyvalBlockSize);
  kernel.polyval(tweak_hash_, mask, tweak, kTweakBlocks);
}

void CgoDirection::add_stream(const Kernel &kernel, const std::uint8_t *input, std::uint8_t first_block,
                              std::uint8_t *data, std::size_t size) {
  std::uint8_t counter[kAesBlockSize] = {};
  kernel.polyval(stream_hash_, counter, input, 1);
  // Six bits are kept free for the counter, so that both halves count without a carry.
  counter[15] = static_cast<std::uint8_t>((counter[15] & 0xc0) | first_block);
  stream_.counter_high = __builtin_bswap64(load_le64(counter));
  stream_.counter_low = __builtin_bswap64(load_le64(counter + 8));
  stream_.used = kAesBlockSize;
  kernel.aes_ctr(stream_, data, size);
}

void CgoDirection::encipher(const Kernel &kernel, std::uint8_t command, std::uint8_t *body) {
  std::uint8_t *right = body + kLeftSize;
  std::uint8_t mask[kPolyvalBlockSize];
  mask_of(kernel, command, right, mask);
  add(body, mask);
  kernel.aes_encrypt(block_key_, body);
  add(body, mask);
  add_stream(kernel, body, 0, right, kRightSize);
  std::memcpy(tweak_, body, kCgoTagSize);
  wipe(mask, sizeof mask);
}

void CgoDirection::decipher(const Kernel &kernel, std::uint8_t command, std::uint8_t *body) {
  std::uint8_t *right = body + kLeftSize;
  std::uint8_t mask[kPolyvalBlockSize], tag[kCgoTagSize];
  std::memcpy(tag, body, kCgoTagSize);
  add_stream(kernel, body, 0, right, kRightSize);
  mask_of(kernel, command, right, mask);
  add(body, mask);
  kernel.aes_decrypt(block_key_, body);
  add(body, mask);
  std::memcpy(tweak_, tag, kCgoTagSize);
  wipe(mask, sizeof mask);
}

bool CgoDirection::is_nonce(const std::uint8_t *tag) const {
  return ((load_le64(tag) ^ load_le64(nonce_)) | (load_le64(tag + 8) ^ load_le64(nonce_ + 8))) == 0;
}

void CgoDirection::set_nonce(const std::uint8_t *tag) { std::memcpy(nonce_, tag, kCgoTagSize); }

void CgoDirection::update(const Kernel &kernel) {
  std::uint8_t next[kCgoDirectionKeySize] = {};
  add_stream(kernel, nonce_, kSecondHalfBlock, next, sizeof next);
  set_keys(kernel, next);
  set_nonce(next + 2 * kPairSize);
  wipe(next, sizeof next);
}

CgoHop::CgoHop(const Kernel &kernel, CgoEnd end, const std::uint8_t *material, const std::uint8_t *tweaks)
    : kernel_(&kernel), end_(end), has_tag_(false) {
  outbound_.start(kernel, material, tweaks);
  inbound_.start(kernel, material + kCgoDirectionKeySize, tweaks + kCgoTagSize);
  std::memset(tag_, 0, sizeof tag_);
}

CgoHop::~CgoHop() { wipe(this, sizeof *this); }

bool CgoHop::outbound(std::uint8_t command, std::uint8_t *body) {
  if (end_ == CgoEnd::kOrigin) {
    outbound_.decipher(*kernel_, command, body);
    return false;
  }
  std::uint8_t arrived[kCgoTagSize];
  std::memcpy(arrived, body, kCgoTagSize);
  outbound_.encipher(*kernel_, command, body);
  if (!outbound_.is_nonce(body)) return false;
  outbound_.update(*kernel_);
  keep_tag(arrived);
  return true;
}

bool CgoHop::inbound(std::uint8_t command, std::uint8_t *body) {
  if (end_ == CgoEnd::kRelay) {
    inbound_.encipher(*kernel_, command, body);
    return false;
  }
  std::uint8_t arrived[kCgoTagSize];
  std::memcpy(arrived, body, kCgoTagSize);
  inbound_.decipher(*kernel_, command, body);
  if (!inbound_.is_nonce(body)) return false;
  inbound_.set_nonce(arrived);
  inbound_.update(*kernel_);
  keep_tag(arrived);
  return true;
}

void CgoHop::originate(std::uint8_t command, std::uint8_t *body) {
  CgoDirection &direction = end_ == CgoEnd::kRelay ? inbound_ : outbound_;
  std::memcpy(body, direction.nonce(), kCgoTagSize);
  if (end_ == CgoEnd::kRelay) {
    direction.encipher(*kernel_, command, body);
    direction.set_nonce(body);
  } else {
    direction.decipher(*kernel_, command, body);
  }
  direction.update(*kernel_);
  keep_tag(body);
}

void CgoHop::keep_tag(const std::uint8_t *tag) {
  std::memcpy(tag_, tag, kCgoTagSize);
  has_tag_ = true;
}

}  // namespace ramson
