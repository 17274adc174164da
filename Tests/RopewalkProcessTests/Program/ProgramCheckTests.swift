import Foundation
import RopewalkCore
import Testing

@testable import RopewalkProcess

/// What stands where a program should be.
@Suite struct ProgramCheckTests {
  private func problem(_ path: String) -> String? {
    do throws(RopewalkError) {
      try ConnectorProgram(executable: path).check()
      return nil
    } catch {
      #expect(error.code == .connectorProgram)
      return error.message
    }
  }

  @Test func programsAndScriptsOfThisMachineAreFine() async throws {
    #expect(problem("/bin/sh") == nil)
    try await Folder.with { folder in
      let shell = try folder.write("a", "#!/bin/sh\n", executable: true)
      let found = try folder.write("b", "#! /usr/bin/env sh", executable: true)
      #expect(problem(shell) == nil && problem(found) == nil)
    }
  }

  @Test func whatIsNotThere() {
    #expect(problem("/nowhere/connector") == "there is no program /nowhere/connector; build it, or correct its path")
    #expect(problem("/bin/sh/connector") == "there is no program /bin/sh/connector; build it, or correct its path")
  }

  @Test func aFolder() {
    #expect(problem("/tmp") == "/tmp is a folder; name the program in it")
  }

  @Test func whatIsNoFile() {
    #expect(problem("/dev/null") == "/dev/null is no file")
  }

  @Test func whatMayNotBeExecuted() async throws {
    try await Folder.with { folder in
      let path = try folder.write("connector", "#!/bin/sh\n")
      #expect(problem(path) == "\(path) may not be executed; allow it: chmod +x \(path)")
    }
  }

  @Test func anotherMachinesProgram() async throws {
    try await Folder.with { folder in
      var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "/proc/self/exe"), options: .alwaysMapped).prefix(64))
      // EM_S390: nobody runs these tests there.
      (bytes[18], bytes[19]) = (0, 22)
      let path = try folder.write("connector", bytes, executable: true)
      #expect(problem(path) == "\(path) is a program for another kind of machine; build it for this one")
    }
  }

  @Test func aScriptWithoutItsInterpreter() async throws {
    try await Folder.with { folder in
      let path = try folder.write("connector", "#!/opt/python9/bin/python9 -u\r\n", executable: true)
      #expect(problem(path)?.hasPrefix("\(path) is a script for /opt/python9/bin/python9, which is not on this machine") == true)
    }
  }

  @Test(arguments: ["", "#!", "#!\n", "print('hello')\n", "\u{7F}EL"]) func whatIsNoProgram(_ text: String) async throws {
    try await Folder.with { folder in
      let path = try folder.write("connector", text, executable: true)
      #expect(problem(path)?.hasPrefix("\(path) is no program") == true)
    }
  }

  @Test func commandsAreLookedForInThePath() {
    #expect(ConnectorProgram.locate("sh") == "/usr/bin/sh" || ConnectorProgram.locate("sh") == "/bin/sh")
    #expect(ConnectorProgram.locate("no-such-program") == "no-such-program")
    #expect(ConnectorProgram.locate("./x") == "./x")
  }

  @Test func aRebuiltProgramHasAnotherFingerprint() async throws {
    try await Folder.with { folder in
      let path = try folder.write("connector", "#!/bin/sh\n", executable: true)
      let program = ConnectorProgram(executable: path)
      let first = program.fingerprint()
      #expect(first != nil && program.fingerprint() == first)
      try folder.write("connector", "#!/bin/sh\n# another\n", executable: true)
      #expect(program.fingerprint() != first)
      try FileManager.default.removeItem(atPath: path)
      #expect(program.fingerprint() == nil)
    }
  }
}
