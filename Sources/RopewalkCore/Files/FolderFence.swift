/// The folders that a connector may reach, where whoever declared it may not reach everything that this process can.
package struct FolderFence: Sendable, Hashable {
  /// What lies in these may be read and written. Absolute, without links and dots, as all paths here.
  package var open: [String]
  /// Nothing in these, though they may lie in one that is open.
  package var closed: [String]

  package init(open: [String], closed: [String]) {
    self.open = open
    self.closed = closed
  }

  /// - Parameter path: where something is, not a path that leads there.
  package func allows(_ path: String) -> Bool {
    open.contains { Self.holds($0, path) } && !closed.contains { Self.holds($0, path) }
  }

  private static func holds(_ folder: String, _ path: String) -> Bool {
    folder == "/" || path == folder || path.hasPrefix(folder + "/")
  }
}
