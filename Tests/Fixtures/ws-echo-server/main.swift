import Foundation
import TestSupport
import WebSocketProtocol

// A WebSocket server that sends every message back: the server under test of conformance suites.
// It prints its port on 127.0.0.1, and lives until it is killed.

func echo(_ socket: LoopbackSocket) throws {
  let peer = try WebSocketPeer(
    accepting: socket, deflate: DeflateParameters(), limits: .ofConformanceSuites)
  while let message = try peer.nextMessage(within: .seconds(60)) {
    try peer.send(message.kind, message.bytes)
  }
}

let listener = try LoopbackListener()
try FileHandle.standardOutput.write(contentsOf: Data("\(listener.port)\n".utf8))
for _ in 0..<4 {
  Thread.detachNewThread { [listener] in
    while true {
      guard let socket = try? listener.accept(within: .seconds(3600)) else { continue }
      // Whatever the client does wrong ends its own connection only.
      try? echo(socket)
    }
  }
}
while true { pause() }
