import EventLoop
import Glibc
import TestSupport
import Testing

@testable import HTTPFront

extension LiveServerTests {
  @Suite struct ListenerTests {
    private func application(_ name: String) throws -> TestApplication {
      try TestApplication { request in
        request.head.path == "/s"
          ? .stream(StreamHead(headers: [:], heartbeat: Frame(":\n")))
          : .respond(.text("\(name) \(request.head.clientAddress)"))
      }
    }

    private func withServer(
      _ listeners: [HTTPListener], threads: Int = 1, _ body: (HTTPServer) throws -> Void
    ) throws {
      var options = HTTPServerOptions()
      options.threads = threads
      let server = try HTTPServer(options: options, listeners: listeners)
      try server.start()
      defer {
        server.stop(deadline: .seconds(5))
        server.join()
      }
      try body(server)
    }

    private let loopback = HTTPListener.Address.tcp(host: "127.0.0.1", port: 0)

    @Test func `every listener has its own application, and streams tell the right one`() throws {
      let first = try application("first")
      let second = try application("second")
      let listeners = [
        HTTPListener(loopback, application: first), HTTPListener(loopback, application: second),
      ]
      try withServer(listeners, threads: 2) { server in
        #expect(server.ports.count == 2 && server.ports[0] != server.ports[1])
        for (port, name) in zip(server.ports, ["first", "second"]) {
          let client = try TestClient(port: port)
          client.get("/")
          #expect(try client.readAnswer().body == "\(name) 127.0.0.1")
        }
        let client = try TestClient(port: server.ports[1])
        client.get("/s")
        let ids = [second.nextHandled(), second.nextHandled()]
        let id = try #require(ids[1]).stream
        #expect(server.send([.end(id, last: Frame("x"))], toShard: id.shard))
        #expect(second.nextClosed() == .ended)
        #expect(first.takeAll().allSatisfy { if case .closed = $0 { false } else { true } })
      }
    }

    @Test func `a socket in the file system serves requests and streams`() throws {
      let folder = try TemporaryDirectory()
      let path = folder.path + "/http.sock"
      let application = try application("unix")
      let address = HTTPListener.Address.unix(path: path, mode: 0o600)
      try withServer([HTTPListener(address, application: application)], threads: 2) { server in
        #expect(server.ports == [0])
        var status = stat()
        #expect(unsafe stat(path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        for _ in 0..<4 {
          let client = try TestClient(path: path)
          client.get("/")
          #expect(try client.readAnswer().body == "unix unix")
          _ = application.nextHandled()
        }
        let client = try TestClient(path: path)
        client.get("/s")
        let id = try #require(application.nextHandled()).stream
        #expect(server.send([.start(id, Frame("open"))], toShard: id.shard))
        #expect(try client.readAnswer().status == 200)
        #expect(try client.readChunk() == "open")
      }
      #expect(!exists(path))
    }

    @Test func `the socket of a dead server is replaced, everything else is not`() throws {
      let folder = try TemporaryDirectory()
      let path = folder.path + "/http.sock"
      let listener = HTTPListener(.unix(path: path), application: try application("unix"))
      var made = try Optional(HTTPServer(options: HTTPServerOptions(), listeners: [listener]))
      // While it is served, nobody else gets it.
      #expect(throws: HTTPServerError.addressInUse(host: path, port: 0)) {
        _ = try HTTPServer(options: HTTPServerOptions(), listeners: [listener])
      }
      made = nil
      #expect(made == nil && !exists(path))
      try leaveSocket(at: path)
      try withServer([listener]) { _ in
        let client = try TestClient(path: path)
        client.get("/")
        #expect(try client.readAnswer().status == 200)
      }
      let file = unsafe open(path, O_CREAT | O_WRONLY, 0o600)
      close(file)
      #expect(throws: HTTPServerError.unusablePath(path)) {
        _ = try HTTPServer(options: HTTPServerOptions(), listeners: [listener])
      }
      #expect(exists(path))
      let missing = HTTPListener(
        .unix(path: folder.path + "/no/such"), application: try application("unix"))
      #expect(throws: HTTPServerError.unusablePath(folder.path + "/no/such")) {
        _ = try HTTPServer(options: HTTPServerOptions(), listeners: [missing])
      }
    }

    private func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// What a server that was killed leaves behind.
    private func leaveSocket(at path: String) throws {
      let (socket, _) = try UnixSocketFile.listen(at: path, mode: 0o600)
      close(socket)
    }

    @Test(arguments: [
      ("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n", "192.0.2.7"),
      ("PROXY TCP6 2001:db8::7 ::1 56324 443\r\n", "2001:db8::7"),
      ("PROXY UNKNOWN\r\n", "127.0.0.1"),
    ])
    func `behind a proxy its header tells who the client is`(line: String, client: String) throws {
      let listener = HTTPListener(
        loopback, expectsProxyHeader: true, application: try application("proxied"))
      try withServer([listener]) { server in
        // In one piece with the request, and byte by byte before it.
        let fast = try TestClient(port: server.port)
        fast.send(line + "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(try fast.readAnswer().body == "proxied \(client)")
        fast.get("/")
        #expect(try fast.readAnswer().body == "proxied \(client)")
        let slow = try TestClient(port: server.port)
        for byte in line.utf8 { slow.send([byte]) }
        slow.get("/")
        #expect(try slow.readAnswer().body == "proxied \(client)")
      }
    }

    @Test func `without the proxy's header nothing is served`() throws {
      let application = try application("proxied")
      let listener = HTTPListener(loopback, expectsProxyHeader: true, application: application)
      try withServer([listener]) { server in
        let client = try TestClient(port: server.port)
        client.get("/")
        #expect(try client.isClosedByServer())
        #expect(client.received.isEmpty)
        let ended = try TestClient(port: server.port)
        ended.send("PROXY TCP4")
        ended.finishSending()
        #expect(try ended.isClosedByServer())
        #expect(application.takeAll().isEmpty)
      }
    }
  }
}
