/// The topics that came last on a connection, which many messages share.
///
/// A topic that is here needs neither memory nor another check. Long ones are not kept, so a broker can
/// make it take 16 KiB at most.
struct TopicCache: Sendable {
  private static let count = 64
  private static let longest = 256

  /// Empty before the first use; an empty string is no topic.
  private var topics: [String] = []

  /// The topic of exactly these bytes, if it is here.
  func topic(_ bytes: Bytes) -> String? {
    guard !topics.isEmpty, !bytes.isEmpty, bytes.count <= Self.longest else { return nil }
    let topic = topics[Self.place(of: bytes)]
    let known = topic.utf8.span
    guard known.count == bytes.count else { return nil }
    let span = bytes.span
    for index in known.indices where known[index] != span[index] { return nil }
    return topic
  }

  /// Remembers a valid topic with its bytes.
  mutating func remember(_ topic: String, _ bytes: Bytes) {
    guard !bytes.isEmpty, bytes.count <= Self.longest else { return }
    if topics.isEmpty { topics = Array(repeating: "", count: Self.count) }
    topics[Self.place(of: bytes)] = topic
  }

  private static func place(of bytes: Bytes) -> Int {
    let last = Int(bytes[bytes.endIndex - 1])
    let middle = Int(bytes[bytes.startIndex + bytes.count / 2])
    return (last &* 31 &+ middle &* 7 &+ bytes.count) % count
  }
}
