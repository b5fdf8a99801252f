/// Keeps a daemon with TLS from being run again and again for nothing.
///
/// While a handshake waits for its client, libmicrohttpd 0.9.75 wants to be run at once, for ever: it
/// does not notice that GnuTLS has read everything there is. But it wants the same with reason when it
/// has something left to read or write. So it gets its way as long as bytes move, and a few times more;
/// then it is run when its descriptor tells of news, and now and then.
struct IdleRuns {
  /// So many runs in which nothing moves are allowed in a row.
  static let freeCount = 8
  static let longPause = Duration.milliseconds(50)

  private var progress: UInt = 0
  private var count = 0

  /// It was run, after which its counter of moved bytes stands there.
  mutating func ran(progress: UInt) {
    count = progress == self.progress ? count + 1 : 0
    self.progress = progress
  }

  /// How long the next run can wait at least, unless there is news.
  var pause: Duration { count < Self.freeCount ? .zero : Self.longPause }
}
