import Access
import ArgumentParser
import EventLoop
import MQTTClient

/// `mqtt-bridge hash-secret`: what to write into the file of users and API keys.
struct HashSecretCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hash-secret",
    abstract: "Read a password or an API key and print its hash for access_file.",
    discussion: """
      The secret is one line of standard input, so that it stands in no process listing:
        mqtt-bridge hash-secret < password
      With --api-key the hash is for api_keys; a key is long and random, and --new makes one.
      """)

  @Flag(help: "The secret is an API key.")
  var apiKey = false

  @Flag(name: .customLong("new"), help: "Make a new random API key and print it before its hash.")
  var makesNew = false

  func run() throws {
    if makesNew {
      let key = Self.text(try Cryptography.randomBytes(32))
      print("key: \(key)\nhash: \(try APIKeyHash.text(for: key))")
      return
    }
    guard let secret = readLine(strippingNewline: true), !secret.isEmpty else {
      StandardError.write("mqtt-bridge: standard input has no line with a secret\n")
      throw ExitCode(1)
    }
    guard !apiKey else { return print(try APIKeyHash.text(for: secret)) }
    let hash = try PasswordHash.make(
      secret, salt: try Cryptography.randomBytes(PasswordHash.saltBytes))
    print(hash.text)
  }

  /// Letters, digits, hyphens and underscores.
  private static func text(_ bytes: [UInt8]) -> String {
    Base64.encode(bytes[...]).replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }
}
