import ArgumentParser
import Store

/// `mqtt-bridge store backup`: a copy of the database, also while the bridge runs.
struct StoreBackupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Copy the database to a file, also while the bridge runs.",
    discussion: """
      The copy is the state of one moment. To restore it, stop the bridge and put the copy into an
      empty data directory as bridge.sqlite3. The bridge then draws a new epoch, so that no event
      id is ever given twice.
      """)

  @OptionGroup var store: StoreOptionGroup

  @Argument(help: "The new file; one that is there already is left alone.")
  var path: String

  func run() throws {
    let bytes = try store.perform { (directory) throws(StoreError) in
      try StoreUpkeep.backup(directory: directory, to: path)
    }
    print("\(path): \(bytes) bytes")
  }
}
