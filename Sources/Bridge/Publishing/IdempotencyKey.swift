import HTTPFront
import MQTTClient

/// The key with which a client marks a publish that it may have to repeat, hashed.
///
/// A key belongs to whoever sent it (`subject`, empty without authentication), so that nobody learns
/// of another's messages by guessing keys.
struct IdempotencyKey: Equatable, Sendable {
  /// The hash of the key and its owner.
  let name: [UInt8]
  /// The hash of what the request asks for.
  let fingerprint: [UInt8]

  init(
    _ key: String, subject: String, _ draft: PublishDraft
  ) throws(Problem) {
    do throws(CryptographyError) {
      name = try Cryptography.sha256("\(subject.utf8.count) \(subject) \(key)".utf8)
    } catch {
      throw Problem(.internal, detail: error.description)
    }
    fingerprint = try Self.fingerprint(draft)
  }

  /// The hash of what a publish asks for, and of the batch that it is bound to.
  static func fingerprint(_ draft: PublishDraft) throws(Problem) -> [UInt8] {
    let asked = Publish(
      topic: draft.topic ?? "", payload: draft.payload[...], qos: draft.qos ?? .atMostOnce,
      isRetained: draft.retain ?? false, properties: draft.properties)
    do throws(CryptographyError) {
      return try Cryptography.sha256(
        [draft.qos == nil ? 1 : 0] + StoredMessage.encode(asked) + draft.batchDigest)
    } catch {
      throw Problem(.internal, detail: error.description)
    }
  }

  /// Gives every message of a batch a key of its own from the one of the batch.
  ///
  /// Each is bound to all others, so that the key with a batch that differs anywhere is refused. No
  /// client can give such a key itself, because it has a character that no key may have.
  static func spread(
    _ key: String, over items: inout [Result<PublishDraft, Problem>]
  ) throws(Problem) {
    var fingerprints: [UInt8] = []
    for case .success(let draft) in items { fingerprints += try fingerprint(draft) }
    let digest: [UInt8]
    do throws(CryptographyError) {
      digest = try Cryptography.sha256(fingerprints)
    } catch {
      throw Problem(.internal, detail: error.description)
    }
    for (index, item) in items.enumerated() {
      guard case .success(var draft) = item else { continue }
      do throws(Problem) {
        try draft.claim("idempotency_key", .header)
        draft.idempotencyKey = "\(key)\u{0}\(index)"
        draft.batchDigest = digest
        items[index] = .success(draft)
      } catch {
        items[index] = .failure(error.at("/idempotency_key"))
      }
    }
  }

  /// Reads the value of the header: a quoted string of structured fields, or the bare key.
  /// [RFC 9651, 3.3.3]
  static func read(header value: String) throws(Problem) -> String {
    var key: [UInt8] = []
    if value.utf8.first == quote {
      guard let content = unquoted(Array(value.utf8)) else {
        throw Problem(
          .badHeader, detail: "the quoted string in Idempotency-Key does not end as one",
          hint: #"for example Idempotency-Key: "8e03978e-40d5""#)
      }
      key = content
    } else {
      key = Array(value.utf8)
    }
    guard isValid(key) else { throw invalid(.badHeader, "Idempotency-Key") }
    return String(decoding: key, as: UTF8.self)
  }

  /// Checks a key that a parameter or a member of the body gives.
  static func read(field text: String) throws(Problem) -> String {
    guard isValid(Array(text.utf8)) else { throw invalid(.badParameter, "idempotency_key") }
    return text
  }

  private static let quote = UInt8(ascii: "\"")

  private static func isValid(_ key: [UInt8]) -> Bool {
    (1...255).contains(key.count) && key.allSatisfy { (0x20...0x7E).contains($0) }
  }

  private static func invalid(_ code: ProblemCode, _ name: String) -> Problem {
    Problem(code, detail: "'\(name)' must have 1 to 255 printable ASCII characters")
  }

  /// Nil for what is no string of structured fields.
  private static func unquoted(_ text: [UInt8]) -> [UInt8]? {
    let backslash = UInt8(ascii: "\\")
    var content: [UInt8] = []
    var index = 1
    while index < text.count {
      let byte = text[index]
      if byte == quote { return index == text.count - 1 ? content : nil }
      if byte == backslash {
        index += 1
        guard index < text.count, text[index] == quote || text[index] == backslash else {
          return nil
        }
      }
      content.append(text[index])
      index += 1
    }
    return nil
  }
}
