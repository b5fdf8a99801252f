import EventLoop

@testable import MQTTClient

/// Every public value of the client that can hold a secret, with the secret in each such place.
enum SecretValues {
  private static let text = Secret.text
  private static let bytes = Secret.bytes

  static var all: [any Sendable] { options + packets + clientValues + failures }

  static var broker: BrokerURL {
    get throws {
      try BrokerURL("mqtts://\(text):\(text)@broker.example:8883?proxy=http://\(text):\(text)@p:1")
    }
  }

  static var proxy: ProxyOptions {
    var proxy = ProxyOptions(.http, host: "proxy.example", port: 3128)
    proxy.username = text
    proxy.password = text
    proxy.tls = tls
    return proxy
  }

  static var session: SessionOptions {
    var session = SessionOptions(clientID: "c")
    session.username = text
    session.password = bytes[...]
    session.will = will
    session.authenticator = authenticator
    session.connect.authenticationMethod = "SCRAM-SHA-256"
    session.connect.authenticationData = bytes[...]
    session.authenticator = ScramSHA256Authenticator(username: text, password: text)
    return session
  }

  private static var authenticator: ScramSHA256Authenticator {
    ScramSHA256Authenticator(username: text, password: text)
  }

  static var webSocket: WebSocketOptions {
    var webSocket = WebSocketOptions()
    webSocket.headers = [HTTPHeader("Authorization", "Bearer \(text)")]
    webSocket.path = "/mqtt?token=\(text)"
    webSocket.prepare = { $0 }
    return webSocket
  }

  static var tls: TLSOptions {
    var tls = TLSOptions()
    tls.clientCertificate = .pem(
      certificates: .file("chain.pem"), key: .bytes(bytes), keyPassword: text)
    tls.preSharedKey = TLSOptions.PreSharedKey(identity: text, key: bytes)
    return tls
  }

  static var client: ClientOptions {
    get throws {
      var options = ClientOptions(broker: try broker, session: session)
      options.proxy = proxy
      options.tls = tls
      options.webSocket = webSocket
      let captured = text
      options.trace = PacketTrace { _ in _ = captured }
      options.connector = { _ in captured.isEmpty ? -1 : -1 }
      options.prepareAttempt = { $0 }
      return options
    }
  }

  private static var will: Will { Will(topic: "will", payload: bytes[...]) }

  private static var properties: Publish.Properties {
    var properties = Publish.Properties()
    properties.correlationData = bytes[...]
    return properties
  }

  private static var publish: Publish {
    Publish(
      topic: "t", payload: bytes[...], qos: .atLeastOnce, packetID: 1, properties: properties)
  }

  private static var options: [any Sendable] {
    var values: [any Sendable] = [
      session, authenticator, proxy, webSocket, webSocket.headers, tls, will,
      TLSOptions.ClientCertificate.pkcs12(.bytes(bytes), password: text),
      TLSOptions.Material.bytes(bytes), TLSOptions.TrustAnchors.pem(bytes),
      WebSocketRequest(
        host: "h", port: 1, path: "/mqtt?token=\(text)", headers: webSocket.headers),
    ]
    if let key = tls.preSharedKey { values.append(key) }
    if let broker = try? broker { values.append(broker) }
    if let client = try? client {
      values.append(client)
      values.append(
        ConnectAttempt(number: 1, lastFailure: nil, options: client))
    }
    return values
  }

  private static var packets: [any Sendable] {
    let connect = Connect(
      version: .v5, clientID: "c", cleanStart: true, keepAlive: 0, username: text,
      password: bytes[...], will: will, properties: session.connect)
    var answer = ConnectAck.Properties()
    answer.authenticationData = bytes[...]
    let ack = ConnectAck(sessionPresent: false, reasonCode: .success, properties: answer)
    let auth = Auth(
      .continueAuthentication, authenticationMethod: "m", authenticationData: bytes[...])
    return [
      connect, ack, auth, publish, Packet.connect(connect), Packet.connectAck(ack),
      Packet.auth(auth), Packet.publish(publish), LinkEvent.up(ack),
      LinkEvent.delivered(
        publish, AckToken(epoch: 0, serial: 0, packetID: 1, qos: .atLeastOnce)),
      PublishRequest(key: 1, publish: publish),
    ]
  }

  private static var clientValues: [any Sendable] {
    let message = Message("t", payload: bytes, properties: properties)
    var answer = ConnectAck.Properties()
    answer.authenticationData = bytes[...]
    let ack = ConnectAck(sessionPresent: false, reasonCode: .success, properties: answer)
    let info = ConnectionInfo(clientID: "c", answer: ack)
    var values: [any Sendable] = [
      message, PublishOptions(properties: properties), ConnectionEvent.message(message),
      ClientEvent.connected(info), ClientState.connected(info),
      ConnectionEvent.client(.connected(info)),
    ]
    if let client = try? client {
      values.append(LinkObservations(servers: client.servers.map(\.description)).diagnostics)
    }
    return values
  }

  private static var failures: [any Sendable] {
    var values: [any Sendable] = []
    for url in [
      "mqtt://\(text):%zz@h", "mqtt://\(text)@", "mqtt://u:\(text)@h:99999", "mqtt://\(text)@h h",
      "mqtt://h?password=\(text)&password=\(text)", "mqtt://h?keep_alive=\(text)",
      "mqtt://\(text):\(text)@h/\(text)#\(text)", "mqtt://\(text):\(text)@h?\(text)%zz",
    ] {
      do throws(BrokerURLError) {
        values.append(try BrokerURL(url))
      } catch {
        values.append(error)
        values.append(ProxyURLError.authority(error))
      }
    }
    for url in ["http://\(text):%zz@h", "ftp://\(text)@h", "http://\(text):\(text)@h/\(text)"] {
      do throws(ProxyURLError) {
        values.append(try ProxyOptions(url))
      } catch {
        values.append(error)
      }
    }
    return values
  }
}
