import MQTTClient

/// Why the probe cannot carry out a request as it was given.
struct ProbeRefusal: Error {
  let error: String
  let detail: String
}

/// Client options from a `connect` request.
enum ProbeOptions {
  static func make(
    _ request: ProbeObject, _ authenticator: ProbeAuthenticator?
  ) throws(ProbeRefusal) -> ClientOptions {
    var options: ClientOptions
    do throws(BrokerURLError) {
      options = try ClientOptions(request.string("uri") ?? "")
    } catch {
      throw ProbeRefusal(error: "uri", detail: error.description)
    }
    var session = options.session
    session.version = request.int("version") == 4 ? .v311 : .v5
    session.clientID = request.string("clientId") ?? ""
    session.cleanStart = request.bool("clean") ?? true
    session.keepAlive = UInt16(clamping: request.int("keepAlive") ?? 60)
    session.username = request.string("username") ?? session.username
    session.password = request.bytes("password") ?? session.password
    session.connect = Connect.Properties(request.object("props"))
    session.will = try request.object("will").map { will throws(ProbeRefusal) in try make(will) }
    session.authenticator = authenticator
    session.packetIDOrder = .ascending
    session.inflightMaximum = 65_535
    session.reconnect = request.bool("reconnect") == true ? .always : .never
    options.session = session
    if let tls = request.object("tls") { options.tls = make(tls) }
    return options
  }

  private static func make(_ will: ProbeObject) throws(ProbeRefusal) -> Will {
    guard let qos = QoS(probe: will.int("qos") ?? 0) else {
      throw ProbeRefusal(error: "invalid", detail: "the will has an unknown QoS")
    }
    var made = Will(
      topic: will.string("topic") ?? "", payload: will.bytes("payload") ?? [], qos: qos,
      isRetained: will.bool("retain") ?? false)
    let properties = will.object("props")
    made.properties = Publish.Properties(properties)
    made.delayInterval = properties?.int("willDelay").map { UInt32(clamping: $0) }
    return made
  }

  private static func make(_ tls: ProbeObject) -> TLSOptions {
    var options = TLSOptions()
    if let path = tls.string("ca") { options.trust = [.file(path)] }
    if let certificate = tls.string("cert"), let key = tls.string("key") {
      options.clientCertificate = .pem(
        certificates: .file(certificate), key: .file(key),
        keyPassword: tls.string("keyPassword"))
    }
    return options
  }
}
