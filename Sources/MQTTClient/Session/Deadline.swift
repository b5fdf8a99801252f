extension Duration {
  /// The earlier of two deadlines, either of which may not exist.
  static func earlier(_ a: Duration?, _ b: Duration?) -> Duration? {
    guard let a, let b else { return a ?? b }
    return min(a, b)
  }
}
