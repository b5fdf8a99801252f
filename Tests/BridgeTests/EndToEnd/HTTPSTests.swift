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

    /// A bridge with its broker and its files, which live as long as it does.
    private final class Site {
      let broker: Mosquitto
      let files: Files
      let bridge: RunningProgram

      init(listen: String = "127.0.0.1:0", isPlain: Bool = false, flags: [String] = []) throws {
        broker = try Mosquitto()
        files = try Files()
        let tls = isPlain ? [] : files.flags
        bridge = try RunningProgram(
          broker: broker.url, listen: listen.replacing("FOLDER", with: files.folder.path),
          flags: tls + flags)
      }

      func connected() throws -> RunningProgram {
        try bridge.waitForBroker()
        return bridge
      }
    }

    private func secure(
      _ bridge: RunningProgram, _ options: TestTLSOptions = TestTLSOptions()
    ) -> HTTPTestClient { HTTPTestClient(port: bridge.port, tls: options) }

    /// The status that curl is answered.
    private func curl(_ arguments: [String]) throws -> String {
      let process = try ChildProcess(
        "curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}\n"] + arguments)
      process.waitForExit(within: .seconds(30))
      return process.output.text.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private func wait(_ bridge: RunningProgram, for text: String) throws {
      let line = bridge.process.errors.first(within: .seconds(20)) { $0.contains(text) }
      if line == nil { throw TestFailure("no '\(text)' in \(bridge.process.errors.text)") }
    }

    @Test func `publishes and streams go over HTTPS, and a stream resumes`() throws {
      let site = try Site()
      let bridge = try site.connected()
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
      let site = try Site(flags: ["--ring-bytes", "1MiB"])
      let bridge = try site.connected()
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
      let site = try Site(
        listen: "https://127.0.0.1:0 http://127.0.0.1:0 unix:FOLDER/http.sock",
        flags: ["--socket-mode", "0600"])
      let bridge = try site.connected()
      let path = site.files.folder.file("http.sock")
      #expect(bridge.urls.map { $0.prefix { $0 != ":" } } == ["https", "http", "unix"])
      #expect(try secure(bridge).post("/publish?topic=a", "1").status == 200)
      let plain = HTTPTestClient(port: try RunningProgram.port(of: bridge.urls[1]))
      #expect(try plain.post("/publish?topic=a", "2").status == 200)
      #expect(
        try curl(["--unix-socket", path, "-d", "3", "http://bridge/publish?topic=a"]) == "200")
      var status = stat()
      #expect(unsafe stat(path, &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600)
      // curl verifies the certificate by itself.
      let ca = try TestCertificates.shared().path("ca.pem")
      let url = "https://localhost:\(bridge.port)/publish?topic=a"
      #expect(try curl(["--cacert", ca, "-d", "4", url]) == "200")
      bridge.process.signal(SIGTERM)
      #expect(bridge.process.waitForExit() == .status(0))
      #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `clients without a certificate of the right authority are kept out`() throws {
      let ca = try TestCertificates.shared().path("ca.pem")
      let site = try Site(
        flags: ["--tls-client-ca", ca, "--tls-client-certificates", "required"])
      let bridge = try site.connected()
      let known = secure(bridge, TestTLSOptions(certificate: "client"))
      #expect(try known.post("/publish?topic=a", "1").status == 200)
      for certificate in [nil, "other"] {
        let client = secure(bridge, TestTLSOptions(certificate: certificate))
        #expect(throws: TestFailure.self) { try client.post("/publish?topic=a", "1") }
      }
    }

    @Test func `a certificate says who the caller is`() throws {
      let ca = try TestCertificates.shared().path("ca.pem")
      let folder = try TemporaryDirectory()
      let access = try folder.write(
        """
        certificates:
          - name: Test client
            grants: {publish: ["machines/#"]}
        """, to: "access.yaml")
      let site = try Site(
        flags: [
          "--tls-client-ca", ca, "--tls-client-certificates", "optional", "--access-file", access,
        ])
      let known = secure(site.bridge, TestTLSOptions(certificate: "client"))
      #expect([200, 202].contains(try known.post("/publish?topic=machines/7", "1").status))
      #expect(try known.post("/publish?topic=houses/7", "1").status == 403)
      let page = ("Origin", "https://evil.example")
      #expect(try known.post("/publish?topic=machines/7", "1", headers: [page]).status == 403)
      #expect(try secure(site.bridge).post("/publish?topic=machines/7", "1").status == 401)
    }

    @Test func `behind a proxy every connection begins with its header`() throws {
      let site = try Site(isPlain: true, flags: ["--proxy-protocol", "true"])
      let bridge = try site.connected()
      let socket = try LoopbackSocket(port: bridge.port)
      try socket.send("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\nGET / HTTP/1.0\r\nHost: h\r\n\r\n")
      let connection = HTTPTestConnection(socket)
      #expect(try connection.readHead(until: Deadline(after: .seconds(20))).status == 200)
      #expect(throws: TestFailure.self) { try bridge.client.get("/") }
    }

    @Test func `SIGHUP shows the new certificate to new clients, and a bad one to nobody`() throws {
      let site = try Site()
      let (files, bridge) = (site.files, try site.connected())
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

    @Test func `SIGHUP takes certificates of other names, but does not begin without them`() throws
    {
      let files = try Files()
      let broker = try Mosquitto()
      func configure(_ name: String) throws -> String {
        let pair = try TestCertificates.shared()
        for end in ["pem", "key"] {
          try files.folder.write(
            String(decoding: pair.bytes("\(name).\(end)"), as: UTF8.self), to: "\(name)-2.\(end)")
        }
        let path = files.folder.file("\(name)-2")
        return try files.folder.write(
          "tls_certificate: \(path).pem\ntls_key: \(path).key\n", to: "bridge.yaml")
      }
      let bridge = try RunningProgram(broker: broker.url, flags: ["--config", configure("server")])
      try bridge.waitForBroker()
      let stream = try secure(bridge).stream("/subscribe?topic=a")
      #expect(try stream.next()?.name == "bridge.open")
      _ = try configure("renewed")
      bridge.process.signal(SIGHUP)
      try wait(bridge, for: #""settings":"tls_certificate, tls_key""#)
      #expect(
        eventually {
          let client = secure(bridge)
          _ = try? client.get("/")
          return client.serverName == "Renewed server"
        })
      #expect(try secure(bridge).post("/publish?topic=a", "still here").status == 200)
      #expect(try stream.payloads(1) == ["still here"])
      try files.folder.write("log_level: info\n", to: "bridge.yaml")
      bridge.process.signal(SIGHUP)
      try wait(bridge, for: "these settings change at the next start")
      #expect(try secure(bridge).get("/").status == 200)
    }
  }
}
