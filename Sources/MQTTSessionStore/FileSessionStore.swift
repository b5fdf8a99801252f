import EventLoop
public import MQTTClient
import Store

/// A session store in one directory of the file system: an SQLite database that commits in groups
/// and syncs every commit.
///
/// Give it to `ClientOptions.sessionStore` of one client. The records of one turn of the client, and
/// of whatever else waits, share a commit. While the disk fails new publishes end as
/// `.notSent(.notStored)`, and everything else waits and is tried again.
public final class FileSessionStore: SessionStore {
  private let ledger: SessionLedger
  private let store: Store
  private let loaded: StoredSession

  /// Opens or creates the store and reads what an earlier process left.
  ///
  /// The directory is created with mode 0700 when it is missing, and locked against other processes.
  /// - Parameters:
  ///   - directory: Where the database and its lock are.
  ///   - publishesMax: How many unfinished publishes and deliveries it may hold.
  ///   - bytesMax: How many bytes they may have together.
  /// - Throws: Why the database cannot be used, such as another process that has it.
  public init(
    directory: String, publishesMax: Int = 1_000_000, bytesMax: Int = 1 << 30
  ) throws(FileSessionStoreError) {
    var options = StoreOptions(directory: directory)
    options.outboxLimits = StoreOptions.Limits(messages: publishesMax, bytes: bytesMax)
    // What one process has in its session at a time is bounded there.
    options.feedLimits = StoreOptions.Limits(messages: .max >> 1, bytes: .max >> 1)
    options.outcomesMax = 1
    let opened = try Self.open(options)
    (ledger, store) = (opened.ledger, opened.store)
    let expected = store.statistics.outboxMessages
    store.startFeed()
    guard let session = ledger.load(expected) else {
      throw FileSessionStoreError(description: "the stored session cannot be read")
    }
    loaded = session
  }

  private static func open(
    _ options: StoreOptions
  ) throws(FileSessionStoreError) -> (ledger: SessionLedger, store: Store) {
    let ledger: SessionLedger
    do throws(SystemError) {
      ledger = try SessionLedger()
    } catch {
      throw FileSessionStoreError(description: error.description)
    }
    let reference = StoreReference()
    do throws(StoreError) {
      let store = try Store.open(options) { ledger.handle($0, reference.store) }
      reference.set(store)
      return (ledger, store)
    } catch {
      throw FileSessionStoreError(description: "\(error)")
    }
  }

  /// Commits what waits and closes the database; false when that takes longer than `timeout`.
  ///
  /// Call it after the client has stopped.
  @discardableResult
  public func close(within timeout: Duration = .seconds(10)) -> Bool {
    store.close(within: timeout)
  }

  /// What an earlier process left.
  public func stored() -> StoredSession { loaded }

  /// Takes records for the next commit.
  public func write(
    _ records: [SessionRecord], whenDurable: @escaping @Sendable (Set<UInt64>) -> Void
  ) {
    ledger.write(records, to: store, whenDurable)
  }
}

/// Why a session store could not be opened.
public struct FileSessionStoreError: Error, Equatable, Sendable, CustomStringConvertible {
  /// One sentence.
  public let description: String
}

/// The store, for its own events; without keeping it alive.
private final class StoreReference: Sendable {
  private struct Weak {
    weak var store: Store?
  }

  private let reference = Locked(Weak())

  var store: Store? { reference.withLock { $0.store } }

  func set(_ store: Store) { reference.withLock { $0.store = store } }
}
