/// What a process may do with a journal.
package enum JournalRole: Sendable, Equatable {
  /// Everything. A journal has one owner at a time.
  case owner
  /// Reads, discards letters and sends them again, while an owner runs or not.
  case visitor
}
