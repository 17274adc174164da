/// Why a message of the journal cannot begin its way.
enum LossReason {
  case replay(ReplayStart.Problem)
  /// With the remedy.
  case payloadLost(String)
}
