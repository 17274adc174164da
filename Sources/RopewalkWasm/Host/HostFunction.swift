import RopewalkPlugins

/// The functions of the import module `ropewalk`, as `ropewalk.h` has them. All take and answer 32-bit integers.
enum HostFunction: String, CaseIterable, Sendable {
  case payloadRead = "payload_read"
  case outputWrite = "output_write"
  case outputContentType = "output_content_type"
  case field
  case resultRead = "result_read"
  case fail
  case log
  case transform
  case validate
  case httpCall = "http_call"
  /// Controllers have it, steps do not.
  case client

  static let module = "ropewalk"

  var parameterCount: Int {
    switch self {
    case .outputWrite, .outputContentType, .resultRead, .httpCall, .client: 2
    case .payloadRead, .field, .log: 3
    case .validate: 4
    case .fail: 5
    case .transform: 6
    }
  }

  var type: ModuleOutline.FunctionType {
    ModuleOutline.FunctionType(parameters: Array(repeating: .i32, count: parameterCount), results: [.i32])
  }

  /// What a step must be granted to import the function at all. Where a single field or argument needs a capability,
  /// the function says so when it is called.
  var capability: Capability? {
    switch self {
    case .log: .log
    case .transform: .transform
    case .validate: .validate
    case .httpCall: .httpCall
    case .payloadRead, .outputWrite, .outputContentType, .field, .resultRead, .fail, .client: nil
    }
  }
}
