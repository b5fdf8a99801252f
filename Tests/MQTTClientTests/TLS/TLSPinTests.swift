import TestSupport
import Testing

@testable import MQTTClient

@Suite struct TLSPinTests {
  /// The hash of a certificate's public key, as the command line computes it.
  private static func pin(_ certificate: String) throws -> TLSOptions.Pin {
    let path = try TestCertificates.shared().path("\(certificate).pem")
    let command =
      "openssl x509 -in \(path) -noout -pubkey | openssl pkey -pubin -outform DER "
      + "| openssl dgst -sha256 -r"
    let shell = try ChildProcess("sh", ["-c", command])
    shell.waitForExit()
    let digits = try #require(shell.output.lines.first?.split(separator: " ").first)
    return try #require(TLSOptions.Pin(String(digits)))
  }

  @Test func `one pinned key of the verified chain is enough`() throws {
    let server = try OpenSSLServer()
    var options = try TLSOptions.test()
    for pin in try [Self.pin("server"), Self.pin("ca")] {
      options.pins = try [Self.pin("renewed"), pin]
      _ = try TLSTestConnection(port: server.port, options)
    }
  }

  @Test func `a chain without a pinned key is refused although it is trusted`() throws {
    let server = try OpenSSLServer()
    var options = try TLSOptions.test()
    options.pins = try [Self.pin("renewed")]
    let failure = try tlsFailure { _ = try TLSTestConnection(port: server.port, options) }
    #expect(failure == .pinMismatch)
    #expect(eventually { server.log.contains("alert") })
  }

  @Test func `without verification only the broker's own key counts`() throws {
    let server = try OpenSSLServer()
    var options = TLSOptions(trust: .file(try TestCertificates.shared().path("ca.pem")))
    options.verifiesChain = false
    options.pins = try [Self.pin("server")]
    _ = try TLSTestConnection(port: server.port, options)
    options.pins = try [Self.pin("ca")]
    let failure = try tlsFailure { _ = try TLSTestConnection(port: server.port, options) }
    #expect(failure == .pinMismatch)
  }

  @Test func `a pin is read from the notations that tools write`() throws {
    let hash: [UInt8] = (0..<32).map { UInt8($0 * 7 & 0xFF) }
    let base64 = "AAcOFRwjKjE4P0ZNVFtiaXB3foWMk5qhqK+2vcTL0tk="
    let hexadecimal = "00070e151c232a31383f464d545b626970777e858c939aa1a8afb6bdc4cbd2d9"
    for text in [base64, "sha256/\(base64)", "sha256//\(base64)", hexadecimal] {
      #expect(TLSOptions.Pin(text)?.sha256 == hash, "\(text)")
    }
    for text in [
      "", "sha256/", String(base64.dropLast()), hexadecimal + "00", "g" + hexadecimal,
      String(base64.dropLast(2)) + "l=", String(repeating: "é", count: 32),
    ] {
      #expect(TLSOptions.Pin(text) == nil, "\(text)")
    }
    #expect(TLSOptions.Pin(sha256: [1]) == nil)
  }
}
