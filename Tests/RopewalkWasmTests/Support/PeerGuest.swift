import SystemPackage

@testable import RopewalkWasm

/// The guest of Tests/GuestPeer in one language. Its payload names a function of the SDK in the first line and the
/// arguments in those after it.
enum PeerGuest: String, CaseIterable {
  case c, rust, swift, go

  /// The languages whose guests are there: `scripts/build-guests` builds them.
  static var built: [PeerGuest] { allCases.filter { $0.module.resolved != nil } }

  var module: FilePath { Workshop.package.appending(".deps/guests/examples/peer-\(rawValue).wasm") }
}
