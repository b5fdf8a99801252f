import Foundation
import Glibc
import TestSupport
import Testing

@testable import Bridge

extension EndToEnd {
  @Suite struct HTTPSTests {
    /// The files of a server's certificate in a directory of their own, so that a test can replace them.
    private final class Files {
      let folder: TemporaryDirectory
      var flags: [String] {
        ["--tls-certificate", folder.file("server.pem"), "--tls-key", folder.file("server.key")]
      }

      init() throws {
        folder = try TemporaryDirectory()
        try put("server")
      }

      func put(_ name: String, key: String? = nil) throws {
        let files = try TestCertificates.shared()
        for (file, source) in [("server.pem", "\(name).pem"), ("server.key", "\(key ?? name).key")]
        {
          try folder.write(String(decoding: files.bytes(source), as: UTF8.self), to: file)
        }
      }
    }

    private func start(
      _ broker: Mosquitto, listen: String = "127.0.0.1:0", flags: [String]
    ) throws -> RunningProgram {
      let bridge = try RunningProgram(broker: broker.url, listen: listen, flags: flags)
      try bridge.waitForBroker()
      return bridge
    }

    private func secure(
      _ bridge: RunningProgram, _ options: TestTLSOptions = TestTLSOptions()
    ) -> HTTPTestClient { HTTPTestClient(port: bridge.port, tls: options) }

    private func wait(_ bridge: RunningProgram, for text: String) throws {
      let line = bridge.process.errors.first(within: .seconds(20)) { $0.contains(text) }
      if line == nil { throw TestFailure("no '\(text)' in \(bridge.process.errors.text)") }
    }

    @Test func `publishes and streams go over HTTPS, and a stream resumes`() throws {
      let bridge = try start(Mosquitto(), flags: Files().flags)
      #expect(bridge.urls.first?.hasPrefix("https://") == true)
      let client = secure(bridge)
      let stream = try secure(bridge).stream("/subscribe?topic=a/%23")
      #expect(try stream.next()?.name == "bridge.open")
      for number in 1...3 {
        #expect(try client.post("/publish?topic=a/1", "\(number)").status == 200)
      }
      #expect(client.serverName == "Test server")
      let messages = try stream.messages(3)
      #expect(try messages.map { try $0.json.string("payload") } == ["1", "2", "3"])
      let id = try #require(messages[0].id)
      let again = try secure(bridge).stream(
        "/subscribe?topic=a/%23", headers: [("Last-Event-ID", id)])
      #expect(try again.next()?.json.boolean("resumed") == true)
      #expect(try again.payloads(2) == ["2", "3"])
      bridge.process.signal(SIGTERM)
      #expect(bridge.process.waitForExit() == .status(0))
    }

    @Test func `a slow reader over HTTPS gets everything from disk`() throws {
      let bridge = try start(Mosquitto(), flags: Files().flags + ["--ring-bytes", "1MiB"])
      let stream = try secure(bridge).stream("/subscribe?topic=big")
      #expect(try stream.next()?.name == "bridge.open")
      let client = secure(bridge)
      let payload = String(repeating: "x", count: 500_000)
      for number in 0..<40 {
        #expect(try client.post("/publish?topic=big", "\(number) " + payload).status == 200)
      }
      let payloads = try stream.payloads(40)
      #expect(payloads.map { $0.prefix { $0 != " " } } == (0..<40).map { Substring("\($0)") })
    }

    @Test func `one bridge listens at several addresses, and at a socket in the file system`()
      throws
    {
      let files = try Files()
      let path = files.folder.file("http.sock")
      let bridge = try start(
        Mosquitto(), listen: "https://127.0.0.1:0 http://127.0.0.1:0 unix:\(path)",
        flags: files.flags + ["--socket-mode", "0600"])
      #expect(bridge.urls.map { $0.prefix { $0 != ":" } } == ["https", "http", "unix"])
      #expect(try secure(bridge).post("/publish?topic=a", "1").status == 200)
      let plain = HTTPTestClient(port: try RunningProgram.port(of: bridge.urls[1]))
      #expect(try plain.post("/publish?topic=a", "2").status == 200)
      let curl = try ChildProcess(
        "curl", ["-s", "--unix-socket", path, "-d", "3", "http://bridge/publish?topic=a"])
      #expect(curl.waitForExit() == .status(0))
      #expect(try JSONObject(curl.output.text).boolean("acknowledged") != false)
      var status = stat()
      #expect(unsafe stat(path, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600)
      // curl verifies the certificate by itself.
      let trusting = try ChildProcess(
        "curl",
        [
          "-s", "--cacert", try TestCertificates.shared().path("ca.pem"), "-d", "4",
          "https://localhost:\(bridge.port)/publish?topic=a",
        ])
      #expect(trusting.waitForExit() == .status(0))
      let page = try plain.get("/history?topic=a&since=earliest")
      #expect(try page.json.objects("messages").count == 4, "\(page.text)")
      bridge.process.signal(SIGTERM)
      #expect(bridge.process.waitForExit() == .status(0))
      #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `clients without a certificate of the right authority are kept out`() throws {
      let ca = try TestCertificates.shared().path("ca.pem")
      let bridge = try start(
        Mosquitto(),
        flags: try Files().flags + [
          "--tls-client-ca", ca, "--tls-client-certificates", "required",
        ])
      let known = secure(bridge, TestTLSOptions(certificate: "client"))
      #expect(try known.post("/publish?topic=a", "1").status == 200)
      for certificate in [nil, "other"] {
        let client = secure(bridge, TestTLSOptions(certificate: certificate))
        #expect(throws: TestFailure.self) { try client.post("/publish?topic=a", "1") }
      }
    }

    @Test func `behind a proxy every connection begins with its header`() throws {
      let bridge = try start(Mosquitto(), flags: ["--proxy-protocol", "true"])
      let socket = try LoopbackSocket(port: bridge.port)
      try socket.send("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\nGET / HTTP/1.0\r\nHost: h\r\n\r\n")
      let connection = HTTPTestConnection(socket)
      #expect(try connection.readHead(until: Deadline(after: .seconds(20))).status == 200)
      #expect(throws: TestFailure.self) { try bridge.client.get("/") }
    }

    @Test func `SIGHUP shows the new certificate to new clients, and a bad one to nobody`() throws {
      let files = try Files()
      let bridge = try start(Mosquitto(), flags: files.flags)
      let stream = try secure(bridge).stream("/subscribe?topic=a")
      #expect(try stream.next()?.name == "bridge.open")
      func name() -> String? {
        let client = secure(bridge)
        _ = try? client.get("/")
        return client.serverName
      }
      try files.put("server", key: "renewed")
      bridge.process.signal(SIGHUP)
      try wait(bridge, for: "the key is not that of the first certificate")
      #expect(name() == "Test server")
      try files.put("renewed")
      bridge.process.signal(SIGHUP)
      try wait(bridge, for: "certificates read again")
      #expect(eventually { name() == "Renewed server" })
      #expect(try secure(bridge).post("/publish?topic=a", "still here").status == 200)
      #expect(try stream.payloads(1) == ["still here"])
    }
  }
}
