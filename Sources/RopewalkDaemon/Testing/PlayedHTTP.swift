import RopewalkCore
import RopewalkPlugins
import RopewalkResources
import Synchronization

/// What stands behind guests' HTTP calls in a unit test: the answers that the running case names.
final class PlayedHTTP: Sendable {
  private struct Script {
    var mocks: [HTTPMock] = []
    /// How often each mock has answered.
    var turns: [Int] = []
  }

  private let script = Mutex(Script())

  /// Starts a case: from now on calls get these answers.
  func play(_ mocks: [HTTPMock]) {
    script.withLock { $0 = Script(mocks: mocks, turns: mocks.map { _ in 0 }) }
  }

  var outboundHTTP: OutboundHTTP {
    OutboundHTTP { request, _ throws(OutboundHTTP.Failure) in
      switch self.answer(to: request) {
      case .respond(let response):
        return response
      case .timeout:
        throw OutboundHTTP.Failure(.playedTimeout, "\(request.method) \(request.url) timed out, as the test case says")
      case .unreachable:
        throw OutboundHTTP.Failure(.playedUnreachable, "\(request.method) \(request.url) is unreachable, as the test case says")
      case nil:
        throw OutboundHTTP.Failure(
          .playedUnreachable,
          "the test case has no answer to \(request.method) \(request.url); add one under mocks.http"
        )
      }
    }
  }

  private func answer(to request: OutboundHTTP.Request) -> HTTPMock.Answer? {
    script.withLock { script in
      guard let index = script.mocks.firstIndex(where: { $0.fits(method: request.method, url: request.url) }) else { return nil }
      let answers = script.mocks[index].answers
      defer { script.turns[index] += 1 }
      return answers[min(script.turns[index], answers.count - 1)]
    }
  }
}

extension ErrorCode {
  static let playedTimeout = ErrorCode("http.timeout", .timeout)
  static let playedUnreachable = ErrorCode("http.unreachable", .unavailable)
}
