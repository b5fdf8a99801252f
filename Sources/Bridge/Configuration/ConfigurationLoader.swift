import FoundationEssentials
import MQTTClient

/// Brings flags, environment and file together: the first of them that has a value wins.
///
/// Everything that is wrong is reported at once, not only the first problem.
struct ConfigurationLoader {
  private var layers: [ConfigurationLayer] = []
  var configuration = BridgeConfiguration()
  private var sources: [SettingKey: SettingSource] = [:]
  var problems: [ConfigurationProblem] = []
  private var webhooksPlace = ""

  /// The configuration in effect.
  ///
  /// The file is the given one, or else the one that the environment names, or else none.
  static func load(
    flags: [SettingKey: String], file: String?, environment: [String: String]
  ) throws(ConfigurationProblems) -> LoadedConfiguration {
    var loader = ConfigurationLoader()
    loader.addLayers(flags, file, environment)
    loader.applyValues()
    loader.applyBrokerItems()
    loader.readPasswordFile()
    loader.checkLogin()
    loader.readAccess()
    loader.checkListeners()
    loader.readWebhooks(loader.webhooksPlace)
    guard loader.problems.isEmpty else { throw ConfigurationProblems(list: loader.problems) }
    return LoadedConfiguration(loader.configuration, sources: loader.sources)
  }

  private mutating func addLayers(
    _ flags: [SettingKey: String], _ file: String?, _ environment: [String: String]
  ) {
    let own = environment.filter { $0.key.hasPrefix(SettingKey.variablePrefix) }
    let known = Set(SettingKey.allCases.map(\.variable) + [SettingKey.configVariable])
    for name in own.keys.sorted() where !known.contains(name) {
      problems.append(ConfigurationProblem(.variable(name), "unknown variable"))
    }
    layers = [ConfigurationLayer(flags: flags), ConfigurationLayer(environment: own)]
    let named = own[SettingKey.configVariable].flatMap { $0.isEmpty ? nil : $0 }
    guard let path = file ?? named else { return }
    do throws(ConfigurationProblems) {
      let file = try ConfigurationFile(path: path)
      problems += file.problems
      configuration.webhooks = file.webhooks
      webhooksPlace = file.webhooksPlace
      if let layer = file.layer { layers.append(layer) }
    } catch {
      problems += error.list
    }
  }

  private mutating func applyValues() {
    for setting in SettingCatalogue.all {
      guard let (text, source) = firstValue(of: setting.key) else { continue }
      sources[setting.key] = source
      do throws(SettingError) {
        try setting.apply(text, to: &configuration)
      } catch {
        // A broker's URL and a password can hold secrets, so no refused value is repeated for them.
        let isShown = !setting.isSecret && setting.key != .broker
        let message = "must be \(error.expected)" + (isShown ? ", not \"\(text)\"" : "")
        problems.append(ConfigurationProblem(source, message))
      }
    }
  }

  /// What the broker's URL says about a setting counts as the setting, which may then not be given.
  private mutating func applyBrokerItems() {
    let (url, place) = (configuration.mqtt.broker, source(of: .broker))
    let session = ClientOptions(broker: url, session: SessionOptions(clientID: "")).session
    for twin in BrokerItems.twins where url.itemNames.contains(twin.item) {
      guard sources[twin.key] == nil else {
        let message = "the option '\(twin.item)' is also in the broker's URL; give it once"
        problems.append(ConfigurationProblem(source(of: twin.key), message))
        continue
      }
      do throws(SettingError) {
        try SettingCatalogue.setting(twin.key).apply(twin.text(session), to: &configuration)
        sources[twin.key] = place
      } catch {
        let message = "the option '\(twin.item)' must be \(error.expected)"
        problems.append(ConfigurationProblem(place, message))
      }
    }
  }

  private mutating func firstValue(of key: SettingKey) -> (text: String, source: SettingSource)? {
    for layer in layers {
      do {
        if let value = try layer.value(of: key) { return value }
      } catch {
        problems.append(ConfigurationProblem(place: key.rawValue, "must be a single value"))
      }
    }
    return nil
  }

  private mutating func readPasswordFile() {
    guard let path = configuration.mqtt.passwordFile else { return }
    let source = source(of: .passwordFile)
    guard configuration.mqtt.password == nil else {
      let other = self.source(of: .password)
      problems.append(ConfigurationProblem(source, "cannot be used together with \(other)"))
      return
    }
    guard let data = FileManager.default.contents(atPath: path),
      var text = String(data: data, encoding: .utf8)
    else {
      problems.append(ConfigurationProblem(source, "the file \"\(path)\" cannot be read as text"))
      return
    }
    if text.last?.isNewline == true { text.removeLast() }
    guard !text.isEmpty else {
      problems.append(ConfigurationProblem(source, "the file \"\(path)\" is empty"))
      return
    }
    configuration.mqtt.password = Secret(text)
    sources[.password] = source
  }

  private mutating func checkLogin() {
    let mqtt = configuration.mqtt
    if mqtt.username != nil && mqtt.broker.username != nil {
      let message = "the user name is also in the broker's URL; give it once"
      problems.append(ConfigurationProblem(source(of: .username), message))
    }
    if mqtt.password != nil && mqtt.broker.password != nil {
      let message = "the password is also in the broker's URL; give it once"
      problems.append(ConfigurationProblem(source(of: .password), message))
    }
    // MQTT 3.1.1 has no password without a user name. [MQTT 3.1.1, 3.1.2.9]
    if mqtt.version == .v311 && mqtt.effectivePassword != nil && mqtt.effectiveUsername == nil {
      let message = "MQTT 3.1.1 needs the setting username beside a password"
      problems.append(ConfigurationProblem(source(of: .mqttVersion), message))
    }
  }

  private mutating func readAccess() {
    let sources = sources
    let loader = AccessLoader(
      configuration.access, streamsMaximum: configuration.streams.limit,
      hasClientIDs: configuration.tunnel.isOn
    ) { sources[$0] ?? .builtIn }
    problems += loader.problems
    configuration.access.rules = loader.rules
  }

  private mutating func checkListeners() {
    let sources = sources
    let check = ListenerCheck(
      configuration.http, isOpen: configuration.access.rules.isOpen
    ) { sources[$0] ?? .builtIn }
    problems += check.problems
    configuration.http.identity = check.identity
  }

  private func source(of key: SettingKey) -> SettingSource { sources[key] ?? .builtIn }
}
