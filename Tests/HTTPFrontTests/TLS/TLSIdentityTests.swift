import HTTPFront
import TestSupport
import Testing

extension LiveServerTests {
  @Suite struct TLSIdentityTests {
    private func application() throws -> TestApplication {
      try TestApplication { request in
        if request.head.path == "/s" { return .stream(TestFrames.head()) }
        let certificate = request.head.clientCertificate
        return .respond(
          .text(certificate.map { "\($0.commonName ?? "-"), \($0.subject)" } ?? "nobody"))
      }
    }

    private func expect(_ server: HTTPServer, _ certificate: String?, _ body: String) throws {
      let client = try TestClient.tls(server, TestTLSOptions(certificate: certificate))
      client.get("/")
      #expect(try client.readAnswer().body == body)
    }

    /// Whether a client is refused, in the handshake or at once behind it.
    private func isRefused(
      _ server: HTTPServer, _ certificate: String?, versionMax: Int32? = nil
    ) -> Bool {
      var options = TestTLSOptions(certificate: certificate)
      options.versionMax = versionMax
      guard let client = try? TestClient.tls(server, options) else { return true }
      client.get("/")
      return (try? client.readAnswer()) == nil
    }

    @Test func `a demanded certificate names the client, and without a good one nobody gets in`()
      throws
    {
      let application = try application()
      try withTLSServer(application, TestIdentity.make("server", .required)) { server in
        try expect(server, "client", "Test client, CN=Test client")
        for version in [nil, TestTLSOptions.tls12.versionMax] {
          #expect(isRefused(server, nil, versionMax: version))
          #expect(isRefused(server, "other", versionMax: version))
          // Signed by the right authority, but for servers.
          #expect(isRefused(server, "renewed", versionMax: version))
        }
        #expect(application.nextHandled() != nil)
        #expect(application.takeAll().isEmpty)
      }
    }

    @Test func `an optional certificate may be left out, but not be wrong`() throws {
      try withTLSServer(application(), TestIdentity.make("server", .optional)) { server in
        try expect(server, nil, "nobody")
        try expect(server, "client", "Test client, CN=Test client")
        #expect(isRefused(server, "other"))
        #expect(isRefused(server, "other", versionMax: TestTLSOptions.tls12.versionMax))
      }
    }

    @Test func `a certificate that nobody wants does not count`() throws {
      try withTLSServer(application()) { server in
        try expect(server, "client", "nobody")
      }
    }

    @Test func `the whole chain is shown`() throws {
      try withTLSServer(application(), TestIdentity.make("nested")) { server in
        try expect(server, nil, "nobody")
      }
    }

    @Test func `after a change new connections see the new certificate, and open ones go on`()
      throws
    {
      let application = try application()
      try withTLSServer(application, nil, { $0.threads = 2 }) { server in
        let kept = try TestClient.tls(server)
        kept.get("/")
        #expect(try kept.readAnswer().body == "nobody")
        _ = application.nextHandled()
        let client = try TestClient.tls(server)
        client.get("/s")
        let id = try #require(application.nextHandled()).stream
        #expect(server.send([.start(id, Frame("open"))], toShard: id.shard))
        #expect(try client.readAnswer().status == 200)
        #expect(try client.readChunk() == "open")

        for name in ["renewed", "server", "renewed"] {
          server.replaceIdentity(try TestIdentity.make(name, .required), ofListener: 0)
        }
        let isChanged = eventually {
          let next = try? TestClient.tls(server, TestTLSOptions(certificate: "client"))
          return next?.tls?.serverName == "Renewed server"
        }
        #expect(isChanged)
        // The authority of clients belongs to the identity.
        #expect(eventually { isRefused(server, nil) })

        #expect(server.send([.private(Frame("still"), streams: [id])], toShard: id.shard))
        #expect(try client.readChunk() == "still")
        kept.get("/")
        #expect(try kept.readAnswer().body == "nobody")
        #expect(server.send([.end(id, last: nil)], toShard: id.shard))
        #expect(try client.readChunk() == "")
        #expect(try client.isClosedByServer())
      }
    }

    @Test(arguments: ["certificate", "key", "pair", "authority", "none"])
    func `what cannot be used is told`(part: String) throws {
      let files = try TestCertificates.shared()
      func text(_ name: String) throws -> String {
        String(decoding: try files.bytes(name), as: UTF8.self)
      }
      let (good, key, authority) = try (text("server.pem"), text("server.key"), text("ca.pem"))
      let junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
      let (locked, foreign) = try (text("client-encrypted.key"), text("renewed.key"))
      var fault: TLSIdentity.Fault?
      do throws(TLSIdentity.Fault) {
        switch part {
        case "certificate": _ = try TLSIdentity(certificate: junk, key: key)
        case "key": _ = try TLSIdentity(certificate: good, key: locked)
        case "pair": _ = try TLSIdentity(certificate: good, key: foreign)
        case "authority":
          _ = try TLSIdentity(
            certificate: good, key: key, clientAuthority: "nothing", clientCertificates: .optional)
        default: _ = try TLSIdentity(certificate: good, key: key, clientCertificates: .required)
        }
      } catch {
        fault = error
      }
      let identity = try TLSIdentity(
        certificate: good, key: key, clientAuthority: authority, clientCertificates: .required)
      #expect(
        !"\(identity)".contains("PRIVATE") && !String(reflecting: identity).contains("PRIVATE"))
      switch (part, try #require(fault)) {
      case ("certificate", .certificate), ("key", .key), ("pair", .pair),
        ("authority", .clientAuthority), ("none", .noClientAuthority):
        break
      default: Issue.record("\(part): \(String(describing: fault))")
      }
    }
  }
}
