import MQTTClient

/// What was found out about secrets, by their hashes; the oldest go first when it is full.
struct VerdictCache<Verdict: Sendable>: Sendable {
  private var verdicts: [[UInt8]: Verdict] = [:]
  /// The keys in the order they came, in a ring.
  private var order: [[UInt8]] = []
  private var oldest = 0
  private let limit: Int

  init(limit: Int) { self.limit = max(1, limit) }

  var count: Int { verdicts.count }

  /// The hash of a secret; nil when OpenSSL cannot hash, which only costs the cache.
  static func key(_ parts: String...) -> [UInt8]? {
    var bytes: [UInt8] = []
    for part in parts {
      // The length keeps `ab`, `c` and `a`, `bc` apart.
      appendLength(part.utf8.count, into: &bytes)
      bytes.append(contentsOf: part.utf8)
    }
    return try? Cryptography.sha256(bytes)
  }

  private static func appendLength(_ count: Int, into bytes: inout [UInt8]) {
    for shift in stride(from: 0, to: 64, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: count >> shift))
    }
  }

  subscript(key: [UInt8]) -> Verdict? {
    get { verdicts[key] }
    set {
      guard let newValue else {
        verdicts[key] = nil
        return
      }
      if verdicts.updateValue(newValue, forKey: key) == nil { remember(key) }
    }
  }

  mutating func removeAll() {
    verdicts.removeAll()
    order.removeAll()
    oldest = 0
  }

  private mutating func remember(_ key: [UInt8]) {
    guard order.count >= limit else {
      order.append(key)
      return
    }
    verdicts[order[oldest]] = nil
    order[oldest] = key
    oldest = (oldest + 1) % limit
  }
}
