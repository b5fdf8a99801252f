import FoundationEssentials
import JWTKit
import Testing

@testable import Access

/// Keys of tests, and tokens that are signed with them.
enum TestKeys {
  static let secret = Array(
    "a secret of forty-eight bytes, or a little more than that: 64 bytes".utf8)

  static let rsaPrivate = """
    -----BEGIN PRIVATE KEY-----
    MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQCzThfqbP7y7z/L
    zZ7RaHK8cakes3OTe3AL7vGZ1y8X6H4/MJWUdABRvA8lCaZNVVajjG4bdWb7fwZ3
    c1MfvfAdkZkKVODtEypwo2Udkckk3OIakKfPyTs2xVM6EjA6dJu4Pd27EhBdn8iE
    FDJtw4maV3raDgOKcXnH4wvwfLnwR0U3buSgMS3mj1WUEAJYvVD+Mj8KhbZ2d02Q
    IFx/l5RxtBYvpW/cIluB7yuvvh9qhbi7hALotD6uwnLh9DMkKjmkZNGe70o1/+D3
    J7dTrwzAsZ8jd7igJIUL0nv/Nn5dPIpXJ8TQKNeG+x7UamQCh7ckgG9L2vf4Fyzk
    rafXebMFAgMBAAECggEAOSrZ5y0vMAdlwLXjQALcKgbXE+nFHK2LcNKTByibZDUF
    I2J7HmTJwUWDUpy8AAYIZIaeiHSrC95ZEnabdxBY4SSNtcSQHiYxLs55q67SgcVG
    9Y9PYalYDsNlIKux4sFQ8LIQ4tcEjsUl6i6CUYq5cZMYoTM8n8REPp2+LcOmiNu2
    LvpD+ocY2FBE0QBmiRNjjjFqj1RMrRuxjKhswO5mleqAS9Tp+qdydkOzd/BuR5qK
    yQZqqOGogtp/rx3OidOk645I7Of3E+rm+efA2ueqf0wpBQlDPZCARj74biOgqN10
    bhyLzP8s5Kc30IPxXC1s1XH92Q/t+xdxMvcbMX6X9QKBgQD4grRl68l3Oh0y0ROk
    wRA+N0mzqhz9zdSYJRb2I6ufIySHeCitZZaVSx/ATns10b9Wbn6ikYh4r/t6oQT8
    DV9RPavnH5tm9xGayBaslE8t3b6UgMboOQu2P0h6nvF2h0dL+0ECeENVrCA1NkHP
    Ry0HDFLy37z0JyfXct3AHi77GwKBgQC4tXVF7sV+/AT7xfj6P+SwQO+d4TzfTtaM
    yXxUDPUXeRwn4kSQL+8cI5j2uSs3Bv5k50375arCAdPpygA2a3AHDXpp/JD2eGEf
    i1NQhn7c1CQnpSygcHXcmPfxtGnykq6rg9ekPxZIYlVc6O8PhGuLzm/GzUz8ztKJ
    46bJUePMXwKBgQCDPevtw7dzSvKuqrJYGUntwZ8fzmBfPbvf2f6lYTM66QFatf+t
    i3AaSkFre0cgpjQJfnNMgdVz/2StX6pVPu6u5gYKGqwklajreG5ZGD40t931aYki
    jTX9OrCZaaWV9l2V6AxuNHtDHJMp5wycXjeOeFi6QaT1wFQPOW+ZDZe8LwKBgAi9
    ZVAqzSOGD0JOispkjZCdcfkZeETkuRguTHi5qDs1GtT0SuQ7sGe3c3xxJI9VAGKL
    40/A/URyy7ErQrlQehuLUriDH+TZq1bPw+ByjLwsOY26rhLlX15RyqGgNMcqk6M/
    +MsnxQklxf5Ac1dbn68c1IMmobbwnlux7ullu46nAoGBAIgbYaS6Ffx6Tg7iCe5R
    zH63fEsKkUJqTx63xtX5CWRX312tOMJORPD1ojy/MxSVZSDwQBCium94bNzMKzQO
    UoVBSStck7bVWUg4qkAY8RacO6blLFS4dvlAqP26Vf0GzzedfQhFLctpuRcSY8Fl
    CYDNIhPROcW9KP1rWxwyiKL0
    -----END PRIVATE KEY-----
    """

  static let rsaPublic = """
    -----BEGIN PUBLIC KEY-----
    MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAs04X6mz+8u8/y82e0Why
    vHGpHrNzk3twC+7xmdcvF+h+PzCVlHQAUbwPJQmmTVVWo4xuG3Vm+38Gd3NTH73w
    HZGZClTg7RMqcKNlHZHJJNziGpCnz8k7NsVTOhIwOnSbuD3duxIQXZ/IhBQybcOJ
    mld62g4DinF5x+ML8Hy58EdFN27koDEt5o9VlBACWL1Q/jI/CoW2dndNkCBcf5eU
    cbQWL6Vv3CJbge8rr74faoW4u4QC6LQ+rsJy4fQzJCo5pGTRnu9KNf/g9ye3U68M
    wLGfI3e4oCSFC9J7/zZ+XTyKVyfE0CjXhvse1GpkAoe3JIBvS9r3+Bcs5K2n13mz
    BQIDAQAB
    -----END PUBLIC KEY-----
    """

  static let rsaCertificate = """
    -----BEGIN CERTIFICATE-----
    MIIC+zCCAeOgAwIBAgIURiXPryw5tnhboUbrNH80N3IVbQowDQYJKoZIhvcNAQEL
    BQAwDDEKMAgGA1UEAwwBeDAgFw0yNjExMjMxMjQ2MTdaGA8yMTI2MTAzMDEyNDYx
    N1owDDEKMAgGA1UEAwwBeDCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEB
    ALNOF+ps/vLvP8vNntFocrxxqR6zc5N7cAvu8ZnXLxfofj8wlZR0AFG8DyUJpk1V
    VqOMbht1Zvt/BndzUx+98B2RmQpU4O0TKnCjZR2RySTc4hqQp8/JOzbFUzoSMDp0
    m7g93bsSEF2fyIQUMm3DiZpXetoOA4pxecfjC/B8ufBHRTdu5KAxLeaPVZQQAli9
    UP4yPwqFtnZ3TZAgXH+XlHG0Fi+lb9wiW4HvK6++H2qFuLuEAui0Pq7CcuH0MyQq
    OaRk0Z7vSjX/4Pcnt1OvDMCxnyN3uKAkhQvSe/82fl08ilcnxNAo14b7HtRqZAKH
    tySAb0va9/gXLOStp9d5swUCAwEAAaNTMFEwHQYDVR0OBBYEFMnid4NE0vz8Eumk
    njAkrN7GcYKBMB8GA1UdIwQYMBaAFMnid4NE0vz8EumknjAkrN7GcYKBMA8GA1Ud
    EwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEBAJr75gpxgtHHC6hRqujYQeFe
    ayoj+weJxK6H38D/rqpKqJBOOh5NJml1+CsFR7FS+nUGbEItZS66hgi7gBOmrAKz
    41eZhrXrbGwNretSTFf6+x6YGHWcPxlcIuLaVEK/1c0NbsXGiQdkMfLsr1E+low2
    xaO82ycGucFNzQHm09KHHosDC2+NUBTtPYlSrvj8MdJR6tcRsz9evCb88i0O7aDx
    r9Gbw3WVXbt7etzB5ahn7WM31QQQ5tdb0A7HpxtzmaXZH2WlT6DiTwA0jD+31oIQ
    3AObcTGFqINgPmu5Q8hClUVT0o3SBn6BFAF35AfVVxvBwwmoHf5ys7wIHPDXqaM=
    -----END CERTIFICATE-----
    """

  static let p256 = ES256PrivateKey()
  static let p384 = ES384PrivateKey()
  static let p521 = ES512PrivateKey()

  /// A private key for each algorithm, for signing.
  static func signer(_ algorithm: JWSAlgorithm) async throws -> any JWTAlgorithm {
    let collection = JWTKeyCollection()
    let digest: DigestAlgorithm =
      switch algorithm.rawValue.suffix(3) {
      case "384": .sha384
      case "512": .sha512
      default: .sha256
      }
    switch algorithm.family {
    case .secret: await collection.add(hmac: HMACKey(from: secret), digestAlgorithm: digest)
    case .rsa:
      let key = try Insecure.RSA.PrivateKey(pem: rsaPrivate)
      if algorithm.rawValue.hasPrefix("PS") {
        await collection.add(pss: key, digestAlgorithm: digest)
      } else {
        await collection.add(rsa: key, digestAlgorithm: digest)
      }
    case .p256: await collection.add(ecdsa: p256)
    case .p384: await collection.add(ecdsa: p384)
    case .p521: await collection.add(ecdsa: p521)
    case .ed25519: await collection.add(eddsa: edwards)
    }
    return try await collection.getKey()
  }

  static let edwards: EdDSA.PrivateKey = {
    // 32 bytes of zeros are a key like any other.
    do { return try EdDSA.PrivateKey(d: String(repeating: "A", count: 43), curve: .ed25519) } catch
    {
      fatalError("\(error)")
    }
  }()

  /// The public half, as it is configured.
  static func source(_ algorithm: JWSAlgorithm, id: String? = nil) throws -> KeySource {
    switch algorithm.family {
    case .secret: .secret(secret, id: id, algorithm: algorithm)
    case .rsa: .pem(rsaPublic, id: id, algorithm: algorithm)
    case .p256: .pem(p256.publicKey.pemRepresentation, id: id, algorithm: algorithm)
    case .p384: .pem(p384.publicKey.pemRepresentation, id: id, algorithm: algorithm)
    case .p521: .pem(p521.publicKey.pemRepresentation, id: id, algorithm: algorithm)
    case .ed25519: .pem(edwards.publicKey.pemRepresentation, id: id, algorithm: algorithm)
    }
  }

  /// Signs any header and payload, also ones that no library would make.
  static func token(
    header: String, payload: String, _ algorithm: JWSAlgorithm = .hs256
  ) async throws -> String {
    let signed = Base64URL.encoded(header.utf8) + "." + Base64URL.encoded(payload.utf8)
    let signature = try await signer(algorithm).sign(Array(signed.utf8))
    return signed + "." + Base64URL.encoded(signature)
  }

  /// Claims that a default policy accepts at `now`.
  static let now: Int64 = 1_700_000_000
  static let claims =
    #"{"aud":"mqtt-bridge","sub":"alice","exp":1700000100,"mqtt":{"publish":["home/${sub}/#"]}}"#

  static func token(_ claims: String = claims, _ algorithm: JWSAlgorithm = .hs256) async throws
    -> String
  {
    try await token(header: #"{"alg":"\#(algorithm.rawValue)"}"#, payload: claims, algorithm)
  }
}
