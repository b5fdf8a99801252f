import EventLoop

@testable import MQTTClient

/// A stream that has ended before it began.
final class ClosedTransport: Transport {
  var descriptor: Int32 { -1 }
  var needs: Poller.Interest { [] }
  var holdsInput: Bool { false }
  var hasUnreadInput: Bool { false }

  func advance() -> Bool { true }
  func receive(into buffer: inout [UInt8]) -> TCPSocket.Received { .end }
  func send(_ bytes: Bytes) -> Int { bytes.count }
  func shutDownSending() {}
}
