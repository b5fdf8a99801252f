package import EventLoop

/// The order in which the hosts of a service are tried. [RFC 2782]
package enum ServiceOrder {
  /// More hosts of one service than this are not tried.
  package static let targetsMax = 32

  /// By priority, and among equal ones drawn by weight; a service that is not offered has none.
  package static func ordered(
    _ records: [ServiceRecord], using random: inout some RandomNumberGenerator
  ) -> [ServiceRecord] {
    var ordered: [ServiceRecord] = []
    let offered = records.filter { !$0.target.isEmpty && $0.port != 0 }
    for priority in Set(offered.map(\.priority)).sorted() {
      // Those without weight come first, where a draw of zero finds them.
      var equals = offered.filter { $0.priority == priority }.sorted { $0.weight < $1.weight }
      while !equals.isEmpty, ordered.count < targetsMax {
        let sum = equals.reduce(0) { $0 + Int($1.weight) }
        var draw = Int.random(in: 0...sum, using: &random)
        let chosen = equals.firstIndex { record in
          draw -= Int(record.weight)
          return draw <= 0
        }
        ordered.append(equals.remove(at: chosen ?? 0))
      }
    }
    return ordered
  }
}
