import TestSupport
import Testing

@testable import MQTTClient

/// Keys that both sides have beforehand, instead of certificates.
@Suite struct TLSPreSharedKeyTests {
  private static func options(_ version: TLSOptions.Version, key: [UInt8]) -> TLSOptions {
    var options = TLSOptions()
    (options.minimumVersion, options.maximumVersion) = (version, version)
    options.preSharedKey = TLSOptions.PreSharedKey(identity: "sensor-7", key: key)
    return options
  }

  private static func server() throws -> OpenSSLServer {
    try OpenSSLServer(
      certificate: nil, ["-psk", "00ff10", "-psk_identity", "sensor-7", "-cipher", "PSK"])
  }

  @Test(arguments: [TLSOptions.Version.v1_2, .v1_3])
  func `both sides know the key, so no certificate is needed`(version: TLSOptions.Version) throws {
    let server = try Self.server()
    let connection = try TLSTestConnection(
      port: server.port, Self.options(version, key: [0x00, 0xFF, 0x10]))
    #expect(try connection.exchange("abc") == "cba")
    #expect(connection.details?.certificateSHA256 == nil)
  }

  @Test(arguments: [TLSOptions.Version.v1_2, .v1_3])
  func `another key fails the handshake`(version: TLSOptions.Version) throws {
    let server = try Self.server()
    let failure = try tlsFailure {
      _ = try TLSTestConnection(port: server.port, Self.options(version, key: [1, 2, 3]))
    }
    guard case .alertReceived = failure else {
      Issue.record("\(failure)")
      return
    }
  }

  @Test func `a server that shows a certificate instead is checked like any other`() throws {
    let server = try OpenSSLServer()
    let failure = try tlsFailure {
      _ = try TLSTestConnection(port: server.port, Self.options(.v1_3, key: [1]))
    }
    guard case .untrustedCertificate = failure else {
      Issue.record("\(failure)")
      return
    }
  }
}
