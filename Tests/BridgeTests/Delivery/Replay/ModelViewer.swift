import MQTTClient
import Store
import Testing

@testable import Bridge
@testable import HTTPFront

/// One stream of the replay model, as its http thread has it.
struct ModelViewer {
  let request: StreamRequest
  /// It is to get everything behind this event.
  let after: Int64
  /// Whether the mqtt thread has it in its group.
  var isLive = false
  var isHeld = false
  /// The events that its socket has taken.
  private(set) var written: [Int64] = []
  private var isStarted = false
  private var opening: Frame?
  private var isInGroup = false
  private var owesDrained = false
  private var own: [Frame] = []
  private var groups: [Frame] = []
  private(set) var lastPosition: Int64 = 0

  init(_ request: StreamRequest, after: Int64) {
    self.request = request
    self.after = after
  }

  var pending: Int { own.count + groups.count }

  /// Whether the event is for it.
  func wants(_ item: EventItem) -> Bool {
    guard item.kind == EventKind.message.rawValue else { return true }
    guard let (_, origin) = LoggedMessage.decode(item.body, topic: item.topic) else { return false }
    return origin.counts(for: request.filters, topic: item.topic)
  }

  mutating func start(_ frame: Frame) {
    #expect(!isStarted && frame.position == after)
    isStarted = true
    opening = frame
    own.insert(frame, at: 0)
  }

  mutating func join(isHeld: Bool) {
    isInGroup = true
    self.isHeld = isHeld
  }

  mutating func replay(_ frames: [Frame]) {
    own += frames
    owesDrained = true
  }

  mutating func append(_ frame: Frame) { if isInGroup { groups.append(frame) } }

  /// Writes the next frame: its own ones first.
  mutating func write() -> Frame? {
    guard isStarted else { return nil }
    let frame: Frame
    if !own.isEmpty {
      frame = own.removeFirst()
    } else if !isHeld, !groups.isEmpty {
      frame = groups.removeFirst()
    } else {
      return nil
    }
    if frame.position > 0 { lastPosition = frame.position }
    // The gaps of the beginning have the id of where it begins.
    if frame !== opening { written += frame.sequences }
    return frame
  }

  /// Whether the application is to be told that nothing of its own is left.
  mutating func takeDrained() -> Bool {
    guard owesDrained, isStarted, own.isEmpty else { return false }
    owesDrained = false
    return true
  }

  /// Leaves its group, when that has frames for it; up to where it will have had everything.
  mutating func lag() -> Int64? {
    guard isInGroup, !groups.isEmpty else { return nil }
    isInGroup = false
    isHeld = false
    groups.removeAll()
    owesDrained = true
    return own.last { $0.position > 0 }?.position ?? lastPosition
  }
}
