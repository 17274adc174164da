package import RopewalkCore
import RopewalkResources
import Synchronization

/// The secrets that log lines must not show; they become known when integration files are read, after the log is open.
package final class LogRedaction: Sendable {
  private struct State {
    var secrets: [Secret] = []
    var redactor = SecretRedactor([])
  }

  private let state = Mutex(State())

  package init() {}

  package func hide(_ secrets: some Sequence<Secret>) {
    state.withLock { state in
      state.secrets += secrets
      state.redactor = SecretRedactor(state.secrets)
    }
  }

  package func redact(_ text: String) -> String {
    state.withLock(\.redactor).redact(text)
  }
}
