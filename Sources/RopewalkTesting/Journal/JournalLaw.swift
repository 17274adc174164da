package import RopewalkJournal

/// The conformance suite of the ``Journal`` seam: every implementation's tests run every law.
///
/// ```swift
/// @Test(arguments: JournalLaw.allCases)
/// func law(_ law: JournalLaw) async throws {
///   try await law.verify { limits in MemoryJournal(limits: limits) }
/// }
/// ```
package enum JournalLaw: String, CaseIterable, Sendable {
  case positionsGrow
  case resultsAreInOrder
  case duplicatesAreRecognised
  case duplicatesInOneCallAreRecognised
  case settledMessagesAreStillDuplicates
  case customersAndIntegrationsHaveIdsOfTheirOwn
  case fullTakesNothing
  case settlingMakesRoom
  case settlingAgainChangesNothing
  case settlingWhatIsUnknownChangesNothing
  case unsettledIsInOrder
  case unsettledOfOneDestination
  case unsettledIsPaged
  case unsettledIsBoundedByBytes
  case unsettledNamesWhatIsOpen
  case messagesComeBackWhole
  case attemptsComeBack
  case ledgerBalances
  case ledgerNamesTheOldest
  case lettersAreKeptWithTheirEnds
  case lettersComeBackWhole
  case lettersAreFound
  case lettersArePagedByBytes
  case replaysCloseTheirLetters
  case discardedLettersStayReadable
  case concurrentCallsLoseNothing
  case customersWhoShareALineKeepTheirOwn
  case customersWhoShareALineComeBack

  /// Makes an empty journal.
  package typealias Factory = @Sendable (_ limits: JournalLimits) async throws -> any Journal
  /// Ends a journal, and opens it again as the next process does.
  package typealias Reopening = @Sendable (_ journal: any Journal, _ limits: JournalLimits) async throws -> any Journal

  /// Records an issue for each way in which the journal breaks the law.
  /// - Parameter reopen: what does not outlive its process stays as it is.
  package func verify(_ make: Factory, reopening reopen: Reopening = { journal, _ in journal }) async throws {
    switch self {
    case .positionsGrow: try await verifyPositionsGrow(try await make(.init(maxEntries: 100)))
    case .resultsAreInOrder: try await verifyResultsAreInOrder(try await make(.init(maxEntries: 2)))
    case .duplicatesAreRecognised: try await verifyDuplicates(try await make(.init(maxEntries: 100)))
    case .duplicatesInOneCallAreRecognised: try await verifyDuplicatesInOneCall(try await make(.init(maxEntries: 100)))
    case .settledMessagesAreStillDuplicates: try await verifySettledMessagesAreStillDuplicates(try await make(.init(maxEntries: 100)))
    case .customersAndIntegrationsHaveIdsOfTheirOwn: try await verifyIDsAreApart(try await make(.init(maxEntries: 100)))
    case .fullTakesNothing: try await verifyFullTakesNothing(try await make(.init(maxEntries: 3)))
    case .settlingMakesRoom: try await verifySettlingMakesRoom(try await make(.init(maxEntries: 1)))
    case .settlingAgainChangesNothing: try await verifySettlingAgain(try await make(.init(maxEntries: 100)))
    case .settlingWhatIsUnknownChangesNothing: try await verifySettlingUnknown(try await make(.init(maxEntries: 100)))
    case .unsettledIsInOrder: try await verifyUnsettledIsInOrder(try await make(.init(maxEntries: 100)))
    case .unsettledOfOneDestination: try await verifyUnsettledOfOneDestination(try await make(.init(maxEntries: 100)))
    case .unsettledIsPaged: try await verifyUnsettledIsPaged(try await make(.init(maxEntries: 100)))
    case .unsettledIsBoundedByBytes: try await verifyUnsettledIsBounded(try await make(.init(maxEntries: 100)))
    case .unsettledNamesWhatIsOpen: try await verifyUnsettledNamesWhatIsOpen(try await make(.init(maxEntries: 100)))
    case .messagesComeBackWhole: try await verifyMessagesComeBackWhole(try await make(.init(maxEntries: 100)))
    case .attemptsComeBack: try await verifyAttempts(try await make(.init(maxEntries: 100)))
    case .ledgerBalances: try await verifyLedgerBalances(try await make(.init(maxEntries: 100)))
    case .ledgerNamesTheOldest: try await verifyLedgerNamesTheOldest(try await make(.init(maxEntries: 100)))
    case .lettersAreKeptWithTheirEnds: try await verifyLettersAreKept(try await make(.init(maxEntries: 100)))
    case .lettersComeBackWhole: try await verifyLettersComeBackWhole(try await make(.init(maxEntries: 100)))
    case .lettersAreFound: try await verifyLettersAreFound(try await make(.init(maxEntries: 100)))
    case .lettersArePagedByBytes: try await verifyLettersArePaged(try await make(.init(maxEntries: 100)))
    case .replaysCloseTheirLetters: try await verifyReplays(try await make(.init(maxEntries: 100)))
    case .discardedLettersStayReadable: try await verifyDiscarding(try await make(.init(maxEntries: 100)))
    case .concurrentCallsLoseNothing: try await verifyConcurrentCalls(try await make(.init(maxEntries: 10_000)))
    case .customersWhoShareALineKeepTheirOwn: try await verifyCustomersWhoShareALine(try await make(Self.fewLines))
    case .customersWhoShareALineComeBack: try await verifyCustomersWhoShareALineComeBack(try await make(Self.fewLines), reopen)
    }
  }
}
