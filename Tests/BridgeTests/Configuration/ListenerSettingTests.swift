import HTTPFront
import TestSupport
import Testing

@testable import Bridge

@Suite struct ListenerSettingTests {
  private func problems(_ flags: [SettingKey: String]) -> [String] {
    do throws(ConfigurationProblems) {
      _ = try ConfigurationLoader.load(flags: flags, file: nil, environment: [:])
      return []
    } catch {
      return error.list.map(\.description)
    }
  }

  private func files(_ certificate: String = "server.pem", _ key: String = "server.key") throws
    -> [SettingKey: String]
  {
    let files = try TestCertificates.shared()
    return [.tlsCertificate: files.path(certificate), .tlsKey: files.path(key)]
  }

  private func all(_ flags: [SettingKey: String]...) -> [SettingKey: String] {
    flags.reduce([:]) { $0.merging($1) { $1 } }
  }

  @Test(arguments: [
    "127.0.0.1:8080", "http://127.0.0.1:8080", "https://[::1]:8443", "unix:/run/b.sock",
    "127.0.0.1:1 https://127.0.0.1:2 unix:/run/b.sock",
  ])
  func `addresses are read and written`(text: String) throws {
    #expect(try ListenAddresses(settingText: text).settingText == text)
  }

  @Test(arguments: [
    "", " ", "8080", "ftp://127.0.0.1:1", "https://", "unix:", "unix:b.sock", "unix:/",
    "127.0.0.1:1,127.0.0.1:2", "127.0.0.1:1 nonsense", "https://127.0.0.1:1/path",
  ])
  func `what is no address is refused`(text: String) {
    #expect(throws: SettingError.self) { try ListenAddresses(settingText: text) }
  }

  @Test(arguments: [("0660", 0o660), ("600", 0o600), ("0777", 0o777)])
  func `permissions are octal`(text: String, bits: UInt32) throws {
    #expect(try FileMode(settingText: text).bits == bits)
  }

  @Test(arguments: ["66", "0888", "1777", "rw-", "+660", "07777"])
  func `what is no permission is refused`(text: String) {
    #expect(throws: SettingError.self) { try FileMode(settingText: text) }
  }

  @Test func `TLS is spoken where the address says so, or where there is a certificate`() throws {
    let listen = "127.0.0.1:1 http://127.0.0.1:2 https://127.0.0.1:3 unix:/run/b.sock"
    let loaded = try ConfigurationLoader.load(
      flags: all(files(), [.listen: listen]), file: nil, environment: [:])
    let http = loaded.configuration.http
    #expect(http.identity != nil)
    let secure = http.listen.list.map { $0.isSecure(withCertificate: true) }
    #expect(secure == [true, false, true, false])
    #expect(
      http.listen.list.map { $0.isSecure(withCertificate: false) } == [false, false, true, false])
    // The key is nowhere in what is printed.
    #expect(!loaded.report.contains("PRIVATE") && !"\(http)".contains("PRIVATE"))
  }

  @Test func `every address must be on this machine as long as nobody logs in`() {
    let found = problems([.listen: "127.0.0.1:1 10.0.0.1:2 unix:/run/b.sock https://0.0.0.0:3"])
    #expect(found.count == 3, "\(found)")
    #expect(found.count { $0.contains("no authentication is configured") } == 2)
    #expect(found.count { $0.contains("needs the settings tls_certificate") } == 1)
  }

  @Test(arguments: [
    "127.0.0.1:7 127.0.0.1:7", "http://127.0.0.1:7 127.0.0.1:7", "unix:/a unix:/a",
  ])
  func `an address is there once`(listen: String) {
    let found = problems([.listen: listen])
    #expect(found.count == 1 && found.allSatisfy { $0.contains("twice") }, "\(found)")
  }

  @Test func `the admin server needs an address of its own`() {
    let found = problems([.listen: "127.0.0.1:1 127.0.0.1:2", .adminListen: "127.0.0.1:2"])
    #expect(found.count == 1 && found.allSatisfy { $0.hasPrefix("--admin-listen") }, "\(found)")
    #expect(problems([.listen: "127.0.0.1:0 127.0.0.1:0", .adminListen: "127.0.0.1:0"]) == [])
  }

  @Test func `what is missing beside a setting of TLS is named`() throws {
    let names = try files()
    let (certificate, key) = (names[.tlsCertificate] ?? "", names[.tlsKey] ?? "")
    let ca = try TestCertificates.shared().path("ca.pem")
    let cases: [([SettingKey: String], String)] = [
      ([.tlsCertificate: certificate], "--tls-certificate: needs tls_key"),
      ([.tlsKey: key], "--tls-key: needs tls_certificate"),
      ([.tlsClientCA: ca], "--tls-client-ca: needs tls_certificate"),
      ([.tlsClientCertificates: "optional"], "--tls-client-certificates: needs tls_certificate"),
      (all(names, [.tlsClientCA: ca]), "--tls-client-ca: no client is asked"),
      (
        all(names, [.tlsClientCertificates: "required"]),
        "--tls-client-certificates: needs tls_client_ca"
      ),
      (all(names, [.listen: "http://127.0.0.1:1 unix:/a"]), "no address of listen speaks TLS"),
      ([.listen: "https://127.0.0.1:1"], "needs the settings tls_certificate and tls_key"),
    ]
    for (flags, expected) in cases {
      let found = problems(flags)
      #expect(found.count == 1 && found.allSatisfy { $0.contains(expected) }, "\(found)")
    }
  }

  @Test func `what is wrong with a file is told`() throws {
    let folder = try TemporaryDirectory()
    let junk = try folder.write("no certificate\n", to: "junk.pem")
    let cases: [([SettingKey: String], String)] = [
      (try all(files(), [.tlsCertificate: "/no/such.pem"]), "--tls-certificate: the file"),
      (try all(files(), [.tlsKey: "/no/such.key"]), "--tls-key: the file"),
      (try all(files(), [.tlsCertificate: junk]), "--tls-certificate: "),
      (try files("server.pem", "client-encrypted.key"), "a password is not possible"),
      (try files("server.pem", "renewed.key"), "--tls-key: the key is not that of"),
      (
        try all(files(), [.tlsClientCA: junk, .tlsClientCertificates: "optional"]),
        "--tls-client-ca: "
      ),
    ]
    for (flags, expected) in cases {
      let found = problems(flags)
      #expect(found.count == 1 && found.allSatisfy { $0.contains(expected) }, "\(found)")
    }
  }
}
