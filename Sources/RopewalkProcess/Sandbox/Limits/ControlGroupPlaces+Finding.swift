import Glibc
import RopewalkCore
import Synchronization

extension ControlGroupPlaces {
  /// What groups of this process are called: this, its number, and a count.
  static let prefix = "ropewalk-"
  /// Where this process moves itself in version 2, since a group with processes of its own cannot bound groups in it.
  private static let own = "ropewalk-host"

  /// Looks where groups can be made, and prepares that, once in the life of this process.
  static let ofThisProcess = find()

  private static func find() -> ControlGroupPlaces {
    var places = ControlGroupPlaces(
      groups: SmallFile.text(at: "/proc/self/cgroup") ?? "",
      mounts: SmallFile.text(at: "/proc/self/mountinfo") ?? "",
      unifiedControllers: { controllers(listedAt: "\($0)/cgroup.controllers") }
    )
    places.keep { place in
      removeLeftOvers(in: place.path)
      let trial = "\(place.path)/\(prefix)\(getpid())-trial"
      guard mkdir(trial, 0o755) == 0 else { return [] }
      defer { rmdir(trial) }
      guard !place.isUnified || delegate(place) else { return [] }
      // A kernel may have a controller and be built without its limit, as without CONFIG_CFS_BANDWIDTH.
      return place.controllers.filter { access("\(trial)/\(place.limitFile(of: $0))", W_OK) == 0 }
    }
    return places
  }

  private static func controllers(listedAt path: String) -> Set<Controller> {
    Set((SmallFile.text(at: path) ?? "").split { $0 == " " || $0 == "\n" }.compactMap { Controller(rawValue: String($0)) })
  }

  /// Hands the controllers down to the groups that will be made. Other processes that share this one's group are not moved:
  /// then there is nothing to be had.
  private static func delegate(_ place: Place) -> Bool {
    let handedDown = "\(place.path)/cgroup.subtree_control"
    guard !controllers(listedAt: handedDown).isSuperset(of: place.controllers) else { return true }
    let inhabitants = (SmallFile.text(at: "\(place.path)/cgroup.procs") ?? "").split(separator: "\n")
    if !inhabitants.isEmpty {
      guard inhabitants == ["\(getpid())"] else { return false }
      mkdir("\(place.path)/\(own)", 0o755)
      guard SmallFile.write("0", to: "\(place.path)/\(own)/cgroup.procs") == 0 else { return false }
    }
    let wanted = place.controllers.map { "+\($0.rawValue)" }.sorted().joined(separator: " ")
    return SmallFile.write(wanted, to: handedDown) == 0
  }

  /// Removes what a process has left that was killed. The kernel removes no group in which something still lives.
  private static func removeLeftOvers(in folder: String) {
    for name in SmallFile.names(in: folder) where name.hasPrefix(prefix) {
      let number = name.dropFirst(prefix.count).prefix { $0.isNumber }
      guard let pid = pid_t(number), kill(pid, 0) != 0, errno == ESRCH else { continue }
      rmdir("\(folder)/\(name)")
    }
  }
}
