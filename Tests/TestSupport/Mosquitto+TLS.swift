extension Mosquitto.Options {
  /// A listener that shows one of `TestCertificates`, and may ask the client for one.
  package static func secured(
    certificate: String = "server", asksForCertificate: Bool = false
  ) throws -> Self {
    var options = Self()
    options.extraLines = try tlsLines(
      certificate: certificate, asksForCertificate: asksForCertificate)
    return options
  }

  /// A listener whose clients know the key 00ff10 of the identity `sensor-7`.
  package static func sharedKey() throws -> Self {
    let files = try TestCertificates.shared()
    var options = Self()
    options.extraLines = [
      "psk_hint test", "psk_file \(files.path("mosquitto.psk"))", "use_identity_as_username true",
    ]
    return options
  }

  /// What a `listener` line is followed by for TLS.
  package static func tlsLines(
    certificate: String = "server", asksForCertificate: Bool = false
  ) throws -> [String] {
    let files = try TestCertificates.shared()
    let lines = [
      "certfile \(files.path("\(certificate).pem"))", "keyfile \(files.path("\(certificate).key"))",
    ]
    guard asksForCertificate else { return lines }
    return lines + [
      "cafile \(files.path("ca.pem"))", "require_certificate true", "use_identity_as_username true",
    ]
  }
}
