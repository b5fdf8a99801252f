import TestSupport
import Testing

@testable import MQTTClient

/// Sessions that are taken up by the next connection, and when that must not happen.
@Suite struct TLSResumptionTests {
  private let sessions = TLSSessions()

  /// Connects and exchanges a line, after which the broker's ticket has come.
  private func connect(_ server: OpenSSLServer, _ options: TLSOptions) throws -> TLSDetails? {
    let connection = try TLSTestConnection(port: server.port, options, sessions: sessions)
    _ = try connection.exchange("hello")
    return connection.details
  }

  @Test(arguments: [TLSOptions.Version.v1_2, .v1_3])
  func `each connection resumes the one before`(version: TLSOptions.Version) throws {
    let server = try OpenSSLServer()
    var options = try TLSOptions.test()
    options.maximumVersion = version
    #expect(try connect(server, options)?.isResumed == false)
    #expect(try connect(server, options)?.isResumed == true)
    #expect(try connect(server, options)?.isResumed == true)
  }

  @Test func `nothing is resumed when that is switched off or a fresh proof is wanted`() throws {
    let files = try TestCertificates.shared()
    let server = try OpenSSLServer(["-status_file", files.path("good.ocsp")])
    var off = try TLSOptions.test()
    off.resumesSessions = false
    var stapled = try TLSOptions.test()
    stapled.requiresOCSPStapling = true
    for options in [off, stapled] {
      #expect(try connect(server, options)?.isResumed == false)
      #expect(try connect(server, options)?.isResumed == false)
    }
  }

  @Test func `other options, another name or changed files begin anew`() throws {
    let directory = try TemporaryDirectory()
    let files = try TestCertificates.shared()
    let authorities = String(decoding: try files.bytes("ca.pem"), as: UTF8.self)
    let path = try directory.write(authorities, to: "authorities.pem")
    let server = try OpenSSLServer()
    var options = TLSOptions(trust: .file(path))
    #expect(try connect(server, options)?.isResumed == false)
    options.serverName = "broker.test"
    #expect(try connect(server, options)?.isResumed == false)
    options.serverName = nil
    options.trust.append(.platform)
    #expect(try connect(server, options)?.isResumed == false)
    options.trust.removeLast()
    #expect(try connect(server, options)?.isResumed == true)
    try directory.write(authorities + authorities, to: "authorities.pem")
    #expect(try connect(server, options)?.isResumed == false)
  }

  @Test func `a broker that has forgotten the session makes a new one`() throws {
    let first = try OpenSSLServer()
    let second = try OpenSSLServer()
    #expect(try connect(first, .test())?.isResumed == false)
    #expect(try connect(second, .test())?.isResumed == false)
  }

  @Test func `damaged sessions are left alone, and old ones make room`() throws {
    let server = try OpenSSLServer()
    let context = try TLSContext(.test())
    let key = TLSAttempt(context, name: "localhost").sessionKey
    sessions.keep([1, 2, 3], for: key)
    #expect(try connect(server, .test())?.isResumed == false)
    let kept = TLSSessions()
    for index in 0...TLSSessions.countMax {
      kept.keep(
        [UInt8(index)],
        for: TLSSessions.Key(host: "\(index)", options: TLSOptions(), fingerprint: []))
    }
    let oldest = TLSSessions.Key(host: "0", options: TLSOptions(), fingerprint: [])
    let newest = TLSSessions.Key(host: "16", options: TLSOptions(), fingerprint: [])
    #expect(kept.take(for: oldest) == nil)
    #expect(kept.take(for: newest) == [16])
    #expect(kept.take(for: newest) == nil)
  }
}
