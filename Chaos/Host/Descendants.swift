import Foundation

/// The processes that a process has started, and those that these have.
enum Descendants {
  /// The numbers of those that run a program of such a name, once there is one.
  static func waitForSome(_ names: Set<String>, of pid: Int32) async throws -> [Int32] {
    let deadline = ContinuousClock.now + .seconds(60)
    while true {
      let found = named(names, of: pid)
      if !found.isEmpty { return found }
      guard ContinuousClock.now < deadline else { throw Failure("no connector is up any more; see ropewalk.log") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Returns when none of them is left, whoever started them.
  static func waitUntilGone(_ pids: [Int32]) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while pids.contains(where: { Status(of: $0) != nil }) {
      guard ContinuousClock.now < deadline else { throw Failure("a connector has outlived the host that started it") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// The numbers of those that run a program of such a name.
  static func named(_ names: Set<String>, of pid: Int32) -> [Int32] {
    // The kernel keeps the first 15 bytes of a name.
    let names = Set(names.map { $0.prefix(15) })
    var parents: [Int32: Int32] = [:]
    var named: [Int32] = []
    for entry in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
      guard let number = Int32(entry), let status = Status(of: number) else { continue }
      parents[number] = status.parent
      if names.contains(status.name) { named.append(number) }
    }
    return named.filter { start in
      var current = start
      while let parent = parents[current], parent > 1 {
        if parent == pid { return true }
        current = parent
      }
      return false
    }
  }

  private struct Status {
    var name: Substring
    var parent: Int32

    /// Nil when the process is gone, or dead and only remembered.
    init?(of pid: Int32) {
      guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let open = text.firstIndex(of: "("),
        let close = text.lastIndex(of: ")")
      else { return nil }
      let fields = text[text.index(after: close)...].split(separator: " ")
      guard fields.count > 1, fields[0] != "Z", let parent = Int32(fields[1]) else { return nil }
      name = text[text.index(after: open)..<close]
      self.parent = parent
    }
  }
}
