import RopewalkCore
import Synchronization

/// The admission steps in their order: all that set defaults, then all that validate.
package final class AdmissionChain: Sendable {
  private let steps = Mutex<[AdmissionStep]>([])

  package init() {}

  /// Adds a step behind the others, or puts it in the place of the one with its name. Writes that have begun see the old.
  package func set(_ step: AdmissionStep) {
    steps.withLock { steps in
      if let index = steps.firstIndex(where: { $0.name == step.name }) { steps[index] = step } else { steps.append(step) }
    }
  }

  package func remove(_ name: String) {
    steps.withLock { $0.removeAll { $0.name == name } }
  }

  private func steps(for request: AdmissionRequest) -> [AdmissionStep] {
    steps.withLock { steps in steps.isEmpty ? [] : steps.filter { $0.concerns(request) } }
  }

  /// Returns the object with what the steps set.
  func settingDefaults(_ request: AdmissionRequest, warn: (String) -> Void) async throws -> Resource {
    var request = request
    for step in steps(for: request) {
      guard let setDefaults = step.setDefaults else { continue }
      let asked = request
      guard let answer = try await answer(of: step, warn, { try await setDefaults(asked) }) else { continue }
      let status = request.object.status
      request.object.fields = answer.fields
      // Defaults are for what is wished; what is so is written by whom it is granted.
      if request.type.hasStatus { request.object.status = status }
      request.object.metadata.labels = answer.metadata.labels
      request.object.metadata.annotations = answer.metadata.annotations
    }
    return request.object
  }

  /// Returns what the steps find wrong, all of them.
  func problems(_ request: AdmissionRequest, warn: (String) -> Void) async throws -> [InvalidField] {
    var problems: [InvalidField] = []
    for step in steps(for: request) {
      guard let validate = step.validate else { continue }
      problems += try await answer(of: step, warn) { try await validate(request) } ?? []
    }
    return problems
  }

  /// Nil where the step failed and that is ignored.
  private func answer<Value: Sendable>(
    of step: AdmissionStep,
    _ warn: (String) -> Void,
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value? {
    do {
      guard let answer = try await withTimeLimit(step.timeLimit, body) else {
        throw RopewalkError(ErrorCode("admission.timeout", .timeout), "it took longer than \(step.timeLimit.shortText)")
      }
      return answer
    } catch is CancellationError where Task.isCancelled {
      throw CancellationError()
    } catch let error as RopewalkError where error.code == .resourceAdmissionWaits {
      throw error
    } catch {
      let reason = (error as? RopewalkError)?.message ?? "\(error)"
      guard step.failurePolicy == .fail else {
        warn("the admission step \(step.name) gave no answer and is ignored: \(reason)")
        return nil
      }
      throw RopewalkError(.resourceAdmissionFailed, "the admission step \(step.name) gave no answer: \(reason)", cause: error)
    }
  }
}
