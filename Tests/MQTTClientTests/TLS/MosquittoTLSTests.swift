import TestSupport
import Testing

@testable import MQTTClient

/// Against a real broker: it answers CONNECT with CONNACK over TLS.
@Suite struct MosquittoTLSTests {
  /// An MQTT 5 CONNECT without client identifier.
  private static let connect: [UInt8] =
    [0x10, 13, 0, 4] + Array("MQTT".utf8) + [5, 2, 0, 60, 0, 0, 0]

  private func connects(_ broker: Mosquitto, _ options: TLSOptions) throws -> TLSDetails? {
    let connection = try TLSTestConnection(port: broker.port, options)
    var answer = try connection.send(Self.connect)
    answer += try connection.receive(4 - answer.count)
    // Reason code 0 after the flags of CONNACK.
    #expect(answer.first == 0x20 && answer.dropFirst(2).prefix(2) == [0, 0], "\(answer)")
    return connection.details
  }

  @Test(arguments: [TLSOptions.Version.v1_2, .v1_3])
  func `the broker's certificate is checked and MQTT flows`(version: TLSOptions.Version) throws {
    let broker = try Mosquitto(.secured())
    var options = try TLSOptions.test()
    (options.minimumVersion, options.maximumVersion) = (version, version)
    #expect(try connects(broker, options)?.certificateSHA256 != nil)
  }

  @Test(arguments: ["client.key", "client-encrypted.key", "client.p12"])
  func `the broker takes the client's name from its certificate`(key: String) throws {
    let broker = try Mosquitto(.secured(asksForCertificate: true))
    let files = try TestCertificates.shared()
    var options = try TLSOptions.test()
    let password = TestCertificates.password
    options.clientCertificate =
      key == "client.p12"
      ? .pkcs12(.file(files.path(key)), password: password)
      : .pem(
        certificates: .file(files.path("client.pem")), key: .file(files.path(key)),
        keyPassword: password)
    _ = try connects(broker, options)
    #expect(eventually { broker.log.contains { $0.contains("u'Test client'") } })
  }

  @Test func `a broker that wants a certificate refuses a client without one`() throws {
    let broker = try Mosquitto(.secured(asksForCertificate: true))
    #expect(throws: (any Error).self) { try connects(broker, .test()) }
  }

  @Test(arguments: [TLSOptions.Version.v1_2, .v1_3])
  func `a pre-shared key takes the place of certificates`(version: TLSOptions.Version) throws {
    let broker = try Mosquitto(.sharedKey())
    var options = TLSOptions()
    options.maximumVersion = version
    options.preSharedKey = TLSOptions.PreSharedKey(identity: "sensor-7", key: [0, 0xFF, 0x10])
    #expect(try connects(broker, options)?.certificateSHA256 == nil)
    #expect(eventually { broker.log.contains { $0.contains("u'sensor-7'") } })
    options.preSharedKey?.key = [1]
    #expect(throws: (any Error).self) { try connects(broker, options) }
  }
}
