/// The version of the program, as `--version` prints it.
enum BridgeVersion {
  static let current = "0.1.0"
}
