import ArgumentParser
import Foundation
import RopewalkCore

/// What every fault takes, and how it ends.
struct TrialOptions: ParsableArguments {
  @Option(help: "How often the fault strikes.")
  var rounds = 200

  @Option(help: "Repeats a run's choices; the one that is used is printed.")
  var seed: UInt64 = .random(in: 1...UInt64(UInt32.max))

  @Option(help: "Seconds after which the run counts as hung.")
  var limit = 900

  @Option(help: "The folder of the run, which stays there; one that is not named stays only when a law was broken.")
  var folder: String?

  /// Runs one trial, prints its table, and fails when the law was broken.
  func verdict(
    _ title: String,
    prepare: (inout Host) async throws -> Void = { _ in },
    _ fault: @Sendable @escaping (Trial, SeededGenerator) async throws -> Void,
    finally: (Host) async throws -> Void = { _ in }
  ) async throws {
    let path = folder ?? FileManager.default.temporaryDirectory.appendingPathComponent("ropewalk-chaos-\(UUID().uuidString)").path
    var host = try Host.make(in: path)
    try await prepare(&host)
    let trial = Trial(host: host, seed: seed)
    let generator = SeededGenerator(seed: seed)
    let result: Result<Verdict, any Error>
    do {
      result = .success(try await trial.run(limit: .seconds(limit)) { try await fault(trial, generator) })
    } catch {
      result = .failure(error)
    }
    try await finally(host)
    let verdict = try result.get()
    print(verdict.text("\(title), seed \(seed)"))
    guard verdict.breaches.isEmpty else {
      print("  the run is in \(path)")
      throw ExitCode.failure
    }
    if folder == nil { try FileManager.default.removeItem(atPath: path) }
  }

  /// A line on the terminal that is written over.
  func progress(_ round: Int) {
    guard isatty(STDERR_FILENO) == 1 else { return }
    FileHandle.standardError.write(Data("\r\(round) of \(rounds)\(round == rounds ? "\r\u{1B}[K" : "")".utf8))
  }
}
