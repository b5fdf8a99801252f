import TestSupport
import Testing

@testable import MQTTClient

/// Against `openssl s_server`: protocols, versions, ciphers, keys of the debugger.
@Suite struct TLSAgreementTests {
  @Test func `the broker chooses one of the offered protocols`() throws {
    let server = try OpenSSLServer(["-alpn", "x-amzn-mqtt-ca,mqtt"])
    var options = try TLSOptions.test()
    options.applicationProtocols = ["other", "mqtt"]
    #expect(
      try TLSTestConnection(port: server.port, options).details?.applicationProtocol == "mqtt")
  }

  @Test func `a broker that speaks none of the offered protocols says so`() throws {
    let server = try OpenSSLServer(["-alpn", "h2"])
    var options = try TLSOptions.test()
    options.applicationProtocols = ["mqtt"]
    let failure = try tlsFailure { _ = try TLSTestConnection(port: server.port, options) }
    guard case .alertReceived(let alert, _) = failure else {
      Issue.record("\(failure)")
      return
    }
    #expect(alert.number == 120)
    #expect(
      failure.description
        == "the broker ended the TLS connection: no application protocol (alert 120)")
  }

  @Test func `without a common version the handshake fails`() throws {
    let old = try OpenSSLServer(["-tls1_2"])
    var new = try TLSOptions.test()
    new.minimumVersion = .v1_3
    let failure = try tlsFailure { _ = try TLSTestConnection(port: old.port, new) }
    guard case .alertReceived(let alert, _) = failure else {
      Issue.record("\(failure)")
      return
    }
    #expect(alert.name == "protocol version")
  }

  @Test func `cipher lists and suites are kept to`() throws {
    let server = try OpenSSLServer()
    var options = try TLSOptions.test()
    options.cipherSuites = "TLS_CHACHA20_POLY1305_SHA256"
    #expect(
      try TLSTestConnection(port: server.port, options).details?.cipherSuite
        == "TLS_CHACHA20_POLY1305_SHA256")
    options.maximumVersion = .v1_2
    options.cipherList = "ECDHE-ECDSA-AES128-GCM-SHA256"
    #expect(
      try TLSTestConnection(port: server.port, options).details?.cipherSuite
        == "ECDHE-ECDSA-AES128-GCM-SHA256")
  }

  @Test func `a server without a certificate is refused, whatever the cipher list allows`() throws {
    let server = try OpenSSLServer(
      certificate: nil, ["-tls1_2", "-cipher", "aNULL:@SECLEVEL=0"])
    var options = try TLSOptions.test()
    options.maximumVersion = .v1_2
    options.cipherList = "aNULL"
    options.securityLevel = 0
    let failure = try tlsFailure { _ = try TLSTestConnection(port: server.port, options) }
    #expect(failure == .handshakeFailed(words: ["the broker shows no certificate"]))
  }

  @Test func `a security level refuses what is too weak`() throws {
    let server = try OpenSSLServer()
    var options = try TLSOptions.test()
    options.securityLevel = 5
    #expect(throws: (any Error).self) { try TLSTestConnection(port: server.port, options) }
  }

  @Test(arguments: [TLSOptions.Version.v1_2, .v1_3])
  func `the key log is in the format of SSLKEYLOGFILE, for its owner only`(
    version: TLSOptions.Version
  ) throws {
    let server = try OpenSSLServer()
    let directory = try TemporaryDirectory()
    var options = try TLSOptions.test()
    options.maximumVersion = version
    options.keyLogFile = directory.file("keys")
    let connection = try TLSTestConnection(port: server.port, options)
    _ = try connection.exchange("x")
    let stat = try ChildProcess("stat", ["-c", "%a", directory.file("keys")])
    stat.waitForExit()
    #expect(stat.output.lines == ["600"])
    let show = try ChildProcess("cat", [directory.file("keys")])
    show.waitForExit()
    let label = version == .v1_2 ? "CLIENT_RANDOM" : "CLIENT_TRAFFIC_SECRET_0"
    #expect(show.output.lines.contains { $0.split(separator: " ").first == Substring(label) })
    #expect(show.output.lines.allSatisfy { $0.split(separator: " ").count == 3 })
  }
}
