import Access

/// Who may use the bridge, as the settings say it; `AccessLoader` reads the files they name.
struct AccessSettings: Sendable {
  /// The secret that tokens are signed with.
  var jwtSecret: Secret?
  var jwtSecretFile: String?
  var jwtAlgorithm = SecretAlgorithm.hs256
  /// A public key in PEM form.
  var jwtKeyFile: String?
  /// A set of keys in JSON form.
  var jwksFile: String?
  /// Where a set of keys is fetched from.
  var jwksURL: String?
  /// Whom to trust there; nil is whom the system trusts.
  var jwksCAFile: String?
  /// Who must have issued a token; nil is anyone whose key is known.
  var jwtIssuer: String?
  var jwtAudience = "mqtt-bridge"
  /// How far clocks may differ.
  var jwtLeeway = Duration.seconds(30)
  /// Users, API keys and what callers without a credential may do.
  var accessFile: String?
  var allowedOrigins = WordList.none
  var acceptsCookie = false
  var trustedProxies = WordList.none
  var proxyHeader = ProxyChain.Header.xForwardedFor
  /// How fast one caller may publish.
  var publishRate = PublishRate()
  /// How many messages at once.
  var publishBurst = 200
  var streamsPerCaller = 100
  var streamsPerAddress = 50
  /// Signs tickets; nil is a random key for each start.
  var ticketKeyFile: String?
  var ticketTime = Duration.seconds(60)
  var ticketLifetime = Duration.seconds(86_400)

  /// What the files and settings come to.
  var rules = AccessRules()
}

/// What is needed to decide who may do what, read and checked.
struct AccessRules: Sendable {
  var configuration = AccessConfiguration()
  var ring = KeyRing([])

  /// Whether nobody is asked who they are.
  var isOpen: Bool { configuration.isOpen }
}

/// How fast messages may come; `none` is without limit.
struct PublishRate: Equatable, Sendable {
  var rate = Rate(count: 100, seconds: 1)
}

extension PublishRate: SettingValue {
  static var placeholder: String { "RATE" }

  init(settingText text: String) throws(SettingError) {
    if text == "none" || text == "0" {
      self.init(rate: nil)
      return
    }
    guard let rate = Rate(text) else {
      throw SettingError(expected: "a rate such as 100/s, 600/m or 1000/h, or none")
    }
    self.init(rate: rate)
  }

  var settingText: String {
    guard let rate else { return "none" }
    let unit = rate.seconds == 1 ? "s" : rate.seconds == 60 ? "m" : "h"
    return "\(rate.count)/\(unit)"
  }
}

/// Words, in the configuration one text with blanks between them.
struct WordList: Equatable, Sendable {
  var words: [String]

  static let none = WordList(words: [])
}

extension WordList: SettingValue {
  static var placeholder: String { "WORDS" }

  init(settingText text: String) throws(SettingError) {
    let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
    guard !words.isEmpty else { throw SettingError(expected: "words with blanks between, or none") }
    self.init(words: words == ["none"] ? [] : words)
  }

  var settingText: String { words.isEmpty ? "none" : words.joined(separator: " ") }
}

/// What a token is signed with that is signed with a secret.
enum SecretAlgorithm: String, SettingChoice {
  case hs256 = "HS256"
  case hs384 = "HS384"
  case hs512 = "HS512"

  var word: String { rawValue }

  var signature: JWSAlgorithm {
    switch self {
    case .hs256: .hs256
    case .hs384: .hs384
    case .hs512: .hs512
    }
  }
}

extension ProxyChain.Header: SettingChoice {
  var word: String { rawValue }
}
