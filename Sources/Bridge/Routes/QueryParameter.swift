import HTTPFront

/// The parameters of a query for the bridge's routes: what cannot be decoded is the client's fault.
extension Query.Parameter {
  func decodedName() throws(Problem) -> String {
    do throws(PercentDecodingError) {
      return try name
    } catch {
      throw Self.undecodable(error)
    }
  }

  func decodedValue(plus: PercentDecoding.Plus) throws(Problem) -> String {
    do throws(PercentDecodingError) {
      return try value(plus: plus)
    } catch {
      throw Self.undecodable(error)
    }
  }

  private static func undecodable(_ error: PercentDecodingError) -> Problem {
    Problem(.badParameter, detail: "the query cannot be decoded: \(error)")
  }
}
