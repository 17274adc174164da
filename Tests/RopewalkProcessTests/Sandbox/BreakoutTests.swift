import FoundationEssentials
import Glibc
import RopewalkCore
import RopewalkTesting
import Testing

@testable import GoPlugin
@testable import RopewalkProcess

/// A program that tries to get out.
@Suite(.takesTurns, .enabled("this machine allows no sandbox") { await Captive.support.isAvailable })
struct BreakoutTests {
  @Test("It reads no file that it was not granted")
  func reading() async throws {
    let folder = try PrivateDirectory(under: "/tmp")
    defer { folder.remove() }
    let (secret, granted) = ("\(folder.path)/other-plugin", "\(folder.path)/granted")
    for path in [secret, granted] { try "text".write(toFile: path, atomically: false, encoding: .utf8) }
    #expect(try await Captive.runFree("read", secret) == ["\(secret) ok"])

    let paths = ["/etc/shadow", secret, "/root/.bashrc", "/home", #filePath, "/proc/1/root/etc/shadow", "/sys/kernel"]
    var spec = SandboxSpec()
    spec.readOnly = [granted]
    let outcome = try await Captive.run(Captive.peer, ["read"] + paths + [granted], spec: spec)
    #expect(outcome.lines.last == "\(granted) ok")
    for line in outcome.lines.dropLast() { #expect(line.hasSuffix(" ENOENT") || line.hasSuffix(" EACCES"), "\(line)") }
    #expect(outcome.lines.count == paths.count + 1)
  }

  @Test("It sees nothing of the host at the root, and no secret in /etc")
  func listing() async throws {
    let system = Set(
      SystemFiles.ofThisMachine.entries.map { entry in
        switch entry {
        case .folder(let path), .link(let path, _): String(path.dropFirst())
        }
      }
    )
    let own = Set(Captive.peer.split(separator: "/").prefix(1).map(String.init))
    let root = Set(try await Captive.run(SandboxSpec(), "list", "/").lines)
    // And what the program itself is linked to, such as the Swift runtime.
    let libraries = SharedLibraries.paths(of: Captive.peer, isSystem: SystemFiles.ofThisMachine.contains)
    let linked = Set(libraries.compactMap { $0.split(separator: "/").first.map(String.init) })
    #expect(root == system.union(own).union(linked).union(["dev", "etc", "proc", "run", "tmp", "var"]))
    let settings = Set(try await Captive.run(SandboxSpec(), "list", "/etc").lines)
    #expect(settings.isDisjoint(with: ["shadow", "gshadow", "sudoers", "ssh", "machine-id", "fstab"]))
    #expect(settings.isSuperset(of: ["passwd", "group", "hosts"]))
    #expect(try await Captive.run(SandboxSpec(), "list", "/tmp").lines == [])
  }

  @Test("It changes nothing but its own temporary folder and what it was granted")
  func writing() async throws {
    let folder = try PrivateDirectory(under: "/tmp")
    defer { folder.remove() }
    var spec = SandboxSpec()
    spec.writable = [folder.path]
    let mine = ["/tmp/file", "/dev/shm/file", "\(folder.path)/file"]
    let others = [
      "/usr/bin/file", "/etc/passwd", "/etc/new", "/new", "/proc/sys/kernel/printk_ratelimit", "/proc/sysrq-trigger",
      "/proc/self/oom_score_adj", "/dev/new", Captive.peer,
    ]
    let outcome = try await Captive.run(Captive.peer, ["write"] + mine + others, spec: spec)
    #expect(outcome.lines.prefix(3) == mine.map { "\($0) ok" }[...])
    for line in outcome.lines.dropFirst(3) { #expect(!line.hasSuffix(" ok"), "\(line)") }
    #expect(outcome.lines.count == mine.count + others.count)
    #expect(SmallFile.text(at: "\(folder.path)/file") == "5\n")
  }

  @Test("It sees no other process, and reaches none")
  func processes() async throws {
    let numbers = try await Captive.run(SandboxSpec(), "list", "/proc").lines.filter { $0.allSatisfy(\.isNumber) }
    #expect(numbers.count <= 3)
    // A number that stands for this process outside, and for none inside.
    #expect(try await Captive.run(SandboxSpec(), "kill", "\(getpid())").lines == ["kill ESRCH"])
  }

  @Test("It has no rights, and cannot gain any")
  func rights() async throws {
    let lines = try await Captive.run(SandboxSpec(), "status").lines
    for line in lines where line.hasPrefix("Cap") { #expect(line.hasSuffix("\t0000000000000000"), "\(line)") }
    #expect(lines.contains("NoNewPrivs:\t1"))
    #expect(lines.contains("Seccomp:\t2"))
    #expect(lines.contains("Uid:\t1000\t1000\t1000\t1000"))
  }

  @Test("It makes none of the calls that would help it out")
  func calls() async throws {
    let lines = try await Captive.run(SandboxSpec(), "calls").lines
    #expect(lines.count == 35)
    #expect(lines.contains("NETLINK_ROUTE ok"))
    for line in lines where line != "NETLINK_ROUTE ok" {
      let failure = line.split(separator: " ").last.map(String.init) ?? ""
      let expected =
        switch line.split(separator: " ").first ?? "" {
        case "clone3", "io_uring_setup", "memfd_secret", "unknown": "ENOSYS"
        case "AF_PACKET", "AF_VSOCK", "AF_ALG", "NETLINK_KOBJECT_UEVENT": "EAFNOSUPPORT"
        // Root is not a user in here.
        case "setuid": "EINVAL"
        default: "EPERM"
        }
      #expect(failure == expected, "\(line)")
    }
  }

  @Test("It has a host name of its own, and finds no memory that others share by a key")
  func names() async throws {
    #expect(try await Captive.run(SandboxSpec(), "host-name").lines == [BubblewrapCommand.hostName])
    #expect(try await Captive.runFree("host-name") != [BubblewrapCommand.hostName])
    let key = Int32.random(in: 1 ... .max)
    let segment = shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0o666)
    try #require(segment >= 0)
    defer { shmctl(segment, IPC_RMID, nil) }
    #expect(try await Captive.runFree("segment", "\(key)") == ["segment ok"])
    #expect(try await Captive.run(SandboxSpec(), "segment", "\(key)").lines == ["segment ENOENT"])
  }

  @Test(
    "It starts processes without end, and comes to its limit",
    .enabled("nothing bounds the number of processes here: no control groups, and root") {
      let support = await Captive.support
      return support.places.controllers.contains(.processes) || support.countsProcesses
    }
  )
  func forking() async throws {
    let support = await Captive.support
    var spec = SandboxSpec()
    spec.limits.processes = 24
    let outcome = try await Captive.run(spec, "processes", "1000")
    let words = outcome.lines.first?.split(separator: " ") ?? []
    #expect(words.last == "EAGAIN")
    #expect((15...24).contains(words.first.flatMap { Int($0) } ?? 0))
    if support.places.controllers.contains(.processes) { #expect(outcome.refusedProcesses > 0) }
  }

  @Test("It fills the memory, and is ended at its limit")
  func memory() async throws { try await fill("memory") }

  @Test(
    "It fills memory that it shares, and is ended at its limit",
    .enabled("no control group bounds memory here") { await Captive.support.places.controllers.contains(.memory) }
  )
  func sharedMemory() async throws { try await fill("shared-memory") }

  private func fill(_ kind: String) async throws {
    let isGrouped = await Captive.support.places.controllers.contains(.memory)
    var spec = SandboxSpec()
    spec.limits.memory = .mebibytes(48)
    let outcome = try await Captive.run(spec, kind, "400")
    if isGrouped {
      #expect(outcome.status == .signalled(Int(SIGKILL)))
      #expect(outcome.lines == [])
      #expect(outcome.memoryKills > 0)
    } else {
      #expect(outcome.lines.first?.hasSuffix(" ENOMEM") == true)
    }
    spec.limits.memory = .mebibytes(512)
    #expect(try await Captive.run(spec, kind, "100").lines == ["100 ok"])
  }

  @Test("It fills its temporary folders, and comes to their end", arguments: ["/tmp/file", "/dev/shm/file"])
  func temporarySpace(path: String) async throws {
    var spec = SandboxSpec()
    spec.limits.temporarySpace = .mebibytes(4)
    let words = try await Captive.run(spec, "fill-file", path).lines.first?.split(separator: " ") ?? []
    #expect(words.last == "ENOSPC")
    #expect((2...4).contains(words.first.flatMap { Int($0) } ?? 0))
    #expect(try await Captive.run(spec, "fill-file", "/file").lines == ["/file EROFS"])
  }

  @Test("It opens files without end, and comes to its limit")
  func files() async throws {
    var spec = SandboxSpec()
    spec.limits.openFiles = 40
    #expect(try await Captive.run(spec, "files").lines == ["37 EMFILE"])
  }

  @Test("It uses the processor without end, and is ended after its time")
  func processorTime() async throws {
    var spec = SandboxSpec()
    spec.limits.processorTime = .seconds(1)
    let outcome = try await Captive.run(spec, "spin")
    #expect(outcome.status == .signalled(Int(SIGKILL)) || outcome.status == .signalled(Int(SIGXCPU)))
  }

  @Test("It gets the variables it is granted and no descriptor of ours")
  func inheritance() async throws {
    let lines = try await Captive.start(["environment"], environment: ["GRANTED": "a=b c", "LD_PRELOAD": ""]) { _, _, lines async throws in
      await lines.reduce(into: []) { $0.append($1) }
    }
    #expect(Set(lines) == ["GRANTED=a=b c", "HOME=/tmp", "LD_PRELOAD=", "PWD=/tmp"])
    // The three, and the one that lists them.
    #expect(Set(try await Captive.run(SandboxSpec(), "list", "/proc/self/fd").lines) == ["0", "1", "2", "3"])
  }

  @Test("How it ends is known outside", arguments: [SIGSEGV, SIGTERM, SIGKILL])
  func ending(signal: Int32) async throws {
    #expect(try await Captive.run(SandboxSpec(), "raise", "\(signal)").status == .signalled(Int(signal)))
    #expect(try await Captive.run(SandboxSpec(), "no such command").status == .exited(code: 64))
  }

  @Test("Killed, it takes all that it has started with it")
  func killing() async throws {
    try await Captive.start(["wait"]) { _, process, lines async throws in
      var lines = lines.makeAsyncIterator()
      #expect(await lines.next() == "waiting")
      let descendants = ProcessStatus.descendants(of: process.pid)
      // The first process of the namespace, the program, and its child.
      #expect(descendants.count == 3)
      let watched = try descendants.map { try ProcessKeeper.shared.get().watch(pid: $0) }
      _ = await process.kill()
      for process in watched { _ = try await process.exit() }
    }
  }

  @Test("Nothing is left of it: no folder, control group or descriptor")
  func leavings() async throws {
    let support = await Captive.support
    let rounds = 40
    let before = Self.descriptors
    for round in 0..<rounds {
      let traces = try await withSandbox(SandboxSpec(), support: support, logger: Captive.quiet) { sandbox in
        let traces = [sandbox.madeFiles.folder] + (sandbox.group?.paths ?? [])
        for path in traces { #expect(FileKind(at: path) == .folder) }
        // Every other one starts nothing: a zero byte would end an argument and begin another.
        let command = PluginCommand(executable: "/usr/bin/true", arguments: [], environment: ["A": round % 2 == 0 ? "" : "\0--bind"])
        let outcome = try? await Captive.run(sandbox.enclose(command, hostSockets: nil)) { process, _ in try await process.exit() }
        #expect(outcome == (round % 2 == 0 ? .exited(code: 0) : nil))
        return traces
      }
      for path in traces { #expect(FileKind(at: path) == nil, "\(path)") }
    }
    // Other tests have descriptors of their own meanwhile, but not for ever; one lost each time would stay.
    try await eventually(within: .seconds(300)) { Self.descriptors < before + rounds / 2 }
  }

  @Test("A setup that fails starts nothing", arguments: [true, false])
  func failingSetup(isGranted: Bool) async throws {
    var spec = SandboxSpec()
    // Of a network that is not this machine's.
    spec.network = .restricted(allow: [], listen: [try Endpoint(parsing: "192.0.2.1:80")])
    if !isGranted { spec.readOnly = ["/no/such/path"] }
    let error = await #expect(throws: RopewalkError.self) { try await Captive.run(spec, "write", "/tmp/started") }
    #expect(error?.code == .sandboxConfiguration)
    #expect(error?.message.contains(isGranted ? "192.0.2.1:80" : "/no/such/path") == true)
  }

  /// How many descriptors this process has, without the connections of other tests.
  private static var descriptors: Int {
    SmallFile.names(in: "/proc/self/fd").count { FileKind.destination(ofLinkAt: "/proc/self/fd/\($0)")?.hasPrefix("socket:") == false }
  }
}
