import ArgumentParser

/// The program's command line.
struct BridgeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mqtt-bridge",
    abstract: "Publish to an MQTT broker by HTTP, and receive its messages as server-sent events.",
    discussion: """
      Every setting can be given as a flag (--ack-wait 5s), as a variable of the
      environment (MQTT_BRIDGE_ACK_WAIT=5s) or in a YAML file (ack_wait: 5s). The
      first of them that has a value wins.

      TIME is a whole number of seconds, or one with ms, s, m, h or d: 500ms, 7d.
      SIZE is a number of bytes, or one with KiB, MiB, GiB or TiB: 64MiB.

      The broker's URL says how to reach it: mqtt://host, mqtts://host for TLS, ws://
      and wss://host/path for WebSocket, unix:///path/of/socket, mqtt+srv://domain and
      mqtts+srv://domain for DNS SRV. Its query sets options, percent-encoded:
      mqtts://host?tls_ca_file=/etc/ca.pem&tls_certificate=/etc/bridge.pem

      "mqtt-bridge serve --help" lists all settings, "mqtt-bridge check-config"
      shows their values. SIGTERM and SIGINT stop the bridge gracefully; a second
      signal stops it at once. SIGHUP reads the configuration again: what is
      marked Reloadable changes without dropping a stream, the rest is named in the
      log and changes at the next start. A configuration with a problem changes
      nothing.
      """,
    version: "mqtt-bridge \(BridgeVersion.current)",
    subcommands: [
      ServeCommand.self, CheckConfigCommand.self, HealthCommand.self, HashSecretCommand.self,
      StoreCommand.self, PubCommand.self, SubCommand.self, RequestCommand.self, BenchCommand.self,
    ],
    defaultSubcommand: ServeCommand.self)
}
