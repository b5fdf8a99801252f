/// A metric with all its samples at one moment.
package struct MetricFamily: Equatable, Sendable {
  package enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  package struct Label: Equatable, Sendable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package enum Value: Equatable, Sendable {
    case number(Double)
    case distribution(Distribution)
  }

  package struct Sample: Equatable, Sendable {
    package let labels: [Label]
    package let value: Value
  }

  /// With `_total` at the end if it is a counter.
  package let name: String
  package let kind: Kind
  /// The last word of the name before `_total`, if it is a unit.
  package let unit: String?
  package let help: String
  package private(set) var samples: [Sample] = []

  package init(_ name: String, _ kind: Kind, unit: String? = nil, _ help: String) {
    self.name = name
    self.kind = kind
    self.unit = unit
    self.help = help
  }

  package func adding(_ value: Double, _ labels: Label...) -> Self {
    adding(Sample(labels: labels, value: .number(value)))
  }

  package func adding(_ value: Int, _ labels: Label...) -> Self {
    adding(Sample(labels: labels, value: .number(Double(value))))
  }

  package func adding(_ distribution: Distribution, _ labels: Label...) -> Self {
    adding(Sample(labels: labels, value: .distribution(distribution)))
  }

  /// One sample for each value of a label.
  package func adding(_ counters: CounterSet, by label: String) -> Self {
    counters.counts.reduce(self) { $0.adding($1.count, Label(label, $1.value)) }
  }

  private func adding(_ sample: Sample) -> Self {
    var family = self
    family.samples.append(sample)
    return family
  }
}
