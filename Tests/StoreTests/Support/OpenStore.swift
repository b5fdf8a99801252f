import EventLoop
import Testing

@testable import Store

/// A store in a temporary directory with its events recorded.
struct OpenStore {
  let store: Store
  let recorder: Recorder

  init(
    _ directory: TemporaryDirectory, _ configure: (inout StoreOptions) -> Void = { _ in }
  ) throws {
    var options = StoreOptions(directory: directory.path)
    options.retryDelay = .milliseconds(5)
    configure(&options)
    let recorder = try Recorder()
    self.recorder = recorder
    store = try Store.open(options) { recorder.record($0) }
  }

  /// Appends items with these identifiers and waits until all are stored.
  func appendAndWait(
    _ ids: ClosedRange<Int>, bytes: Int = 16, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = recorder.events.stored.count
    for id in ids {
      #expect(
        store.append(.sample(id, bytes: bytes)) == .accepted, sourceLocation: sourceLocation)
    }
    try #require(recorder.waitForStored(before + ids.count), sourceLocation: sourceLocation)
  }

  /// The state of an item, asked for and waited for.
  func state(of id: Int, token: UInt64) -> ItemState? {
    #expect(store.lookUp(ItemID(UInt128(id)), token: token))
    #expect(recorder.wait { $0.found(token) != nil })
    return recorder.events.found(token) ?? nil
  }
}

extension OutboxItem {
  /// An item whose identifier, and the start of whose body, is `number`.
  static func sample(_ number: Int, bytes: Int = 16) -> Self {
    var body = [UInt8](repeating: 0x61, count: bytes)
    for (index, digit) in "\(number)".utf8.enumerated() where index < bytes { body[index] = digit }
    return Self(id: ItemID(UInt128(number)), body: body)
  }
}
