import EventLoop

/// What packet events of an `MQTTConnection` show beyond types, sizes and codes.
public struct PacketEventContent: Equatable, Sendable {
  /// Whether they carry topic names.
  public var showsTopics: Bool
  /// At most this many first bytes of each payload are shown; zero shows none.
  public var payloadBytesMax: Int

  /// Topics and no payloads, unless told otherwise.
  public init(showsTopics: Bool = true, payloadBytesMax: Int = 0) {
    self.showsTopics = showsTopics
    self.payloadBytesMax = payloadBytesMax
  }
}

/// Packets on their way from the trace of a link to the events of its connection.
final class PacketEvents: Sendable {
  private let content: PacketEventContent
  private let other: PacketTrace?
  private let entries = Locked<[PacketTrace.Entry]>([])

  /// Collects packets; a trace that the user has beside goes on.
  init(_ content: PacketEventContent, beside other: PacketTrace?) {
    self.content = content
    self.other = other
  }

  var trace: PacketTrace {
    PacketTrace(
      showsTopics: content.showsTopics || other?.showsTopics ?? false,
      payloadBytesMax: max(content.payloadBytesMax, other?.payloadBytesMax ?? 0)
    ) { [self] entry in
      entries.withLock { $0.append(content.cut(entry)) }
      if let other { other.record(other.content.cut(entry)) }
    }
  }

  func take(_ handle: (PacketTrace.Entry) -> Void) {
    let taken = entries.withLock { entries in exchange(&entries, with: []) }
    for entry in taken { handle(entry) }
  }
}

extension PacketTrace {
  fileprivate var content: PacketEventContent {
    PacketEventContent(showsTopics: showsTopics, payloadBytesMax: payloadBytesMax)
  }
}

extension PacketEventContent {
  fileprivate func cut(_ entry: PacketTrace.Entry) -> PacketTrace.Entry {
    var entry = entry
    if !showsTopics { entry.topics = [] }
    entry.payloadStart = Array(entry.payloadStart.prefix(payloadBytesMax))
    return entry
  }
}
