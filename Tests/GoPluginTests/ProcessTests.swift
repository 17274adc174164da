import Glibc
import GoPlugin
import RopewalkTesting
import Testing

@testable import GoPlugin

@Suite(.takesTurns)
struct ProcessTests {
  @Test(
    "A plugin dies with its host under kill -9",
    .enabled(if: Peers.areBuilt, "run scripts/build-go-plugins: the peers in Go are missing"),
    arguments: [Peers.goPlugin, Peers.swiftPeer]
  )
  func noOrphan(plugin: String) async throws {
    let directory = try PrivateDirectory(under: "/tmp")
    // The host is killed and cannot tidy up.
    defer { directory.remove() }
    let orphan = try await Program.start(Peers.swiftPeer, ["host", plugin, directory.path]) { host, lines async throws in
      var iterator = lines.makeAsyncIterator()
      let pid = try #require(await iterator.next().flatMap { Int32($0) })
      let orphan = try ProcessKeeper.shared.get().watch(pid: pid)
      #expect(orphan.signal(0))
      #expect(host.signal(SIGKILL))
      return orphan
    }
    // Waits for the kernel, not for a time; a plugin that lives on holds this until the suite's limit.
    #expect(try await orphan.exit() == .unknown)
  }

  @Test("A signal to a process that is over goes nowhere")
  func noReuse() async throws {
    try await Program.start("/bin/true", []) { process, _ async throws in
      #expect(try await process.exit() == .exited(code: 0))
      #expect(!process.signal(SIGKILL))
      #expect(await process.kill() == .exited(code: 0))
    }
  }

  @Test("What a plugin has started goes with it")
  func group() async throws {
    let child = try await Program.start("/bin/sh", ["-c", "sleep 60 & echo $!; wait"]) { _, lines async throws in
      var iterator = lines.makeAsyncIterator()
      let pid = try #require(await iterator.next().flatMap { Int32($0) })
      return try ProcessKeeper.shared.get().watch(pid: pid)
    }
    #expect(try await child.exit() == .unknown)
  }

  @Test("A plugin gets three descriptors and no other, and no new rights")
  func descriptors() async throws {
    // Deliberately without close-on-exec.
    let leak = open("/dev/null", O_RDONLY)
    defer { close(leak) }
    let output = try await Program.run("/bin/ls", ["/proc/self/fd"]).output
    // The fourth is the folder that ls reads.
    #expect(output == "0\n1\n2\n3\n")
    let status = try await Program.run("/bin/grep", ["-E", "SigIgn|SigBlk", "/proc/self/status"]).output
    let masks = status.split(separator: "\n").compactMap { UInt64($0.suffix(16), radix: 16) }
    // The C library keeps signals 32 and 33 to itself.
    #expect(masks.map { $0 & ~0x1_8000_0000 } == [0, 0])
  }

  @Test(
    "Starts and crashes, a thousand of them in the soak, leave no descriptor, thread or memory behind",
    .enabled(if: Peers.areBuilt, "run scripts/build-go-plugins: the peers in Go are missing")
  )
  func cycles() async throws {
    let count = Peers.isSoak ? 1000 : 80
    let report = try await Program.run(Peers.swiftPeer, ["cycles", Peers.goPlugin, "\(count)"])
    #expect(report.status == .exited(code: 0))
    let numbers = report.output.split(whereSeparator: { $0 == " " || $0 == "\n" }).compactMap { Int($0) }
    try #require(numbers.count == 6, "\(report.output)")
    #expect(numbers[1] <= numbers[0], "descriptors")
    // The pool of Swift's tasks comes and goes by a few.
    #expect(numbers[3] < numbers[2] + 8, "threads")
    // Caches of the allocator: some 2 MiB, however many starts there were.
    #expect(numbers[5] - numbers[4] < 6144, "kilobytes")
  }
}
