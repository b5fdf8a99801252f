import ArgumentParser
import Store

/// `mqtt-bridge store compact`: gives the free pages of the database back to the volume.
struct StoreCompactCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact", abstract: "Rewrite the database without free pages.",
    discussion: """
      No bridge may use the directory, and the volume needs as much room again as the database
      takes.
      """)

  @OptionGroup var store: StoreOptionGroup

  func run() throws {
    let (before, after) = try store.perform { (directory) throws(StoreError) in
      try StoreUpkeep.compact(directory: directory)
    }
    print("\(before) bytes before, \(after) bytes after")
  }
}
