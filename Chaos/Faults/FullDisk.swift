import ArgumentParser
import Foundation
import RopewalkCore
import RopewalkTesting
import Subprocess
import SystemPackage

/// A disk that is full, again and again, and has room again.
struct FullDisk: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "full-disk",
    abstract: "Fills the file system of the journal while senders post, and makes room again. Needs root, and the right to mount."
  )

  @OptionGroup var options: TrialOptions

  /// For the database, its log and what is in flight.
  private static let room = 128
  /// For the large payloads of the dead letters, which stay.
  private static let roomPerRound = 2

  /// What it ends with where it may not mount: `scripts/chaos` names it as left out.
  private static let leftOut = ExitCode(77)

  func run() async throws {
    guard Mounts.areAllowed else {
      FileHandle.standardError.write(Data("full-disk is left out: \(Mounts.refusal)\n".utf8))
      throw Self.leftOut
    }
    try await options.verdict("a full disk, \(options.rounds) times") { host in
      try FileManager.default.createDirectory(atPath: host.data, withIntermediateDirectories: true)
      try await Self.run("mount", "-t", "tmpfs", "-o", "size=\(Self.room + options.rounds * Self.roomPerRound)m", "tmpfs", host.data)
    } _: { trial, generator in
      var generator = generator
      let ballast = trial.host.data + "/ballast"
      for round in 1...options.rounds {
        try await trial.host.run { running in
          try await trial.host.waitUntilReady()
          try await Task.sleep(for: .milliseconds(Int.random(in: 50...300, using: &generator)))
          Self.fill(ballast)
          try await Task.sleep(for: .milliseconds(Int.random(in: 50...800, using: &generator)))
          // Every other time it dies with the disk full.
          if Bool.random(using: &generator) { try running.kill() }
          try FileManager.default.removeItem(atPath: ballast)
          try await Task.sleep(for: .milliseconds(Int.random(in: 50...500, using: &generator)))
          try? running.kill()
        }
        options.progress(round)
      }
    } finally: { host in
      try await Self.run("umount", host.data)
    }
  }

  /// Writes until nothing more fits.
  private static func fill(_ path: String) {
    let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
    let block = [UInt8](repeating: 0xAA, count: 4096)
    while write(descriptor, block, block.count) > 0 {}
    close(descriptor)
  }

  private static func run(_ name: String, _ arguments: String...) async throws {
    let result = try await Subprocess.run(.name(name), arguments: Arguments(arguments), output: .discarded, error: .string(limit: 4096))
    guard case .exited(0) = result.terminationStatus else { throw Failure("\(name) failed: \(result.standardError)") }
  }
}
