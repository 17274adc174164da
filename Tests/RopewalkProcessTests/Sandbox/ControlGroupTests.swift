import RopewalkCore
import Testing

@testable import RopewalkProcess

@Suite struct ControlGroupTests {
  @Test func findsTheHierarchiesOfVersionOne() {
    let places = ControlGroupPlaces(
      groups: "8:pids:/\n4:memory:/job/7\n2:cpu,cpuacct:/\n1:name=systemd:/\n0::/\n",
      mounts: """
        27 25 0:24 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
        30 25 0:27 / /sys/fs/cgroup/memory rw,relatime shared:7 - cgroup cgroup rw,memory
        34 25 0:31 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids
        36 25 0:33 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
        40 25 0:9 / /proc rw - proc proc rw
        """,
      unifiedControllers: { _ in [] }
    )
    #expect(
      places.places == [
        .init(path: "/sys/fs/cgroup/pids", isUnified: false, controllers: [.processes]),
        .init(path: "/sys/fs/cgroup/memory/job/7", isUnified: false, controllers: [.memory]),
        .init(path: "/sys/fs/cgroup/cpu,cpuacct", isUnified: false, controllers: [.processor]),
      ]
    )
    #expect(places.controllers == [.memory, .processor, .processes])
  }

  @Test func findsTheGroupOfVersionTwo() {
    var asked: [String] = []
    let places = ControlGroupPlaces(
      groups: "0::/system.slice/ropewalk.service\n",
      mounts: "30 25 0:27 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n",
      unifiedControllers: { path in
        asked.append(path)
        return [.memory, .processes]
      }
    )
    #expect(asked == ["/sys/fs/cgroup/system.slice/ropewalk.service"])
    #expect(places.controllers == [.memory, .processes])
  }

  @Test func findsAGroupOfWhichOnlyAPartIsMounted() {
    let mounts = "30 25 0:27 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup ro\n"
    func path(_ group: String) -> String? {
      ControlGroupPlaces(groups: "0::\(group)\n", mounts: mounts) { _ in [.memory] }.places.first?.path
    }
    #expect(path("/docker/abc") == "/sys/fs/cgroup")
    #expect(path("/docker/abc/inner") == "/sys/fs/cgroup/inner")
    #expect(path("/docker/abcd") == nil)
  }

  @Test func makesNothingOfWhatItCannotRead() {
    #expect(ControlGroupPlaces(groups: "", mounts: "", unifiedControllers: { _ in [.memory] }).places.isEmpty)
    #expect(ControlGroupPlaces(groups: "x\n::\n0::/", mounts: "- -\n1 2 3\n", unifiedControllers: { _ in [.memory] }).places.isEmpty)
  }

  @Test func countsOnlyOnWhatHoldsSomething() {
    var places = ControlGroupPlaces(
      groups: "3:pids:/\n2:cpu,memory:/\n",
      mounts: """
        30 25 0:27 / /sys/fs/cgroup/cpu,memory rw - cgroup cgroup rw,cpu,memory
        34 25 0:31 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
        """,
      unifiedControllers: { _ in [] }
    )
    #expect(places.controllers == [.memory, .processor, .processes])
    // As with a kernel whose controller of the processor has weights and no limits, where pids are another's.
    places.keep { $0.controllers.contains(.processes) ? [] : [.memory, .processes] }
    #expect(places.places == [.init(path: "/sys/fs/cgroup/cpu,memory", isUnified: false, controllers: [.memory])])
  }

  @Test func writesTheLimitsInEachVersion() {
    var limits = SandboxLimits()
    limits.memory = .mebibytes(64)
    limits.processors = 0.5
    limits.processes = 20
    func files(_ isUnified: Bool) -> [String: String] {
      let place = ControlGroupPlaces.Place(path: "/x", isUnified: isUnified, controllers: [.memory, .processor, .processes])
      return Dictionary(uniqueKeysWithValues: ControlGroup.settings(of: place, limits: limits).map { ($0.file, $0.value) })
    }
    #expect(
      files(true) == [
        "memory.max": "67108864", "memory.swap.max": "0", "memory.oom.group": "1", "pids.max": "20", "cpu.max": "50000 100000",
      ]
    )
    #expect(
      files(false) == [
        "memory.limit_in_bytes": "67108864", "memory.memsw.limit_in_bytes": "67108864", "pids.max": "20",
        "cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "50000",
      ]
    )
  }

  @Test func standsInWithLimitsOfProcesses() {
    var wanted = SandboxLimits()
    wanted.memory = .mebibytes(64)
    let all = ProcessLimits(wanted, groups: [], countsProcesses: true)
    let none = ProcessLimits(wanted, groups: [.memory, .processor, .processes], countsProcesses: false)
    #expect(all.limits.count == none.limits.count + 3)
    #expect(all.limits.contains { $0.value == 64 << 20 })
    #expect(all.givesWay && !none.givesWay)
  }

  @Test(arguments: [
    (1000, "6.1.0-13-amd64", true), (1000, "5.14.0", true), (1000, "5.13.9", false), (0, "6.1.0", false), (1000, "odd", false),
  ])
  func knowsWhereTheKernelCountsProcessesForEachSandbox(user: UInt32, release: String, counts: Bool) {
    #expect(SandboxSupport.countsProcesses(asUser: user, release: release) == counts)
  }

  @Test func saysWhatIsNotHeld() {
    func shortfalls(
      _ controllers: Set<ControlGroupPlaces.Controller>,
      countsProcesses: Bool = false,
      isRoot: Bool = true,
      sharesBySession: Bool = false
    ) -> [SandboxSupport.Shortfall] {
      SandboxSupport.shortfalls(
        controllers: controllers,
        countsProcesses: countsProcesses,
        isRoot: isRoot,
        sharesBySession: sharesBySession
      )
    }
    #expect(shortfalls([.memory, .processor, .processes], sharesBySession: true).isEmpty)
    let root = shortfalls([])
    #expect(root.count == 3)
    #expect(root.contains { $0.remedy.contains("instead of root") })
    #expect(shortfalls([], countsProcesses: true, isRoot: false).count == 2)
    let processor = shortfalls([.memory, .processes]).map(\.detail)
    #expect(processor == ["a plugin's processor time is not bounded; it only gives way to others"])
    let bySession = shortfalls([.memory, .processes], sharesBySession: true).map(\.detail)
    #expect(bySession.count == 1 && bySession.allSatisfy { $0.contains("not even that") })
  }
}
