package import RopewalkCore
import RopewalkResources
import Synchronization

/// The secrets that log lines must not show; they become known when integration files are read, after the log is open.
package final class LogRedaction: Sendable {
  private struct State {
    var secrets: Set<Secret> = []
    var redactor = SecretRedactor([])
  }

  private let state = Mutex(State())

  package init() {}

  /// How many there are. The same ones become known each time that an integration is read, or a connector asks.
  var count: Int { state.withLock(\.secrets.count) }

  package func hide(_ secrets: some Sequence<Secret>) {
    state.withLock { state in
      let new = secrets.filter { !state.secrets.contains($0) }
      guard !new.isEmpty else { return }
      state.secrets.formUnion(new)
      state.redactor = SecretRedactor(state.secrets)
    }
  }

  package func redact(_ text: String) -> String {
    state.withLock(\.redactor).redact(text)
  }
}
