import Glibc
import RopewalkCore
import Testing

@testable import RopewalkProcess

@Suite struct SharedLibrariesTests {
  @Test func findsThoseOfASwiftProgram() {
    let system = SystemFiles.ofThisMachine
    let paths = SharedLibraries.paths(of: Captive.plugin, isSystem: system.contains)
    // Swift itself may be installed among the system's files.
    for path in paths {
      #expect(!system.contains(path))
      #expect(FileKind(at: path) == .file)
    }
    let swift = ELFFile(FileBytes(descriptor: open(Captive.plugin, O_RDONLY)))
    #expect(swift?.needed.contains("libswiftCore.so") == true)
    #expect(swift?.needed.contains("libc.so.6") == true)
  }

  @Test func givesAProgramNothingThatIsNoLibrary() throws {
    var template = Array("/tmp/ropewalk-test-XXXXXX".utf8CString)
    let folder = String(cString: template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress!) })
    defer {
      for name in SmallFile.names(in: folder) { unlink("\(folder)/\(name)") }
      rmdir(folder)
    }
    write(Array("-----BEGIN PRIVATE KEY-----".utf8), to: "\(folder)/key")
    write(FakeProgram(needs: ["key"], in: "/").bytes, to: "\(folder)/library.so")
    write(FakeProgram(needs: ["key", "library.so", "../key", "absent.so"], in: folder).bytes, to: "\(folder)/program")
    #expect(SharedLibraries.paths(of: "\(folder)/program", isSystem: { _ in false }) == ["\(folder)/library.so"])
    write(FakeProgram(needs: ["library.so"], in: "$ORIGIN/../\(folder.split(separator: "/").last!)").bytes, to: "\(folder)/program")
    #expect(
      SharedLibraries.paths(of: "\(folder)/program", isSystem: { _ in false })
        == ["\(folder)/../\(folder.split(separator: "/").last!)/library.so"]
    )
  }

  @Test func bearsEveryDamage() {
    let whole = FakeProgram(needs: ["library.so"], in: "/tmp").bytes
    for length in 0...whole.count { _ = ELFFile(Bytes(Array(whole.prefix(length)))) }
    for place in whole.indices {
      for value in [0, 0x7f, 0xff] as [UInt8] {
        var bytes = whole
        bytes[place] = value
        _ = ELFFile(Bytes(bytes))
      }
    }
    #expect(ELFFile(Bytes(whole))?.needed == ["library.so"])
    #expect(ELFFile(Bytes(Array("#!/bin/sh\n".utf8))) == nil)
  }

  private func write(_ bytes: [UInt8], to path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    defer { close(descriptor) }
    #expect(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
  }
}

private struct Bytes: ByteSource {
  let all: [UInt8]

  init(_ all: [UInt8]) {
    self.all = all
  }

  func bytes(at place: UInt64, count: Int) -> [UInt8] {
    guard place < UInt64(all.count) else { return [] }
    return Array(all[Int(place)...].prefix(count))
  }
}

/// The least that says which libraries it needs.
private struct FakeProgram {
  let bytes: [UInt8]

  init(needs names: [String], in folder: String) {
    let base = UInt64(0x1000)
    var strings: [UInt8] = [0]
    func place(_ text: String) -> UInt64 {
      defer { strings += Array(text.utf8) + [0] }
      return UInt64(strings.count)
    }
    var dynamic: [UInt64] = []
    for name in names { dynamic += [1, place(name)] }
    dynamic += [29, place(folder)]
    let start = UInt64(64 + 2 * 56)
    let end = start + UInt64(8 * (dynamic.count + 4))
    dynamic += [5, base + end, 0, 0]
    let size = end + UInt64(strings.count)

    func word(_ value: UInt64, _ count: UInt64) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    func segment(_ kind: UInt64, _ fields: [UInt64]) -> [UInt8] {
      var segment = word(kind, 4) + word(4, 4)
      for field in fields { segment += word(field, 8) }
      return segment
    }

    var all: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
    // Type, machine, version, entry, segments at, sections at, flags, own size, a segment's size, segments, and no sections.
    let header: [(UInt64, UInt64)] = [
      (3, 2), (62, 2), (1, 4), (0, 8), (64, 8), (0, 8), (0, 4), (64, 2), (56, 2), (2, 2), (0, 6),
    ]
    for (value, count) in header { all += word(value, count) }
    all += segment(1, [0, base, base, size, size, 8])
    all += segment(2, [start, base + start, base + start, UInt64(8 * dynamic.count), UInt64(8 * dynamic.count), 8])
    for value in dynamic { all += word(value, 8) }
    bytes = all + strings
  }
}
