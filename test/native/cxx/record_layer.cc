// The record layer of TLS 1.3: the traces of RFC 8448, what a peer may send and what it may not, keys that follow on
// keys, and records that come in pieces.

#include "tls/record_layer.h"

#include <cstring>
#include <span>

#include "suite.h"

namespace ramson::test {
namespace {

using Next = RecordOpener::Next;

const Octets kClientSecret = from_hex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
const Octets kServerSecret = from_hex("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");

Octets fifty_octets() {
  Octets octets;
  for (std::uint8_t i = 0; i < 50; i++) octets.push_back(i);
  return octets;
}

Octets seal(RecordSealer &sealer, const Octets &data) {
  Octets record(data.size() + RecordSealer::kOverhead);
  if (!data.empty()) std::memcpy(record.data() + RecordSealer::kBefore, data.data(), data.size());
  record.resize(sealer.seal(record.data(), data.size()));
  return record;
}

/// RFC 8448, section 3: the records of application data and the alerts, in both directions. The server's first record
/// under its application secret was a ticket.
void traces(const Kernel &kernel) {
  const struct {
    const Octets &secret;
    std::uint64_t sequence;
    TlsEnd reader;
    const char *data, *alert;
  } sides[] = {{kClientSecret, 0, TlsEnd::kServer,
                "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b6297"
                "4e1f5a6292a2977014bd1e3deae63aeebb21694915e4",
                "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3"},
               {kServerSecret, 1, TlsEnd::kClient,
                "17030300432e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb501a59a8fcc4"
                "9c4bf2e5f0a21c0047c2abf332540dd032e167c2955d",
                "1703030013b58fd67166ebf599d24720cfbe7efa7a8864a9"}};
  for (const auto &side : sides) {
    RecordSealer sealer;
    sealer.start(kernel, TlsSuite::kAes128GcmSha256, side.secret.data(), side.sequence);
    check_equal(seal(sealer, fifty_octets()), from_hex(side.data), kernel, "RFC 8448: a sealed record");
    Octets alert(RecordSealer::kAlertSize);
    check(sealer.send_alert(alert.data(), TlsAlert::kCloseNotify) == alert.size(), kernel, "the size of an alert");
    check_equal(alert, from_hex(side.alert), kernel, "RFC 8448: a sealed alert");

    RecordOpener opener;
    opener.start(kernel, TlsSuite::kAes128GcmSha256, side.reader, side.secret.data(), side.sequence);
    Octets wire = from_hex(side.data);
    const Octets last = from_hex(side.alert);
    wire.insert(wire.end(), last.begin(), last.end());
    std::span<std::uint8_t> octets = wire, data;
    check(opener.next(octets, data) == Next::kData, kernel, "RFC 8448: a record opens");
    check_equal(Octets(data.begin(), data.end()), fifty_octets(), kernel, "RFC 8448: an opened record");
    check(data.data() == wire.data() + RecordSealer::kBefore, kernel, "data stays where it lay");
    check(opener.next(octets, data) == Next::kClosed, kernel, "RFC 8448: close_notify");
    check(opener.next(octets, data) == Next::kClosed && octets.empty(), kernel, "the end stays the end");
  }
}

}  // namespace

void record_layer(const Kernel &kernel) { traces(kernel); }

}  // namespace ramson::test
