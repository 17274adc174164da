import FoundationEssentials
import Glibc
import RopewalkTesting
import Testing

@testable import GoPlugin

/// What becomes of the private folders of processes that are killed.
@Suite(.takesTurns)
struct AbandonedDirectoriesTests {
  private static let prefix = "gp-"

  /// The names of the folders in a folder.
  private static func folders(in parent: PrivateDirectory) throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: parent.path).filter { $0.hasPrefix(prefix) })
  }

  private static func everything(in parent: PrivateDirectory) throws -> Set<String> {
    Set(try FileManager.default.subpathsOfDirectory(atPath: parent.path))
  }

  private static func name(of directory: PrivateDirectory) -> String { String(directory.path.split(separator: "/").last ?? "") }

  private static func sweep(
    _ parent: PrivateDirectory,
    steps: Int = AbandonedDirectories.maximumSteps,
    names: Int = AbandonedDirectories.maximumNames
  ) {
    AbandonedDirectories(parent: parent.path, prefix: prefix).remove(steps: steps, names: names)
  }

  /// What somebody has left who was killed.
  private static func leave(_ name: String, in parent: PrivateDirectory, files: Int = 1) throws -> String {
    let path = "\(parent.path)/\(name)"
    mkdir(path, 0o700)
    try "".write(toFile: "\(path)/\(OwnerLock.fileName)", atomically: false, encoding: .utf8)
    for file in 0..<files { try "".write(toFile: "\(path)/\(file)", atomically: false, encoding: .utf8) }
    return path
  }

  @Test("The next start removes the folder of a host that was killed, with all that is in it, and not that of one that lives")
  func killedHost() async throws {
    let parent = try PrivateDirectory(under: "/tmp")
    defer { parent.remove() }
    let host = ["host", Peers.swiftPeer, parent.path]
    try await Program.start(Peers.swiftPeer, host) { _, lines async throws in
      _ = try #require(await lines.first { _ in true })
      let living = try Self.folders(in: parent)
      #expect(living.count == 1)
      try await Program.start(Peers.swiftPeer, host) { other, lines async throws in
        let pid = try #require(await lines.first { _ in true })
        let plugin = try ProcessKeeper.shared.get().watch(pid: try #require(Int32(pid)))
        #expect(other.signal(SIGKILL))
        _ = try await other.exit()
        // It ends with its host, a moment later, and has its folder within the host's until then.
        _ = try await plugin.exit()
      }
      let left = try Self.folders(in: parent).subtracting(living)
      #expect(left.count == 1)
      let next = try PrivateDirectory(under: parent.path)
      #expect(try Self.folders(in: parent) == living.union([Self.name(of: next)]))
    }
  }

  @Test("A plugin under another's host, which gives it no folder, removes that of one that was killed")
  func killedPlugin() async throws {
    let parent = try PrivateDirectory(under: "/tmp")
    defer { parent.remove() }
    let plugin = ["GOPLUGIN_TEST=cookie", "PLUGIN_PROTOCOL_VERSIONS=3", "TMPDIR=\(parent.path)", Peers.swiftPeer, "plugin"]
    let left = try await Program.start("/usr/bin/env", plugin) { process, lines async throws in
      _ = try #require(await lines.first { _ in true })
      #expect(process.signal(SIGKILL))
      _ = try await process.exit()
      return try Self.folders(in: parent)
    }
    #expect(left.count == 1)
    try await Program.start("/usr/bin/env", plugin) { _, lines async throws in
      _ = try #require(await lines.first { _ in true })
      let made = try Self.folders(in: parent)
      #expect(made.count == 1 && made.isDisjoint(with: left))
    }
  }

  @Test("Links in an abandoned folder are removed and not followed")
  func links() throws {
    let parent = try PrivateDirectory(under: "/tmp")
    defer { parent.remove() }
    let kept = "\(parent.path)/kept"
    mkdir(kept, 0o700)
    try "".write(toFile: "\(kept)/file", atomically: false, encoding: .utf8)
    let path = try Self.leave("gp-Abc123", in: parent)
    mkdir("\(path)/inner", 0o700)
    for link in ["\(path)/link", "\(path)/inner/link"] { #expect(symlink(kept, link) == 0) }
    Self.sweep(parent)
    #expect(try Self.everything(in: parent) == [OwnerLock.fileName, "kept", "kept/file"])
  }

  @Test("What lacks one mark of an abandoned folder stays")
  func strangers() throws {
    let parent = try PrivateDirectory(under: "/tmp")
    defer { parent.remove() }
    func leave(_ name: String, isMarked: Bool = true) throws -> String {
      let path = try Self.leave(name, in: parent)
      if !isMarked { unlink("\(path)/\(OwnerLock.fileName)") }
      return path
    }
    // Another name, another's prefix.
    for name in ["gp-abcde", "gp-abcdefg", "gp-abc.ef", "gp-abc-ef", "gpx-abcdef", "abcdef"] { _ = try leave(name) }
    // Others may look into it.
    let watched = try leave("gp-aaaaaa")
    chmod(watched, 0o750)
    // Nobody has said that it has an owner: one that is just being made, or of a program that does not know of this.
    _ = try leave("gp-bbbbbb", isMarked: false)
    // What says so is a link, or a folder.
    let (linked, nested) = (try leave("gp-cccccc", isMarked: false), try leave("gp-dddddd", isMarked: false))
    symlink("/etc/hostname", "\(linked)/\(OwnerLock.fileName)")
    mkdir("\(nested)/\(OwnerLock.fileName)", 0o700)
    // It is no folder.
    let elsewhere = try leave("elsewhere")
    symlink(elsewhere, "\(parent.path)/gp-eeeeee")
    try "".write(toFile: "\(parent.path)/gp-ffffff", atomically: false, encoding: .utf8)
    // It is another user's; who is not root can give none away.
    if geteuid() == 0 {
      let given = try leave("gp-gggggg")
      chown(given, 65534, 65534)
    }
    let strangers = try Self.everything(in: parent)
    // The owner lives.
    let owned = try PrivateDirectory(under: parent.path)
    _ = try Self.leave("gp-hhhhhh", in: parent)
    Self.sweep(parent)
    let name = Self.name(of: owned)
    #expect(try Self.everything(in: parent) == strangers.union([name, "\(name)/\(OwnerLock.fileName)"]))
    owned.remove()
    #expect(try Self.everything(in: parent) == strangers)
  }

  @Test("A folder that is too full for one sweep is removed by some, and known until then")
  func steps() throws {
    let parent = try PrivateDirectory(under: "/tmp")
    defer { parent.remove() }
    let path = try Self.leave("gp-Abc123", in: parent, files: 50)
    Self.sweep(parent, steps: 20)
    let left = try FileManager.default.contentsOfDirectory(atPath: path)
    #expect(left.contains(OwnerLock.fileName) && (30..<50).contains(left.count))
    for _ in 0..<4 { Self.sweep(parent, steps: 20) }
    #expect(try Self.folders(in: parent) == [])
  }

  @Test("Other names in the place take none of a sweep's steps, and have a limit of their own")
  func otherNames() throws {
    let parent = try PrivateDirectory(under: "/tmp")
    defer { parent.remove() }
    _ = try Self.leave("gp-Abc123", in: parent)
    for name in 0..<1000 { close(creat("\(parent.path)/\(name)", 0o600)) }
    // The folder, its file and its lock.
    Self.sweep(parent, steps: 3)
    #expect(try Self.folders(in: parent) == [])

    for name in ["gp-aaaaaa", "gp-bbbbbb"] { _ = try Self.leave(name, in: parent) }
    Self.sweep(parent, names: 1)
    #expect(try Self.folders(in: parent).count >= 1)
    Self.sweep(parent, names: 1003)
    #expect(try Self.folders(in: parent) == [])
  }

  @Test("A folder whose owner lives stays in the one that is abandoned, which keeps its mark")
  func livingInside() throws {
    let parent = try PrivateDirectory(under: "/tmp")
    defer { parent.remove() }
    let path = try Self.leave("gp-Abc123", in: parent)
    let inner = try PrivateDirectory(under: path)
    _ = try Self.leave("gp-aaaaaa", in: inner)
    let innerPath = "gp-Abc123/\(Self.name(of: inner))"
    let left: Set = ["gp-Abc123/\(OwnerLock.fileName)", "\(innerPath)/\(OwnerLock.fileName)", "\(innerPath)/gp-aaaaaa/0"]
    Self.sweep(parent)
    #expect(try Self.everything(in: parent).isSuperset(of: left))
    inner.remove()
    Self.sweep(parent)
    #expect(try Self.folders(in: parent) == [])
  }

  @Test("Who removes its own folder removes those in it too, of whomever")
  func ownedInside() throws {
    let outer = try PrivateDirectory(under: "/tmp")
    let inner = try PrivateDirectory(under: outer.path)
    outer.remove()
    #expect(access(outer.path, F_OK) != 0)
    withExtendedLifetime(inner) {}
  }

  @Test("A folder that cannot be emptied keeps its mark")
  func tooDeep() throws {
    let parent = try PrivateDirectory(under: "/tmp")
    defer { parent.remove() }
    let path = try Self.leave("gp-Abc123", in: parent)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let deep = "\(path)/" + [String](repeating: "deep", count: 20).joined(separator: "/")
    try FileManager.default.createDirectory(atPath: deep, withIntermediateDirectories: true)
    Self.sweep(parent)
    #expect(try Set(FileManager.default.contentsOfDirectory(atPath: path)) == [OwnerLock.fileName, "deep"])
  }

  @Test("What has a name that is no UTF-8 is removed too, and the set-group-ID bit of a folder lets nobody in")
  func oddities() throws {
    let parent = try PrivateDirectory(under: "/tmp")
    defer { parent.remove() }
    let path = try Self.leave("gp-aaaaaa", in: parent)
    let odd = Array("\(path)/".utf8) + [0xff, 0]
    let file = odd.withUnsafeBytes { creat($0.assumingMemoryBound(to: CChar.self).baseAddress!, 0o600) }
    #expect(file >= 0)
    close(file)
    chmod(try Self.leave("gp-bbbbbb", in: parent), 0o2700)
    Self.sweep(parent)
    #expect(try Self.folders(in: parent) == [])
  }

  @Test("What many make at once, each sweeping before, stays until they remove it")
  func atOnce() async throws {
    let parent = try PrivateDirectory(under: "/tmp")
    defer { parent.remove() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<200 {
            let directory = try PrivateDirectory(under: parent.path)
            await Task.yield()
            #expect(access("\(directory.path)/\(OwnerLock.fileName)", F_OK) == 0)
            directory.remove()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try Self.folders(in: parent) == [])
  }

  @Test("Where there is no such place, or no folder at all, nothing is made of it")
  func nowhere() {
    AbandonedDirectories(parent: "/no/such/place", prefix: Self.prefix).remove()
    AbandonedDirectories(parent: "/dev/null", prefix: Self.prefix).remove()
    let error = #expect(throws: GoPluginError.self) { try PrivateDirectory(under: "/no/such/place") }
    #expect(error?.code == .systemCallFailed)
  }
}
