import EventLoop

/// The whole life of the thread `store`.
enum StoreLoop {
  /// Opens the files, reports the result, and serves the mailbox until it is closed.
  static func run(
    _ options: StoreOptions, _ mailbox: Mailbox<Command>,
    opening: Mailbox<Result<Opened, StoreError>>,
    _ onEvent: @escaping @Sendable (StoreEvent) -> Void
  ) {
    LoopThread.takeShortTurns()
    do throws(StoreError) {
      let directory = try DataDirectory(options.directory)
      try serve(directory, options, mailbox, opening: opening, onEvent)
      _ = consume directory  // Unlocks, now that the database is closed.
    } catch {
      opening.sendReserved(.failure(error))
    }
  }

  private static func serve(
    _ directory: borrowing DataDirectory, _ options: StoreOptions, _ mailbox: Mailbox<Command>,
    opening: Mailbox<Result<Opened, StoreError>>,
    _ onEvent: @escaping @Sendable (StoreEvent) -> Void
  ) throws(StoreError) {
    try directory.prepareDatabaseFile()
    let database = try Database(path: directory.databasePath, options)
    try RunSwitch(folder: directory.path, database: database).perform()
    let names = try database.names.all()
    let receipts = try database.events.receipts.all()
    let subscriptions = try database.events.subscriptions.all()
    let writer = Writer(database, options, onEvent)
    let reads = try ReadQueue(options, writer.shared, databasePath: directory.databasePath) {
      mailbox.sendReserved(.foundDamage)
    }
    opening.sendReserved(
      .success(
        Opened(
          shared: writer.shared, reads: reads, names: names, receipts: receipts,
          subscriptions: subscriptions, epoch: database.epoch, instance: database.instance)))
    var commands: [Command] = []
    while mailbox.receive(into: &commands) {
      writer.tick(at: MonotonicClock.now())
      if commands.isEmpty {
        mailbox.wait(atMost: writer.nextDeadline.map { $0 - MonotonicClock.now() })
      } else {
        writer.handle(commands)
        commands.removeAll(keepingCapacity: true)
      }
    }
    // The last connection to close folds the log into the database, so that must be the writer's.
    reads.close()
    writer.close()
  }
}
