import EventLoop
import HTTPClient
import JSONText

/// A running bridge, as a command calls it: one request at a time.
final class BridgeServer {
  /// What a request asks.
  struct Call {
    var method = "GET"
    var path: String
    /// In the order of the URL; values are encoded.
    var query: [(name: String, value: String)] = []
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// Until the answer has ended; zero is without a limit.
    var timeout = Duration.zero
    /// How long nothing may come; zero is without a limit.
    var silence = Duration.zero
  }

  private let base: String
  private let fields: [OutgoingRequest.Field]
  private let terms: RequestTerms
  fileprivate let sender: HTTPSender
  private var lastID: UInt64 = 0

  init(base: String, fields: [OutgoingRequest.Field], terms: RequestTerms) throws(CallFailure) {
    self.base = base
    self.fields = fields
    self.terms = terms
    do throws(HTTPSender.Unusable) {
      sender = try HTTPSender()
    } catch {
      throw .unreachable("libcurl cannot be used")
    }
  }

  /// The request of a call, for whoever sends many.
  func request(_ call: Call) -> OutgoingRequest {
    var terms = terms
    terms.timeout = call.timeout
    terms.silence = call.silence
    let query = call.query.map { "\($0.name)=\(URLText.encoded($0.value))" }
    let own = call.fields.map { OutgoingRequest.Field($0.name, $0.value) }
    // Without this libcurl would call every body a form.
    let hasType = own.contains { $0.name == "Content-Type" }
    let types = hasType ? [] : [OutgoingRequest.Field("Content-Type", "")]
    let path = query.isEmpty ? call.path : call.path + "?" + query.joined(separator: "&")
    return OutgoingRequest(
      method: call.method, url: base + path, fields: fields + own + types, body: call.body,
      terms: terms)
  }

  /// The answer; with a sink, which gets the body of a good one, only its status counts.
  func perform(_ call: Call, sink: (([UInt8]) -> Bool)? = nil) throws(CallFailure) -> ReceivedAnswer
  {
    lastID += 1
    var refusal: [UInt8] = []
    sender.send(
      request(call), id: lastID,
      sink: sink.map { sink in
        { status, piece in
          guard status >= 300 else { return sink(piece) }
          refusal += piece
          return refusal.count < 1 << 20
        }
      })
    var outcome: RequestOutcome?
    while outcome == nil {
      sender.turn(atMost: .seconds(60)) { outcome = $1 }
    }
    switch outcome {
    case .answered(var answer):
      if sink != nil { answer.beginning = refusal }
      return answer
    case .failed(let text): throw .unreachable("\(base): \(text)")
    case nil: throw .unreachable(base)
    }
  }
}

extension BridgeServer {
  /// Waits before the next request.
  func pause(_ time: Duration) {
    let end = MonotonicClock.now() + time
    while case let rest = end - MonotonicClock.now(), rest > .zero {
      sender.turn(atMost: rest) { _, _ in }
    }
  }
}

/// Percent-encoding for URLs.
enum URLText {
  /// Everything but unreserved characters is encoded. [RFC 3986, 2.3]
  static func encoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        bytes.append(byte)
      default:
        let digits = Array("0123456789ABCDEF".utf8)
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
