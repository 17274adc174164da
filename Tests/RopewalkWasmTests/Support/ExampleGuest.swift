import SystemPackage

@testable import RopewalkWasm

/// The filter of Examples/logic in one language.
enum ExampleGuest: String, CaseIterable {
  case c, rust, swift, go, typescript

  /// The languages whose guests are there: `scripts/build-guests` builds them.
  static var built: [ExampleGuest] {
    allCases.filter { $0 == .typescript ? Workshop.hasJavaScript : $0.logic.resolved != nil }
  }

  var logic: FilePath {
    switch self {
    case .typescript: Workshop.package.appending("Examples/logic/typescript/filter.ts")
    default: Workshop.package.appending(".deps/guests/examples/\(rawValue).wasm")
    }
  }
}
