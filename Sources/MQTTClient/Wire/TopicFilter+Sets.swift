/// Filters as the sets of topics that match them; a shared subscription counts as its path.
extension TopicFilter {
  /// Whether every topic that matches the other filter matches this one.
  package func includes(_ other: TopicFilter) -> Bool {
    let (mine, theirs) = (FilterPath(self).spelledOut, FilterPath(other).spelledOut)
    guard mine.couldStartAs(theirs), mine.levels.count <= theirs.levels.count else { return false }
    for (level, their) in zip(mine.levels, theirs.levels) {
      guard level.isPlus || level == their else { return false }
    }
    if mine.endsWithHash { return true }
    return mine.levels.count == theirs.levels.count && !theirs.endsWithHash
  }

  /// Whether some topic matches both filters.
  package func meets(_ other: TopicFilter) -> Bool {
    let (mine, theirs) = (FilterPath(self).spelledOut, FilterPath(other).spelledOut)
    guard mine.couldStartAs(theirs), theirs.couldStartAs(mine) else { return false }
    for (one, two) in zip(mine.levels, theirs.levels) {
      guard one.isPlus || two.isPlus || one == two else { return false }
    }
    let surplus = mine.levels.count - theirs.levels.count
    if surplus > 0 { return theirs.endsWithHash }
    return surplus == 0 || mine.endsWithHash
  }
}

extension FilterPath {
  /// The same topics, with a level for what each of them has: no topic is empty, so `#` is `+/#`, and
  /// `/#` is `/+/#`.
  fileprivate var spelledOut: Self {
    guard endsWithHash, levels.allSatisfy(\.isEmpty), levels.count < 2 else { return self }
    var path = self
    path.levels.append(.plus)
    return path
  }

  /// A wildcard in the first level matches no topic that begins with `$`. [MQTT-4.7.2-1]
  fileprivate func couldStartAs(_ other: Self) -> Bool {
    levels.first?.isPlus != true || other.levels.first?.isSystem != true
  }
}
