/// Where this process may make control groups, by what they bound.
struct ControlGroupPlaces: Sendable, Hashable {
  enum Controller: String, Sendable, CaseIterable {
    case memory
    case processor = "cpu"
    case processes = "pids"
  }

  /// One folder of a mounted hierarchy: this process's own group.
  struct Place: Sendable, Hashable {
    var path: String
    /// Of version 2, where one group has all controllers; each has a hierarchy of its own in version 1.
    var isUnified: Bool
    var controllers: Set<Controller>

    /// The file of a group in which a controller's limit stands.
    func limitFile(of controller: Controller) -> String {
      switch (controller, isUnified) {
      case (.memory, true): "memory.max"
      case (.memory, false): "memory.limit_in_bytes"
      case (.processor, true): "cpu.max"
      case (.processor, false): "cpu.cfs_quota_us"
      case (.processes, _): "pids.max"
      }
    }
  }

  private(set) var places: [Place]

  /// What the groups that can be made here bound.
  var controllers: Set<Controller> { places.reduce(into: []) { $0.formUnion($1.controllers) } }

  /// Reads the places from the texts of `/proc/self/cgroup` and `/proc/self/mountinfo`. `unifiedControllers` says which
  /// controllers the group of version 2 at a path has.
  init(groups: String, mounts: String, unifiedControllers: (_ path: String) -> Set<Controller>) {
    let mounts = mounts.split(separator: "\n").compactMap(Mount.init)
    places = groups.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { return nil }
      let isUnified = fields[0] == "0" && fields[1].isEmpty
      let named = fields[1].split(separator: ",").map(String.init)
      let mount = mounts.first { mount in
        mount.isUnified == isUnified && (isUnified || named.contains { mount.options.contains($0) })
      }
      guard let path = mount?.path(ofGroup: String(fields[2])) else { return nil }
      let controllers = isUnified ? unifiedControllers(path) : Set(named.compactMap(Controller.init))
      return controllers.isEmpty ? nil : Place(path: path, isUnified: isUnified, controllers: controllers)
    }
  }

  /// Leaves each place those of its controllers that hold something there, and leaves out the places at which none does.
  mutating func keep(_ holding: (Place) -> Set<Controller>) {
    places = places.compactMap { place in
      var place = place
      place.controllers.formIntersection(holding(place))
      return place.controllers.isEmpty ? nil : place
    }
  }
}

/// A line of `/proc/self/mountinfo` that mounts control groups.
private struct Mount {
  var root: String
  var point: String
  var isUnified: Bool
  var options: [String]

  init?(_ line: Substring) {
    let halves = line.split(separator: " ").split(separator: "-", maxSplits: 1)
    guard halves.count == 2, let before = halves.first.map(Array.init), let after = halves.last.map(Array.init),
      before.count >= 5, after.count >= 3, after[0] == "cgroup" || after[0] == "cgroup2"
    else { return nil }
    root = String(before[3])
    point = String(before[4])
    isUnified = after[0] == "cgroup2"
    options = after[2].split(separator: ",").map(String.init)
  }

  /// Nil when the group lies outside of what is mounted.
  func path(ofGroup group: String) -> String? {
    guard root != "/" else { return group == "/" ? point : point + group }
    guard group == root || group.hasPrefix(root + "/") else { return nil }
    return point + group.dropFirst(root.count)
  }
}
