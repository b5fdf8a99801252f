import EventLoop
import Foundation
import HTTPFront
import TestSupport
import WebSocketProtocol

// A WebSocket server that sends every message back: the server under test of conformance suites.
// It prints its port on 127.0.0.1, and lives until it is killed.

/// Turns every request into a WebSocket and sends back what comes.
final class EchoApplication: HTTPApplication {
  private let server = Locked<HTTPServer?>(nil)

  func serve(_ options: HTTPServerOptions) throws -> Int {
    let server = try HTTPServer(options: options, application: self)
    self.server.withLock { $0 = server }
    try server.start()
    return server.port
  }

  func admit(_ head: RequestHead) -> Admission { .accept(bodyLimit: 0) }

  func handle(_ request: Request) -> Answer {
    var head = WebSocketHead(limits: .ofConformanceSuites)
    head.waitingBytesMax = 256 << 20
    return .upgrade(head)
  }

  func socketReceived(_ id: StreamID, _ message: WebSocketMessage) -> SocketFlow {
    let server = self.server.withLock { $0 }
    server?.deliver([.message(id, message)], toShard: id.shard)
    return .more
  }

  func deadlineReached(_ id: RequestID) -> Response? { nil }
  func clientLeft(_ id: RequestID) {}
  func streamClosed(_ id: StreamID, reason: StreamEnd) {}
  func gapFrame(for id: StreamID, missed: Int) -> Frame? { nil }
  func closingFrame(for id: StreamID) -> Frame? { nil }
  func report(_ fact: HTTPServerFact) {}
}

let port = try EchoApplication().serve(HTTPServerOptions())
try FileHandle.standardOutput.write(contentsOf: Data("\(port)\n".utf8))
while true { pause() }
