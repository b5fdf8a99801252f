private import COpenAPI

/// The description of the HTTP interface, which is a part of the program.
package enum APIDescription {
  /// The text of `openapi.yaml`.
  package static let yaml: [UInt8] = unsafe Array(
    UnsafeBufferPointer(start: openapi_yaml(), count: openapi_yaml_size()))
}
