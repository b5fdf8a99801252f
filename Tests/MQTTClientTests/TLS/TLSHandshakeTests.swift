import TestSupport
import Testing

@testable import MQTTClient

/// Against `openssl s_server`: whom the client accepts, and what the two agree on.
@Suite struct TLSHandshakeTests {
  @Test(arguments: [(TLSOptions.Version.v1_2, "TLSv1.2"), (.v1_3, "TLSv1.3")])
  func `both versions carry bytes both ways`(version: TLSOptions.Version, name: String) throws {
    let server = try OpenSSLServer()
    var options = try TLSOptions.test()
    (options.minimumVersion, options.maximumVersion) = (version, version)
    let connection = try TLSTestConnection(port: server.port, options)
    #expect(try connection.exchange("hello") == "olleh")
    let details = try #require(connection.details)
    #expect(details.version == name)
    #expect(details.cipherSuite.contains("AES") || details.cipherSuite.contains("CHACHA20"))
    #expect(details.applicationProtocol == nil)
    #expect(details.certificateSHA256?.count == 32)
    #expect(!details.isResumed)
  }

  @Test func `a directory and bytes are trusted like a file, and several sources together`() throws
  {
    let server = try OpenSSLServer()
    let files = try TestCertificates.shared()
    for trust: [TLSOptions.TrustAnchors] in [
      [.directory(files.path("authorities"))], [.pem(try files.bytes("ca.pem"))],
      [.file(files.path("other.pem")), .platform, .file(files.path("ca.pem"))],
    ] {
      var options = TLSOptions()
      options.trust = trust
      let connection = try TLSTestConnection(port: server.port, options)
      #expect(try connection.exchange("ab") == "ba")
    }
  }

  @Test func `an authority that is not trusted is refused, by the platform's trust store too`()
    throws
  {
    let server = try OpenSSLServer()
    let other = TLSOptions(trust: .file(try TestCertificates.shared().path("other.pem")))
    for options in [other, TLSOptions()] {
      let failure = try tlsFailure { _ = try TLSTestConnection(port: server.port, options) }
      guard case .untrustedCertificate(let problem) = failure else {
        Issue.record("\(failure)")
        return
      }
      #expect(problem.code == 20 && problem.depth == 0 && problem.subject == "CN=Test server")
      #expect(
        failure.description
          == "the broker's certificate is refused: unable to get local issuer certificate "
          + "(depth 0, subject CN=Test server)")
    }
  }

  @Test func `the broker is told why it was refused`() throws {
    let server = try OpenSSLServer()
    _ = try tlsFailure { _ = try TLSTestConnection(port: server.port, TLSOptions()) }
    #expect(eventually { server.log.contains("alert unknown ca") })
  }

  @Test func `a certificate of another name is refused, and names what it is for`() throws {
    let server = try OpenSSLServer()
    let failure = try tlsFailure {
      _ = try TLSTestConnection(port: server.port, .test(), host: "elsewhere.test")
    }
    #expect(
      failure
        == .nameMismatch(
          expected: "elsewhere.test",
          presented: ["localhost", "broker.test", "127.0.0.1", "0:0:0:0:0:0:0:1"]))
    #expect(
      failure.description
        == "the broker's certificate is not for elsewhere.test, but for localhost, broker.test, "
        + "127.0.0.1, 0:0:0:0:0:0:0:1")
  }

  @Test(arguments: ["127.0.0.1", "::1", "::1%lo", "broker.test", "BROKER.test", "broker.test."])
  func `addresses and names that the certificate shows are accepted`(host: String) throws {
    let server = try OpenSSLServer()
    _ = try TLSTestConnection(port: server.port, .test(), host: host)
  }

  @Test(arguments: ["127.0.0.2", "::2"])
  func `an address that the certificate does not show is refused`(host: String) throws {
    let server = try OpenSSLServer()
    let failure = try tlsFailure {
      _ = try TLSTestConnection(port: server.port, .test(), host: host)
    }
    guard case .nameMismatch(host, _) = failure else {
      Issue.record("\(failure)")
      return
    }
  }

  @Test func `the server name can be overridden, for a broker that is reached by its address`()
    throws
  {
    let server = try OpenSSLServer()
    var options = try TLSOptions.test()
    options.serverName = "broker.test"
    _ = try TLSTestConnection(port: server.port, options, host: "10.9.8.7")
    options.serverName = "elsewhere.test"
    let failure = try tlsFailure { _ = try TLSTestConnection(port: server.port, options) }
    guard case .nameMismatch("elsewhere.test", _) = failure else {
      Issue.record("\(failure)")
      return
    }
  }

  @Test func `the indicated name chooses the certificate and may differ from the verified one`()
    throws
  {
    let files = try TestCertificates.shared()
    let server = try OpenSSLServer([
      "-servername", "second.test", "-cert2", files.path("renewed.pem"), "-key2",
      files.path("renewed.key"),
    ])
    var options = try TLSOptions.test()
    let usual = try TLSTestConnection(port: server.port, options).details
    options.serverNameIndication = .name("second.test")
    let second = try TLSTestConnection(port: server.port, options).details
    options.serverNameIndication = .omitted
    let without = try TLSTestConnection(port: server.port, options).details
    #expect(usual?.certificateSHA256 != second?.certificateSHA256)
    #expect(usual?.certificateSHA256 == without?.certificateSHA256)
  }

  @Test func `an expired certificate is refused`() throws {
    let server = try OpenSSLServer(certificate: "expired")
    let failure = try tlsFailure { _ = try TLSTestConnection(port: server.port, .test()) }
    #expect(
      failure.description
        == "the broker's certificate is refused: certificate has expired "
        + "(depth 0, subject CN=Expired server)")
  }

  @Test func `a client's certificate is none for a server`() throws {
    let server = try OpenSSLServer(certificate: "client")
    let failure = try tlsFailure { _ = try TLSTestConnection(port: server.port, .test()) }
    #expect(failure.description.contains("unsuitable certificate purpose"))
  }

  @Test func `switching off the chain check leaves the name check, and the other way round`() throws
  {
    let server = try OpenSSLServer()
    var noChain = TLSOptions()
    noChain.verifiesChain = false
    _ = try TLSTestConnection(port: server.port, noChain)
    let failure = try tlsFailure {
      _ = try TLSTestConnection(port: server.port, noChain, host: "elsewhere.test")
    }
    guard case .nameMismatch = failure else {
      Issue.record("\(failure)")
      return
    }
    var noName = try TLSOptions.test()
    noName.verifiesHostName = false
    _ = try TLSTestConnection(port: server.port, noName, host: "elsewhere.test")
    noName.trust = [.platform]
    let other = try tlsFailure { _ = try TLSTestConnection(port: server.port, noName) }
    guard case .untrustedCertificate = other else {
      Issue.record("\(other)")
      return
    }
  }

  @Test
  func `an intermediate authority that is named is trusted, and one that is shown is followed`()
    throws
  {
    let server = try OpenSSLServer(certificate: "nested")
    _ = try TLSTestConnection(port: server.port, .test())
    let middle = TLSOptions(trust: .file(try TestCertificates.shared().path("middle.pem")))
    _ = try TLSTestConnection(port: server.port, middle)
  }
}
