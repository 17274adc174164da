import RopewalkCore
import RopewalkJournal

struct AccountKey: Hashable {
  let integration: String
  let customer: String
}

/// A line of the ledger.
struct Account {
  let number: Int64
  /// For customers beyond the ledger's lines.
  let isShared: Bool
}

/// What a transaction adds to a line of the ledger.
struct AccountChange {
  var accepted: Int64 = 0
  var delivered: Int64 = 0
  var filtered: Int64 = 0
  var deadLettered: Int64 = 0
  var duplicates: Int64 = 0
}

extension JournalWriter {
  /// The line of a message's integration and customer, made when it is new.
  func account(for metadata: MessageMetadata) throws -> Account {
    let key = AccountKey(integration: metadata.integrationID, customer: metadata.customerID)
    if let account = accounts[key] { return account }
    let account = try findAccount(key) ?? makeAccount(key)
    accounts[key] = account
    return account
  }

  private func findAccount(_ key: AccountKey) throws -> Account? {
    statements.findAccount.bind(key.integration, at: 1)
    statements.findAccount.bind(key.customer, at: 2)
    return try statements.findAccount.first { Account(number: $0.integer(0), isShared: false) }
  }

  private func makeAccount(_ key: AccountKey) throws -> Account {
    let count = try statements.countAccounts.first { $0.integer(0) } ?? 0
    guard count >= settings.limits.maxLedgerLines else { return Account(number: try insertAccount(key), isShared: false) }
    let shared = AccountKey(integration: key.integration, customer: LedgerEntry.furtherCustomers)
    let number = try findAccount(shared)?.number ?? insertAccount(shared)
    return Account(number: number, isShared: true)
  }

  private func insertAccount(_ key: AccountKey) throws -> Int64 {
    statements.insertAccount.bind(key.integration, at: 1)
    statements.insertAccount.bind(key.customer, at: 2)
    guard let number = try statements.insertAccount.first({ $0.integer(0) }) else {
      throw SQLiteFailure(corrupt: "an inserted account is not there")
    }
    return number
  }

  func writeAccountChanges() throws {
    for (number, change) in accountChanges {
      let statement = statements.updateAccount
      statement.bind(change.accepted, at: 1)
      statement.bind(change.delivered, at: 2)
      statement.bind(change.filtered, at: 3)
      statement.bind(change.deadLettered, at: 4)
      statement.bind(change.duplicates, at: 5)
      statement.bind(number, at: 6)
      try statement.run()
    }
    accountChanges.removeAll(keepingCapacity: true)
  }

  /// The number of a name that is known; nil otherwise.
  func findName(_ name: String) throws -> Int64? {
    if let number = names[name] { return number }
    statements.findName.bind(name, at: 1)
    let number = try statements.findName.first { $0.integer(0) }
    if let number { names[name] = number }
    return number
  }

  /// The number of a name, given now when it is new.
  func number(of name: String) throws -> Int64 {
    if let number = try findName(name) { return number }
    statements.insertName.bind(name, at: 1)
    guard let number = try statements.insertName.first({ $0.integer(0) }) else {
      throw SQLiteFailure(corrupt: "an inserted name is not there")
    }
    names[name] = number
    return number
  }
}
