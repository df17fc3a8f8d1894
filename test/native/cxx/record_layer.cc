// The record layer of TLS 1.3: the traces of RFC 8448, what a peer may send and what it may not, keys that follow on
// keys, and records that come in pieces.

#include "tls/record_layer.h"

#include <cstring>
#include <span>

#include "suite.h"

namespace ramson::test {
namespace {

using Next = RecordOpener::Next;

constexpr TlsSuite kSuite = TlsSuite::kAes128GcmSha256;
constexpr std::uint8_t kAlertType = 21, kHandshakeType = 22, kDataType = 23;

const Octets kClientSecret = from_hex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
const Octets kServerSecret = from_hex("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");

Octets fifty_octets() {
  Octets octets;
  for (std::uint8_t i = 0; i < 50; i++) octets.push_back(i);
  return octets;
}

void append(Octets &to, const Octets &from) { to.insert(to.end(), from.begin(), from.end()); }

Octets seal(RecordSealer &sealer, const Octets &data) {
  Octets record(data.size() + RecordSealer::kOverhead);
  if (!data.empty()) std::memcpy(record.data() + RecordSealer::kBefore, data.data(), data.size());
  record.resize(sealer.seal(record.data(), data.size()));
  return record;
}

/// A peer that sends whatever it is told to, under its own key.
class Peer {
 public:
  explicit Peer(const Kernel &kernel) { cipher_.start(kernel, kSuite, kClientSecret.data(), 0); }

  /// A record of any inner type, with zeros behind it.
  Octets record(std::uint8_t type, const Octets &content, std::size_t padding = 0) {
    Octets inner = content;
    inner.push_back(type);
    inner.resize(inner.size() + padding);
    return record_of(inner);
  }
  Octets record_of(const Octets &inner) {
    Octets made(RecordCipher::kHeaderSize + inner.size() + RecordCipher::kTagSize);
    if (!inner.empty()) std::memcpy(made.data() + RecordCipher::kHeaderSize, inner.data(), inner.size());
    cipher_.seal(made.data(), inner.size());
    return made;
  }
  Octets data(std::uint8_t octet) { return record(kDataType, {octet}); }
  Octets key_update(std::uint8_t request) {
    Octets made = record(kHandshakeType, {24, 0, 0, 1, request});
    cipher_.update();
    return made;
  }

 private:
  RecordCipher cipher_;
};

/// The reading end, with what it has said so far.
class Reader {
 public:
  Reader(const Kernel &kernel, TlsEnd end) { opener_.start(kernel, kSuite, end, kClientSecret.data()); }

  /// Reads all that has come, and gives the answer that ended it.
  Next read(const Octets &octets) {
    append(waiting_, octets);
    std::span<std::uint8_t> rest = waiting_, data;
    Next next;
    while ((next = opener_.next(rest, data)) == Next::kData || next == Next::kKeyUpdate) {
      if (next == Next::kData) data_.insert(data_.end(), data.begin(), data.end());
      if (next == Next::kKeyUpdate) updates_++;
    }
    waiting_ = Octets(rest.begin(), rest.end());
    return next;
  }
  const Octets &data() const { return data_; }
  int updates() const { return updates_; }
  std::size_t waiting() const { return waiting_.size(); }
  const RecordOpener &opener() const { return opener_; }

 private:
  RecordOpener opener_;
  Octets waiting_, data_;
  int updates_ = 0;
};

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
    sealer.start(kernel, kSuite, side.secret.data(), side.sequence);
    check_equal(seal(sealer, fifty_octets()), from_hex(side.data), kernel, "RFC 8448: a sealed record");
    Octets alert(RecordSealer::kAlertSize);
    check(sealer.send_alert(alert.data(), TlsAlert::kCloseNotify) == alert.size(), kernel, "the size of an alert");
    check_equal(alert, from_hex(side.alert), kernel, "RFC 8448: a sealed alert");

    RecordOpener opener;
    opener.start(kernel, kSuite, side.reader, side.secret.data(), side.sequence);
    Octets wire = from_hex(side.data);
    append(wire, from_hex(side.alert));
    std::span<std::uint8_t> octets = wire, data;
    check(opener.next(octets, data) == Next::kData, kernel, "RFC 8448: a record opens");
    check_equal(Octets(data.begin(), data.end()), fifty_octets(), kernel, "RFC 8448: an opened record");
    check(data.data() == wire.data() + RecordSealer::kBefore, kernel, "data stays where it lay");
    check(opener.next(octets, data) == Next::kClosed, kernel, "RFC 8448: close_notify");
    check(opener.next(octets, data) == Next::kClosed && octets.empty(), kernel, "the end stays the end");
  }
}

/// TLS_AES_256_GCM_SHA384, for which RFC 8448 has no trace: what node:crypto makes of the secret 00 01 … 2f, in record
/// 5 and in the first one under the next key.
void other_suite(const Kernel &kernel) {
  Octets secret;
  for (std::uint8_t i = 0; i < 48; i++) secret.push_back(i);
  const char *const wanted[] = {
      "1703030043c27259b3bf881fa32a77e42dcbfeba749b65e95149362af02e234a2d917fd2ac3475865f24d72446c1e12324cc"
      "58ea4e78e1a8474552075cbc7084f1de7fcd1d5f894a",
      "17030300432c94a18483039971a2c635db45ddb005b36c211a51c553eda5f85efae675f3fea821dfe75bd597cc0a73e44d8d"
      "260bb6a152b274b1f3033d3aee8f8c373f0f4a85559a"};
  RecordSealer sealer;
  RecordOpener opener;
  sealer.start(kernel, TlsSuite::kAes256GcmSha384, secret.data(), 5);
  opener.start(kernel, TlsSuite::kAes256GcmSha384, TlsEnd::kServer, secret.data(), 5);
  for (const char *record : wanted) {
    Octets wire = seal(sealer, fifty_octets());
    check_equal(wire, from_hex(record), kernel, "a record of AES-256 and SHA-384");
    Octets update(RecordSealer::kKeyUpdateSize);
    sealer.update_key(update.data());
    append(wire, update);
    std::span<std::uint8_t> octets = wire, data;
    check(opener.next(octets, data) == Next::kData, kernel, "a record of AES-256 opens");
    check_equal(Octets(data.begin(), data.end()), fifty_octets(), kernel, "an opened record of AES-256");
    check(opener.next(octets, data) == Next::kMore && octets.empty(), kernel, "the KeyUpdate behind it");
  }
}

/// Octets that come one by one make the same records as those that come at once.
void pieces(const Kernel &kernel) {
  Peer peer(kernel);
  Octets wire;
  for (std::uint8_t i = 1; i <= 3; i++) append(wire, peer.data(i));
  Reader whole(kernel, TlsEnd::kServer), cut(kernel, TlsEnd::kServer);
  check(whole.read(wire) == Next::kMore && whole.waiting() == 0, kernel, "whole records leave nothing");
  for (std::size_t i = 0; i < wire.size(); i++) {
    check(cut.opener().needs() > cut.waiting(), kernel, "what is needed is more than what is there");
    check(cut.read({wire[i]}) == Next::kMore, kernel, "a record that is cut waits");
  }
  check_equal(whole.data(), {1, 2, 3}, kernel, "records that come at once");
  check_equal(cut.data(), {1, 2, 3}, kernel, "records that come octet by octet");
  check(cut.opener().sequence() == 3, kernel, "three records have come");
}

/// RFC 8446, sections 5.2 and 5.4: lengths and padding.
void sizes(const Kernel &kernel) {
  for (const std::size_t padding :
       {std::size_t{0}, std::size_t{1}, std::size_t{15}, std::size_t{16}, std::size_t{300}}) {
    Peer peer(kernel);
    Reader reader(kernel, TlsEnd::kServer);
    const Octets data = {1, 0, 2, 0, 0};
    check(reader.read(peer.record(kDataType, data, padding)) == Next::kMore, kernel, "a padded record");
    check_equal(reader.data(), data, kernel, "zeros that are data are no padding");
  }
  const Octets most(kRecordDataMax, 7);
  {
    Peer peer(kernel);
    Reader reader(kernel, TlsEnd::kServer);
    check(reader.read(peer.record(kDataType, most)) == Next::kMore, kernel, "the longest record");
    check_equal(reader.data(), most, kernel, "the longest record's data");
    RecordSealer sealer;
    sealer.start(kernel, kSuite, kClientSecret.data());
    Reader other(kernel, TlsEnd::kServer);
    check(other.read(seal(sealer, most)) == Next::kMore, kernel, "the longest record that is sealed");
    check_equal(other.data(), most, kernel, "the longest record that is sealed");
  }
  const auto refused = [&](const Octets &record, TlsAlert alert, const char *what) {
    Reader reader(kernel, TlsEnd::kServer);
    check(reader.read(record) == Next::kFault && reader.opener().alert() == alert, kernel, what);
    check(reader.read({}) == Next::kFault && reader.data().empty(), kernel, "a fault stays one");
  };
  refused(Peer(kernel).record(kDataType, Octets(kRecordDataMax + 1)), TlsAlert::kRecordOverflow, "data too long");
  refused(Peer(kernel).record(kDataType, Octets(kRecordDataMax), 1), TlsAlert::kRecordOverflow, "padding too long");
  refused({kDataType, 3, 3, 0x41, 0x01}, TlsAlert::kRecordOverflow, "a record too long is refused by its header");
  Reader longest(kernel, TlsEnd::kServer);
  check(longest.read({kDataType, 3, 3, 0x41, 0x00}) == Next::kMore && longest.opener().needs() == kRecordSizeMax,
        kernel, "the longest record may still come");
  refused(Peer(kernel).record_of({}), TlsAlert::kBadRecordMac, "a record without a type");
  refused(Peer(kernel).record_of({0}), TlsAlert::kUnexpectedMessage, "a record of padding alone");
  refused(Peer(kernel).record_of(Octets(700)), TlsAlert::kUnexpectedMessage, "a longer record of padding alone");
  refused({kDataType, 3, 3, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, TlsAlert::kBadRecordMac,
          "a record shorter than its tag");
  for (const int type : {0, 19, 21, 22, 24, 255}) {
    refused({static_cast<std::uint8_t>(type), 3, 3, 0, 2, 1, 0}, TlsAlert::kUnexpectedMessage, "a record in the clear");
  }
  for (const std::uint8_t type : {std::uint8_t{20}, std::uint8_t{24}, std::uint8_t{255}}) {
    refused(Peer(kernel).record(type, {1}), TlsAlert::kUnexpectedMessage, "a type that means nothing inside");
  }
}

/// Section 5.2: what was changed on the way, left out, sent twice or in another order is refused.
void genuineness(const Kernel &kernel) {
  const Octets first = Peer(kernel).data(1);
  for (std::size_t bit = 0; bit < 8 * first.size(); bit++) {
    Octets record = first;
    record[bit / 8] = static_cast<std::uint8_t>(record[bit / 8] ^ 1 << bit % 8);
    Reader reader(kernel, TlsEnd::kServer);
    Next next = reader.read(record);
    // A longer length waits for the rest of the record.
    if (next == Next::kMore) next = reader.read(Octets(kRecordSizeMax));
    check(next == Next::kFault && reader.data().empty(), kernel, "a record with one bit turned is refused");
  }
  Peer peer(kernel);
  const Octets one = peer.data(1), two = peer.data(2);
  Reader swapped(kernel, TlsEnd::kServer), twice(kernel, TlsEnd::kServer);
  check(swapped.read(two) == Next::kFault && swapped.opener().alert() == TlsAlert::kBadRecordMac, kernel,
        "a record is left out");
  check(twice.read(one) == Next::kMore && twice.read(one) == Next::kFault, kernel, "a record comes twice");
  check_equal(twice.data(), {1}, kernel, "what came before the fault stands");
  Octets spoilt = two;
  spoilt.back() ^= 1;
  Octets both = one;
  append(both, spoilt);
  RecordOpener opener;
  opener.start(kernel, kSuite, TlsEnd::kServer, kClientSecret.data());
  std::span<std::uint8_t> octets = both, data;
  check(opener.next(octets, data) == Next::kData && opener.next(octets, data) == Next::kFault, kernel,
        "a fault after data");
  check(data.size() == 1 && data[0] == 1, kernel, "no data is given of a record that is refused");
}

/// Section 6: alerts.
void alerts(const Kernel &kernel) {
  const auto read = [&](const Octets &content, Next wanted, const char *what) {
    Peer peer(kernel);
    Reader reader(kernel, TlsEnd::kServer);
    Octets wire = peer.record(kAlertType, content);
    append(wire, peer.data(9));
    check(reader.read(wire) == wanted, kernel, what);
    check(reader.data().empty() == (wanted != Next::kMore), kernel, "nothing comes after the end");
    return reader.opener().peer_alert();
  };
  read({1, 0}, Next::kClosed, "close_notify");
  read({2, 0}, Next::kClosed, "close_notify, whatever its level");
  read({1, 90}, Next::kMore, "user_canceled is no end");
  check(read({2, 40}, Next::kAborted, "a fatal alert") == 40, kernel, "the number of a fatal alert");
  check(read({1, 40}, Next::kAborted, "a fatal alert, whatever its level") == 40, kernel, "its number");
  read({1}, Next::kFault, "half an alert");
  read({1, 0, 1, 0}, Next::kFault, "two alerts");
  RecordSealer sealer;
  sealer.start(kernel, kSuite, kClientSecret.data());
  Octets alert(RecordSealer::kAlertSize);
  sealer.send_alert(alert.data(), TlsAlert::kBadRecordMac);
  Reader reader(kernel, TlsEnd::kServer);
  check(reader.read(alert) == Next::kAborted && reader.opener().peer_alert() == 20, kernel, "our own fatal alert");
}

/// Section 4.6: what may come after the handshake.
void handshake_messages(const Kernel &kernel) {
  Octets ticket(4 + 300, 0x5a);
  ticket[0] = 4;
  ticket[1] = 0;
  ticket[2] = 300 >> 8;
  ticket[3] = 300 & 0xff;
  const auto read = [&](TlsEnd end, std::initializer_list<Octets> contents, Next wanted, const char *what) {
    Peer peer(kernel);
    Reader reader(kernel, end);
    Octets wire;
    for (const Octets &content : contents) append(wire, peer.record(kHandshakeType, content));
    append(wire, peer.data(9));
    check(reader.read(wire) == wanted, kernel, what);
    check(reader.data().empty() == (wanted == Next::kFault), kernel, "what comes behind a message");
  };
  read(TlsEnd::kClient, {ticket}, Next::kMore, "a ticket is passed over");
  read(TlsEnd::kServer, {ticket}, Next::kFault, "a client gives no tickets");
  Octets tickets = ticket;
  append(tickets, ticket);
  read(TlsEnd::kClient, {tickets}, Next::kMore, "two tickets in one record");
  for (const std::size_t cut :
       {std::size_t{1}, std::size_t{3}, std::size_t{4}, std::size_t{5}, std::size_t{303}, std::size_t{305}}) {
    const auto middle = tickets.begin() + static_cast<std::ptrdiff_t>(cut);
    read(TlsEnd::kClient, {Octets(tickets.begin(), middle), Octets(middle, tickets.end())}, Next::kMore,
         "tickets cut into records");
  }
  read(TlsEnd::kClient, {Octets(ticket.begin(), ticket.begin() + 9)}, Next::kFault, "data in the middle of a ticket");
  read(TlsEnd::kClient, {{4, 0}}, Next::kFault, "data in the middle of a header");
  read(TlsEnd::kClient, {{4, 2, 1, 11}}, Next::kFault, "a ticket too long");
  read(TlsEnd::kClient, {{}}, Next::kFault, "no message at all");
  read(TlsEnd::kClient, {{13, 0, 0, 0}}, Next::kFault, "a certificate request that nobody offered");
  read(TlsEnd::kServer, {{1, 0, 0, 0}}, Next::kFault, "a second handshake");
  read(TlsEnd::kServer, {{24, 0, 0, 2, 0, 0}}, Next::kFault, "a KeyUpdate too long");
  read(TlsEnd::kServer, {{24, 0, 0, 1, 2}}, Next::kFault, "a KeyUpdate that asks for nonsense");
  read(TlsEnd::kServer, {{24, 0, 0, 1, 0, 24, 0, 0, 1, 0}}, Next::kFault, "something behind a KeyUpdate");
}

/// Sections 4.6.3 and 7.2: each end goes on to its next key, and is asked to, or not.
void key_updates(const Kernel &kernel) {
  Peer peer(kernel);
  Reader reader(kernel, TlsEnd::kServer);
  Octets wire;
  for (std::uint8_t i = 0; i < 6; i++) {
    append(wire, peer.data(i));
    append(wire, peer.key_update(i % 2));
  }
  append(wire, peer.data(6));
  check(reader.read(wire) == Next::kMore, kernel, "keys that follow on keys");
  check_equal(reader.data(), {0, 1, 2, 3, 4, 5, 6}, kernel, "data under seven keys");
  check(reader.updates() == 3, kernel, "an answer is asked for half the time");
  check(reader.opener().sequence() == 1, kernel, "sequence numbers begin again");
  // A message in pieces is the same message.
  Peer slow(kernel);
  Reader patient(kernel, TlsEnd::kServer);
  const Octets pieces[] = {{24}, {0, 0}, {1}};
  for (const Octets &piece : pieces) {
    check(patient.read(slow.record(kHandshakeType, piece)) == Next::kMore, kernel, "a piece of a KeyUpdate");
  }
  Octets last = slow.record(kHandshakeType, {1});
  check(patient.read(last) == Next::kMore && patient.updates() == 1, kernel, "a KeyUpdate in pieces");

  RecordSealer sealer;
  sealer.start(kernel, kSuite, kClientSecret.data());
  Reader other(kernel, TlsEnd::kClient);
  Octets sent = seal(sealer, {1});
  for (int i = 0; i < 3; i++) {
    Octets update(RecordSealer::kKeyUpdateSize);
    check(sealer.update_key(update.data()) == update.size(), kernel, "the size of a KeyUpdate");
    check(sealer.sequence() == 0, kernel, "a new key counts from nought");
    append(sent, update);
    append(sent, seal(sealer, {static_cast<std::uint8_t>(i)}));
  }
  check(other.read(sent) == Next::kMore && other.updates() == 0, kernel, "our KeyUpdates ask for none");
  check_equal(other.data(), {1, 0, 1, 2}, kernel, "data under our own keys");
}

/// Section 5.5: a key is given up before 2^24.5 records, and sequence numbers may start anywhere.
void limits(const Kernel &kernel) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 24;
  RecordSealer sealer;
  RecordOpener opener;
  sealer.start(kernel, kSuite, kServerSecret.data(), kLimit - 2);
  opener.start(kernel, kSuite, TlsEnd::kClient, kServerSecret.data(), kLimit - 2);
  Octets wire;
  for (std::uint8_t i = 0; i < 4; i++) {
    check(sealer.needs_key_update() == (i == 2), kernel, "a key is worn out after 2^24 records");
    if (sealer.needs_key_update()) {
      Octets update(RecordSealer::kKeyUpdateSize);
      sealer.update_key(update.data());
      append(wire, update);
    }
    append(wire, seal(sealer, {i}));
  }
  std::span<std::uint8_t> octets = wire, data;
  for (std::uint8_t i = 0; i < 4; i++) {
    check(opener.next(octets, data) == Next::kData && data.size() == 1 && data[0] == i, kernel,
          "records around the end of a key");
  }
  check(opener.next(octets, data) == Next::kMore && octets.empty(), kernel, "and no more");
}

/// A peer cannot keep us busy for nothing: 32 records in a row without data are enough.
void records_in_vain(const Kernel &kernel) {
  const Octets change_cipher_spec = {20, 3, 3, 0, 1, 1};
  for (const int kind : {0, 1, 2, 3}) {
    Peer peer(kernel);
    Reader reader(kernel, TlsEnd::kServer);
    const auto nothing = [&] {
      if (kind == 0) return change_cipher_spec;
      if (kind == 1) return peer.record(kDataType, {}, 20);
      return kind == 2 ? peer.key_update(0) : peer.record(kAlertType, {1, 90});
    };
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 31; i++) check(reader.read(nothing()) == Next::kMore, kernel, "a record without data");
      check(reader.read(peer.data(1)) == Next::kMore, kernel, "data sets the count back");
    }
    for (int i = 0; i < 32; i++) check(reader.read(nothing()) == Next::kMore, kernel, "a record without data");
    check(reader.read(nothing()) == Next::kFault, kernel, "too many records without data");
    check_equal(reader.data(), {1, 1, 1}, kernel, "data between records without");
  }
  Reader reader(kernel, TlsEnd::kServer);
  check(reader.read({20, 3, 3, 0, 1, 2}) == Next::kFault, kernel, "a change_cipher_spec of another value");
  Reader other(kernel, TlsEnd::kServer);
  check(other.read({20, 3, 3, 0, 2, 1, 1}) == Next::kFault, kernel, "a change_cipher_spec too long");
}

/// Whatever comes, in whatever pieces: it is waited for or refused, and no data comes of it.
void rubbish(const Kernel &kernel) {
  Random random(17);
  for (int round = 0; round < 300; round++) {
    Reader reader(kernel, TlsEnd::kServer);
    Next next = Next::kMore;
    std::size_t given = 0;
    while (next == Next::kMore && given < kRecordSizeMax) {
      Octets piece = random.octets(1 + random.below(round % 3 == 0 ? 20 : 2000));
      if (given == 0) piece[0] = static_cast<std::uint8_t>(20 + random.below(4));
      given += piece.size();
      next = reader.read(piece);
    }
    check(next == Next::kFault && reader.data().empty(), kernel, "rubbish is refused");
  }
}

}  // namespace

void record_layer(const Kernel &kernel) {
  traces(kernel);
  other_suite(kernel);
  pieces(kernel);
  sizes(kernel);
  genuineness(kernel);
  alerts(kernel);
  handshake_messages(kernel);
  key_updates(kernel);
  limits(kernel);
  records_in_vain(kernel);
  rubbish(kernel);
}

}  // namespace ramson::test
