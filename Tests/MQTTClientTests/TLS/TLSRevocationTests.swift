import TestSupport
import Testing

@testable import MQTTClient

/// Certificates that no longer count, by list and by stapled OCSP response.
@Suite struct TLSRevocationTests {
  private static func options(_ lists: String...) throws -> TLSOptions {
    var options = try TLSOptions.test()
    let files = try TestCertificates.shared()
    options.revocationLists = lists.map { .file(files.path($0)) }
    return options
  }

  private static func failure(_ certificate: String, _ options: TLSOptions) throws -> TLSFailure {
    let server = try OpenSSLServer(certificate: certificate)
    return try tlsFailure { _ = try TLSTestConnection(port: server.port, options) }
  }

  @Test func `a listed certificate is refused, another one is not`() throws {
    let server = try OpenSSLServer()
    _ = try TLSTestConnection(port: server.port, Self.options("ca.crl"))
    let failure = try Self.failure("revoked", Self.options("ca.crl"))
    guard case .revokedCertificate(let problem) = failure else {
      Issue.record("\(failure)")
      return
    }
    #expect(problem.subject == "CN=Revoked server")
    #expect(
      failure.description
        == "the broker's certificate is revoked: certificate revoked "
        + "(depth 0, subject CN=Revoked server)")
  }

  @Test func `without any list nobody asks`() throws {
    let server = try OpenSSLServer(certificate: "revoked")
    _ = try TLSTestConnection(port: server.port, .test())
  }

  @Test func `a certificate whose issuer has no list is refused`() throws {
    let failure = try Self.failure("nested", Self.options("ca.crl"))
    #expect(failure.description.contains("unable to get certificate CRL (depth 0"))
  }

  @Test func `the whole chain is asked about when that is wanted`() throws {
    var options = try Self.options("middle.crl")
    let leaf = try Self.failure("nested", options)
    guard case .revokedCertificate = leaf else {
      Issue.record("\(leaf)")
      return
    }
    options = try Self.options("empty-middle.crl")
    let server = try OpenSSLServer(certificate: "nested")
    _ = try TLSTestConnection(port: server.port, options)
    options.revocationScope = .chain
    let chain = try Self.failure("nested", options)
    #expect(chain.description.contains("unable to get certificate CRL (depth 1"))
  }

  @Test(arguments: ["good.ocsp", "sha256.ocsp"], [TLSOptions.Version.v1_2, .v1_3])
  func `a good stapled response is enough`(file: String, version: TLSOptions.Version) throws {
    let files = try TestCertificates.shared()
    let server = try OpenSSLServer(["-status_file", files.path(file)])
    var options = try TLSOptions.test()
    options.maximumVersion = version
    options.requiresOCSPStapling = true
    let connection = try TLSTestConnection(port: server.port, options)
    #expect(try connection.exchange("ok") == "ko")
  }

  @Test(arguments: [TLSOptions.Version.v1_2, .v1_3])
  func `a missing response fails only where one is required`(version: TLSOptions.Version) throws {
    let server = try OpenSSLServer()
    var options = try TLSOptions.test()
    options.maximumVersion = version
    _ = try TLSTestConnection(port: server.port, options)
    options.requiresOCSPStapling = true
    let failure = try tlsFailure { _ = try TLSTestConnection(port: server.port, options) }
    #expect(failure == .stapledResponseMissing)
  }

  @Test(arguments: [
    ("revoked", "revoked.ocsp", "is revoked: the OCSP responder has revoked it"),
    ("server", "revoked.ocsp", "it is about another certificate"),
    ("renewed", "unknown.ocsp", "the responder does not know the certificate"),
    ("server", "unsigned.ocsp", "certificate verify error"),
  ])
  func `a response that proves nothing is refused`(
    certificate: String, file: String, words: String
  ) throws {
    let files = try TestCertificates.shared()
    let server = try OpenSSLServer(
      certificate: certificate, ["-status_file", files.path(file)])
    var options = try TLSOptions.test()
    options.requiresOCSPStapling = true
    let failure = try tlsFailure { _ = try TLSTestConnection(port: server.port, options) }
    #expect(failure.description.contains(words), "\(failure)")
  }
}
