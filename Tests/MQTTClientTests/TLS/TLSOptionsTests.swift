import Testing

@testable import MQTTClient

@Suite struct TLSOptionsTests {
  @Test func `nothing that prints options shows a secret`() {
    var options = TLSOptions(trust: .pem(Array("trusted".utf8)))
    let secret = "hunter2-secret"
    let bytes = Array(secret.utf8)
    options.preSharedKey = TLSOptions.PreSharedKey(identity: secret, key: bytes)
    for certificate: TLSOptions.ClientCertificate in [
      .pem(certificates: .bytes(bytes), key: .bytes(bytes), keyPassword: secret),
      .pkcs12(.bytes(bytes), password: secret),
      .stored(certificates: .bytes(bytes), keyURI: "pkcs11:pin=\(secret)", password: secret),
    ] {
      options.clientCertificate = certificate
      var texts = ["\(options)", String(reflecting: options), "\(certificate)"]
      texts += [String(reflecting: certificate), String(reflecting: options.preSharedKey)]
      for value: Any in [options, certificate, options.preSharedKey as Any] {
        var dumped = ""
        dump(value, to: &dumped)
        texts.append(dumped)
      }
      for text in texts {
        #expect(!text.contains(secret) && !text.contains("\(bytes[0]), \(bytes[1])"), "\(text)")
      }
    }
  }

  @Test func `weak settings stand out in the description`() {
    var options = TLSOptions()
    #expect(
      options.description == "TLSOptions(trust: [platform], versions: TLS 1.2 to TLS 1.3)")
    options.verifiesChain = false
    options.verifiesHostName = false
    options.keyLogFile = "/tmp/keys"
    #expect(
      options.description
        == "TLSOptions(trust: [platform], versions: TLS 1.2 to TLS 1.3, chain NOT verified, "
        + "host name NOT verified, keys LOGGED)")
  }

  @Test func `the safe choice is the default`() {
    let options = TLSOptions()
    #expect(options.trust == [.platform])
    #expect(options.verifiesChain && options.verifiesHostName)
    #expect(options.minimumVersion == .v1_2 && options.maximumVersion == .v1_3)
    #expect(options.keyLogFile == nil)
  }
}
