/// What the file `run` beside the database says: which runs the database may have seen last.
///
/// Every run of the store has a random name, which both the file and the database hold. A database
/// that came from elsewhere, from a backup for example, has another one.
struct RunMark: Equatable {
  /// Stands for a database that has not seen a run yet.
  private static let never = "-"
  static let bytesMax = 256

  private let accepted: [String]

  /// The mark while the store goes from one run, or none, to the next.
  static func switching(from old: String?, to new: String) -> Self {
    Self(accepted: [new, old ?? never])
  }

  /// The mark that only one run fits.
  static func only(_ run: String) -> Self { Self(accepted: [run]) }

  private init(accepted: [String]) { self.accepted = accepted }

  /// Reads the content of the file; one that is damaged fits nothing.
  init(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    accepted = text.hasSuffix("\n") ? text.split(separator: "\n").map(String.init) : []
  }

  var bytes: [UInt8] { Array((accepted.joined(separator: "\n") + "\n").utf8) }

  /// Whether a database whose last run was this one, or that had none, belongs to the mark.
  func fits(_ run: String?) -> Bool { accepted.contains(run ?? Self.never) }

  /// Sixteen hexadecimal digits.
  static func drawRun() -> String {
    let digits = String(UInt64.random(in: .min ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
