import TestSupport
import Testing

@testable import MQTTClient

/// Against a server that wants to know who the client is.
@Suite struct TLSClientCertificateTests {
  private static func server() throws -> OpenSSLServer {
    let files = try TestCertificates.shared()
    return try OpenSSLServer([
      "-Verify", "1", "-verify_return_error", "-CAfile", files.path("ca.pem"),
    ])
  }

  private static func options(
    _ certificate: (TestCertificates) throws -> TLSOptions.ClientCertificate
  ) throws -> TLSOptions {
    var options = try TLSOptions.test()
    options.clientCertificate = try certificate(TestCertificates.shared())
    return options
  }

  private func answers(_ options: TLSOptions) throws {
    let server = try Self.server()
    let connection = try TLSTestConnection(port: server.port, options)
    #expect(try connection.exchange("me") == "em")
  }

  @Test func `a certificate and its key come from files or from bytes`() throws {
    try answers(
      Self.options {
        .pem(certificates: .file($0.path("client.pem")), key: .file($0.path("client.key")))
      })
    try answers(
      Self.options {
        try .pem(
          certificates: .bytes($0.bytes("client.pem")), key: .bytes($0.bytes("client.key")))
      })
  }

  @Test func `an encrypted key opens with its password`() throws {
    try answers(
      Self.options {
        .pem(
          certificates: .file($0.path("client.pem")), key: .file($0.path("client-encrypted.key")),
          keyPassword: TestCertificates.password)
      })
  }

  @Test func `a PKCS#12 container opens with its password`() throws {
    try answers(
      Self.options { .pkcs12(.file($0.path("client.p12")), password: TestCertificates.password) })
    try answers(
      Self.options {
        try .pkcs12(.bytes($0.bytes("client.p12")), password: TestCertificates.password)
      })
  }

  @Test func `a key is found by its URI in a provider's store`() throws {
    for (name, password) in [("client.key", nil), ("client-encrypted.key", "open sesame")] {
      try answers(
        Self.options {
          .stored(
            certificates: .file($0.path("client.pem")), keyURI: "file:\($0.path(name))",
            password: password)
        })
    }
  }

  @Test(arguments: [
    ("file:/nowhere", nil), ("nonsense:pin-value=1234", nil), ("file:", "x"), ("", nil),
  ])
  func `a URI without a key fails with a sentence that does not show it`(
    uri: String, password: String?
  ) throws {
    let options = try Self.options {
      .stored(certificates: .file($0.path("client.pem")), keyURI: uri, password: password)
    }
    let failure = try tlsFailure { _ = try TLSContext(options) }
    guard case .configuration(.clientKey, _) = failure else {
      Issue.record("\(failure)")
      return
    }
    #expect(!"\(failure)\(options)".contains("1234"))
  }

  @Test(arguments: [nil, "wrong", "", String(repeating: "x", count: 5000)])
  func `a wrong or missing password fails with a sentence that does not show it`(
    password: String?
  ) throws {
    let reason =
      password == nil ? "is encrypted, and no password is given" : "is the password right?"
    let key = try Self.options {
      .pem(
        certificates: .file($0.path("client.pem")), key: .file($0.path("client-encrypted.key")),
        keyPassword: password)
    }
    let container = try Self.options { .pkcs12(.file($0.path("client.p12")), password: password) }
    for (options, item) in [(key, TLSFailure.Item.clientKey), (container, .clientCertificate)] {
      let failure = try tlsFailure { _ = try TLSContext(options) }
      guard case .configuration(item, let words) = failure else {
        Issue.record("\(failure)")
        return
      }
      #expect(words.first?.contains(reason) == true, "\(words)")
      #expect(!"\(failure)".contains("wrong,") && !"\(failure)".contains("xxxx"))
    }
  }

  @Test func `a key of another certificate is refused before anything is sent`() throws {
    let options = try Self.options {
      .pem(certificates: .file($0.path("client.pem")), key: .file($0.path("server.key")))
    }
    let failure = try tlsFailure { _ = try TLSContext(options) }
    #expect(
      failure.description
        == "the TLS option clientKey cannot be used: key values mismatch "
        + "(x509 certificate routines)")
  }

  @Test func `a client without a certificate is told so by the server's alert`() throws {
    let server = try Self.server()
    let failure = try tlsFailure {
      let connection = try TLSTestConnection(port: server.port, .test())
      _ = try connection.exchange("me")
    }
    guard case .alertReceived(let alert, _) = failure else {
      Issue.record("\(failure)")
      return
    }
    #expect(alert.number == 116)
  }
}
