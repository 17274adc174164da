import RopewalkCore

/// A script with everything it imports, as JavaScript, and the way back to where each piece came from.
struct ScriptBundle: Sendable, Equatable {
  /// Assigns its exports to the global `__ropewalk_module`.
  var code: [UInt8]
  /// Its sources are paths from the script's root, or the inline script's name.
  var sourceMap: [UInt8]
}
