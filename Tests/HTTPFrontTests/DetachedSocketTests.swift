import EventLoop
import Glibc
import HTTPFront
import Testing

extension LiveServerTests {
  /// Guards what the design takes from libmicrohttpd without a promise: that a socket survives the
  /// library's end of its connection.
  @Suite struct DetachedSocketTests {
    @Test func `a detached socket is neither shut down nor written by the library`() throws {
      let application = try TestApplication { request in
        request.head.path == "/s"
          ? .stream(StreamHead(headers: [:], heartbeat: Frame(":\n"))) : .respond(.text("plain"))
      }
      try withServer(application) { server in
        let client = try TestClient(port: server.port)
        client.get("/s")
        let id = try #require(application.nextHandled()).stream
        _ = try client.readAnswer(hasBody: false)
        // The library has forgotten the connection, and goes on with others.
        #expect(eventually { server.statistics(ofShard: 0).connections == 0 })
        let other = try TestClient(port: server.port)
        for _ in 0..<20 {
          other.get("/plain")
          #expect(try other.readAnswer().body == "plain")
        }
        for number in 0..<50 {
          #expect(server.send([.start(id, Frame("\(number)"))], toShard: 0))
          #expect(try client.readChunk() == "\(number)")
        }
        // What the client still sends on the socket is nobody's request.
        client.get("/plain")
        #expect(server.send([.end(id, last: Frame("last"))], toShard: 0))
        #expect(try client.readChunk() == "last")
        #expect(try client.readChunk() == "")
        #expect(try client.isClosedByServer())
        #expect(client.received.isEmpty)
      }
    }

    // Each in a process of its own: other tests open and close sockets at the same time.
    @Test func `no descriptor is left behind`() async {
      await #expect(processExitsWith: .success) {
        let before = openSockets()
        try serveAllKinds()
        #expect(openSockets() == before)
      }
    }

    @Test func `a server that never starts leaves no descriptor behind`() async {
      await #expect(processExitsWith: .success) {
        let before = openSockets()
        for _ in 0..<5 { try makeServer() }
        #expect(openSockets() == before)
      }
    }
  }
}

/// A server that is never started.
private func makeServer() throws {
  _ = try HTTPServer(
    options: HTTPServerOptions(),
    application: try TestApplication { _ in .park(deadline: nil) })
}

/// Streams, parked requests, answers and a refusal, with clients that stay and that leave.
private func serveAllKinds() throws {
  let application = try TestApplication { request in
    switch request.head.path {
    case "/s": .stream(StreamHead(headers: [:], heartbeat: Frame(":\n")))
    case "/p": .park(deadline: .milliseconds(1))
    default: .respond(.text("plain"))
    }
  }
  try withServer(application, { $0.threads = 2 }) { server in
    for round in 0..<60 {
      let client = try TestClient(port: server.port)
      client.get(["/s", "/p", "/"][round % 3])
      #expect(application.nextHandled() != nil)
      if round % 2 == 0 { client.reset() } else { _ = try client.readAnswer(hasBody: false) }
    }
    let large = try TestClient(port: server.port)
    large.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n")
    #expect(try large.readAnswer().status == 413)
  }
}

private func openSockets() -> Int {
  (Int32(3)..<4096).count { number in
    var status = stat()
    return unsafe fstat(number, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
  }
}
