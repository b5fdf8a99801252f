import MQTTClient

/// A message as the event log keeps it: the stored form without its topic, and its origin when the
/// copies of overlapping subscriptions must be told apart.
///
/// To change the format, give it a new version byte and read both.
enum LoggedMessage {
  private static let version: UInt8 = 1
  private static let duplicate: UInt8 = 1
  private static let hasOrigin: UInt8 = 2
  private static let isAnonymous: UInt8 = 4

  static func encode(_ publish: Publish, _ origin: Origin) -> [UInt8] {
    var bare = publish
    bare.topic = ""
    let hasFilters = !origin.isPlain && !origin.isAnonymous
    let flags =
      (publish.isDuplicate ? duplicate : 0) | (hasFilters ? hasOrigin : 0)
      | (origin.isAnonymous ? isAnonymous : 0)
    var bytes = [version, flags]
    if hasFilters {
      append(origin.through, to: &bytes)
      append(origin.served, to: &bytes)
    }
    return bytes + StoredMessage.encode(bare)
  }

  /// Nil when the bytes are not what `encode` wrote.
  static func decode(_ bytes: [UInt8], topic: String) -> (Publish, Origin)? {
    guard bytes.count >= 2, bytes[0] == version,
      [0, hasOrigin, isAnonymous].contains(bytes[1] & ~duplicate)
    else { return nil }
    var rest = bytes[2...]
    var origin = Origin(isAnonymous: bytes[1] & isAnonymous != 0)
    if bytes[1] & hasOrigin != 0 {
      guard let through = filters(&rest), let served = filters(&rest) else { return nil }
      origin.through = through
      origin.served = served
    }
    guard var publish = StoredMessage.decode(rest) else { return nil }
    publish.topic = topic
    publish.isDuplicate = bytes[1] & duplicate != 0
    return (publish, origin)
  }

  private static func append(_ filters: [TopicFilter], to bytes: inout [UInt8]) {
    let counted = filters.prefix(255)
    bytes.append(UInt8(counted.count))
    for filter in counted {
      let length = UInt16(clamping: filter.text.utf8.count)
      bytes.append(UInt8(length >> 8))
      bytes.append(UInt8(truncatingIfNeeded: length))
      bytes.append(contentsOf: filter.text.utf8)
    }
  }

  private static func filters(_ rest: inout ArraySlice<UInt8>) -> [TopicFilter]? {
    guard let count = rest.popFirst() else { return nil }
    var filters: [TopicFilter] = []
    for _ in 0..<count {
      guard let high = rest.popFirst(), let low = rest.popFirst() else { return nil }
      let length = Int(high) << 8 | Int(low)
      guard rest.count >= length,
        let text = String(validating: rest.prefix(length), as: UTF8.self),
        let filter = try? TopicFilter(text)
      else { return nil }
      filters.append(filter)
      rest = rest.dropFirst(length)
    }
    return filters
  }
}
