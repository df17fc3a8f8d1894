#include "keyed_hash.h"

#include <cstdlib>

#if defined(__APPLE__)
#include <sys/random.h>
#else
#include <unistd.h>
#endif

namespace ramson {

const HashKey &process_hash_key() {
  static const HashKey key = [] {
    HashKey drawn;
    // A process that gets no random octets must not go on with a key that is known.
    if (getentropy(&drawn, sizeof drawn) != 0) std::abort();
    return drawn;
  }();
  return key;
}

}  // namespace ramson
