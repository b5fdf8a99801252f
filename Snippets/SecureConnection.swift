// Everything that a production client usually sets: TLS, a will, limits, credentials that are renewed.
import MQTTClient

/// Where a token comes from in your system.
func freshToken() async throws -> String { "token" }

var options = try ClientOptions("mqtts://broker.example?client_id=meter-7")
options.tls.trust = [.platform, .file("/etc/ssl/our-ca.pem")]
options.tls.clientCertificate = .pem(
  certificates: .file("/etc/meter/cert.pem"), key: .file("/etc/meter/key.pem"))
options.session.keepAlive = 30
options.session.will = Will(
  topic: "meters/7/state", payload: Bytes("lost".utf8), qos: .atLeastOnce, isRetained: true)
options.session.delivery.queuedBytesMaximum = 8 << 20
options.session.delivery.overflow = .dropOldest
options.prepareAttempt = { attempt in
  var attempt = attempt
  attempt.username = "meter-7"
  attempt.password = Bytes(try await freshToken().utf8)
  return attempt
}

let client = try MQTTClient(options)
for await event in client.events {
  print(event)
  if event == .stopped { break }
}
