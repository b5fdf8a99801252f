import TestSupport
import Testing

@testable import MQTTClient

/// Options that cannot be used fail every attempt with a sentence; nothing falls back.
@Suite struct TLSConfigurationTests {
  struct Bad: Sendable, CustomTestStringConvertible {
    let item: TLSFailure.Item
    let sentence: String
    let change: @Sendable (inout TLSOptions, TestCertificates) -> Void
    var testDescription: String { sentence }

    init(
      _ item: TLSFailure.Item, _ sentence: String,
      _ change: @escaping @Sendable (inout TLSOptions, TestCertificates) -> Void
    ) {
      (self.item, self.sentence, self.change) = (item, sentence, change)
    }
  }

  private static let bad = [
    Bad(.trust, "/nowhere/ca.pem: No such file or directory") { options, _ in
      options.trust = [.file("/nowhere/ca.pem")]
    },
    Bad(.trust, "no certificate authority is named") { options, _ in options.trust = [] },
    Bad(.trust, "no certificate is in 0 bytes") { options, _ in options.trust = [.pem([])] },
    Bad(.trust, "no certificate is in 5 bytes") { options, _ in
      options.trust = [.pem(Array("hello".utf8))]
    },
    Bad(.trust, "/dev is not a file") { options, _ in options.trust = [.file("/dev")] },
    Bad(.trust, "/dev/zero is not a file") { options, _ in options.trust = [.file("/dev/zero")] },
    Bad(.trust, "it contains a NUL character") { options, _ in
      options.trust = [.file("/etc/ssl/cert.pem\0")]
    },
    Bad(.trust, "/nowhere: No such file or directory") { options, _ in
      options.trust = [.platform, .directory("/nowhere")]
    },
    Bad(.trust, "is not a directory") { options, files in
      options.trust = [.directory(files.path("ca.pem"))]
    },
    Bad(.trust, "is damaged") { options, files in
      guard let good = try? files.bytes("ca.pem") else { return }
      var damaged = good
      damaged[damaged.count / 2] = UInt8(ascii: "!")
      options.trust = [.pem(good + damaged)]
    },
    Bad(.clientCertificate, "/nowhere: No such file or directory") { options, files in
      options.clientCertificate = .pem(
        certificates: .file("/nowhere"), key: .file(files.path("client.key")))
    },
    Bad(.clientCertificate, "no certificate is in") { options, files in
      options.clientCertificate = .pem(
        certificates: .file(files.path("client.key")), key: .file(files.path("client.key")))
    },
    Bad(.clientKey, "holds no usable key") { options, files in
      options.clientCertificate = .pem(
        certificates: .file(files.path("client.pem")), key: .file(files.path("client.pem")))
    },
    Bad(.clientCertificate, "is no PKCS#12") { options, files in
      options.clientCertificate = .pkcs12(.file(files.path("client.pem")))
    },
    Bad(.revocationLists, "no revocation list is in") { options, files in
      options.revocationLists = [.file(files.path("ca.pem"))]
    },
    Bad(.applicationProtocols, "a protocol name has 1 to 255 bytes, not 0") { options, _ in
      options.applicationProtocols = ["mqtt", ""]
    },
    Bad(.applicationProtocols, "not 256") { options, _ in
      options.applicationProtocols = [String(repeating: "a", count: 256)]
    },
    Bad(.versions, "no version lies from TLS 1.3 to TLS 1.2") { options, _ in
      (options.minimumVersion, options.maximumVersion) = (.v1_3, .v1_2)
    },
    Bad(.cipherList, "no cipher match") { options, _ in options.cipherList = "NONSENSE" },
    Bad(.cipherSuites, "no cipher match") { options, _ in options.cipherSuites = "NONSENSE" },
    Bad(.cipherSuites, "the list is empty") { options, _ in options.cipherSuites = "" },
    Bad(.securityLevel, "6 is not between 0 and 5") { options, _ in options.securityLevel = 6 },
    Bad(.preSharedKey, "an identity has 1 to 255 bytes") { options, _ in
      options.preSharedKey = TLSOptions.PreSharedKey(identity: "", key: [1])
    },
    Bad(.preSharedKey, "a key has 1 to 512 bytes") { options, _ in
      options.preSharedKey = TLSOptions.PreSharedKey(identity: "a", key: [])
    },
    Bad(.provider, "the provider fips does not load") { options, _ in options.provider = .fips() },
    Bad(.provider, "the provider nonsense does not load") { options, _ in
      options.provider = .named(["nonsense"])
    },
    Bad(.provider, "no provider is named") { options, _ in options.provider = .named([]) },
    Bad(.provider, "/nowhere is not usable") { options, _ in
      options.provider = .fips(configurationFile: "/nowhere")
    },
    Bad(.keyLogFile, "/nowhere/keys: No such file or directory") { options, _ in
      options.keyLogFile = "/nowhere/keys"
    },
  ]

  @Test(arguments: bad) func `each unusable option is named with its reason`(bad: Bad) throws {
    var options = try TLSOptions.test()
    bad.change(&options, try TestCertificates.shared())
    let failure = try tlsFailure { _ = try TLSContext(options) }
    guard case .configuration(bad.item, let words) = failure else {
      Issue.record("\(failure)")
      return
    }
    #expect(words.joined(separator: "; ").contains(bad.sentence), "\(words)")
    #expect(failure.description.hasPrefix("the TLS option \(bad.item.rawValue) cannot be used: "))
  }

  @Test(arguments: [
    ("", nil, TLSFailure.Item.serverName), ("a\0b", nil, .serverName),
    ("localhost", "", .serverNameIndication),
    ("localhost", "a\0b", .serverNameIndication),
    ("localhost", String(repeating: "a", count: 256), .serverNameIndication),
  ])
  func `a name that would switch a check off is refused`(
    host: String, indicated: String?, item: TLSFailure.Item
  ) throws {
    var options = try TLSOptions.test()
    if let indicated { options.serverNameIndication = .name(indicated) }
    let failure = try tlsFailure {
      _ = try TLSTransport(over: ClosedTransport(), context: TLSContext(options), host: host)
    }
    guard case .configuration(item, _) = failure else {
      Issue.record("\(failure)")
      return
    }
  }

  @Test func `providers of one's own choice compute the same`() throws {
    let files = try TestCertificates.shared()
    let server = try OpenSSLServer(["-Verify", "1", "-CAfile", files.path("ca.pem")])
    var options = try TLSOptions.test()
    options.provider = .named(["default"], properties: "provider=default")
    options.clientCertificate = .pkcs12(
      .file(files.path("client.p12")), password: TestCertificates.password)
    let connection = try TLSTestConnection(port: server.port, options)
    #expect(try connection.exchange("me") == "em")
  }

  @Test func `each attempt reads the files anew and fails closed while one is broken`() throws {
    let directory = try TemporaryDirectory()
    let files = try TestCertificates.shared()
    let good = String(decoding: try files.bytes("ca.pem"), as: UTF8.self)
    let other = String(decoding: try files.bytes("other.pem"), as: UTF8.self)
    let server = try OpenSSLServer()
    let options = TLSOptions(trust: .file(directory.file("ca.pem")))
    let sessions = TLSSessions()
    func attempt() throws -> Bool {
      let connection = try TLSTestConnection(port: server.port, options, sessions: sessions)
      return try connection.exchange("ab") == "ba"
    }
    try directory.write(good, to: "ca.pem")
    #expect(try attempt())
    try directory.write("broken", to: "ca.pem")
    guard case .configuration(.trust, _) = try tlsFailure({ _ = try attempt() }) else {
      Issue.record("a broken file was used")
      return
    }
    try directory.write(other, to: "ca.pem")
    guard case .untrustedCertificate = try tlsFailure({ _ = try attempt() }) else {
      Issue.record("an authority that is no longer named was trusted")
      return
    }
    try directory.write(good, to: "ca.pem")
    #expect(try attempt())
  }
}
