import Foundation
import MQTTClient

/// Tokens as an issuer makes them, and the secret that the bridge checks them with.
enum TestToken {
  static let secret = "a secret of the tests, and long enough"

  /// A token of HS256; the claims are JSON text without braces, such as `"sub":"alice"`.
  ///
  /// `lifetime` is in seconds from now.
  static func make(
    _ subject: String, lifetime: Int = 3600, grants: String, more: String = ""
  ) throws -> String {
    let expiry = Int(Date.now.timeIntervalSince1970) + lifetime
    let claims =
      #"{"sub":"\#(subject)","aud":"mqtt-bridge","exp":\#(expiry),"mqtt":{\#(grants)}\#(more)}"#
    return try sign(header: #"{"alg":"HS256","typ":"JWT"}"#, claims: claims)
  }

  static func sign(header: String, claims: String, secret: String = secret) throws -> String {
    let signed = encode(Array(header.utf8)) + "." + encode(Array(claims.utf8))
    let signature = try Cryptography.hmacSHA256(
      key: Array(secret.utf8), data: Array(signed.utf8))
    return signed + "." + encode(signature)
  }

  static func encode(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
      .replacing("=", with: "")
  }

  static func header(_ token: String) -> (String, String) { ("Authorization", "Bearer \(token)") }
}
