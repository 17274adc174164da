import NIOCore
import NIOPosix
import Synchronization

#if canImport(Glibc)
  import Glibc
  import SwiftOverlayShims
#else
  import Darwin
#endif

/// The system's resolver with a short memory.
final class SystemResolver: Sendable {
  /// How long a found name is not asked for again.
  static let cacheTime: TimeAmount = .seconds(30)
  /// Names that are remembered.
  static let maxCachedNames = 1024
  /// Names that are looked up at once; a further one waits, within its own call's time.
  static let maxLookups = 8

  private struct Entry {
    var addresses: [SocketAddress]
    var expires: NIODeadline
  }

  private struct Key: Hashable {
    var host: String
    var port: Int
  }

  private let threads: NIOThreadPool
  private let cache = Mutex<[Key: Entry]>([:])

  /// - Parameter threads: started by the owner, with ``maxLookups`` threads, and shut down by it.
  init(threads: NIOThreadPool) {
    self.threads = threads
  }

  var resolver: AddressResolver {
    AddressResolver { host, port in await self.addresses(of: host, port: port) }
  }

  private func addresses(of host: String, port: Int) async -> [SocketAddress] {
    if let address = try? SocketAddress(ipAddress: host, port: port) { return [address] }
    let key = Key(host: host, port: port)
    let now = NIODeadline.now()
    if let entry = cache.withLock({ $0[key] }), entry.expires > now { return entry.addresses }
    let found = OneShot<[SocketAddress]>()
    let addresses = await withTaskCancellationHandler {
      threads.submit { state in
        found.fulfil(state == .active ? Self.askSystem(host: host, port: port) : [])
      }
      return await found.wait()
    } onCancel: {
      found.fulfil([])
    }
    if !addresses.isEmpty {
      cache.withLock { cache in
        if cache.count >= Self.maxCachedNames { cache = cache.filter { $0.value.expires > now } }
        if cache.count < Self.maxCachedNames { cache[key] = Entry(addresses: addresses, expires: now + Self.cacheTime) }
      }
    }
    return addresses
  }

  private static func askSystem(host: String, port: Int) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list
    while let info = next {
      next = info.pointee.ai_next
      guard let socketAddress = info.pointee.ai_addr else { continue }
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      guard getnameinfo(socketAddress, info.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else { continue }
      let end = text.firstIndex(of: 0) ?? text.endIndex
      let numeric = String(decoding: text[..<end].map(UInt8.init(bitPattern:)), as: UTF8.self)
      if let address = try? SocketAddress(ipAddress: numeric, port: port), !addresses.contains(address) { addresses.append(address) }
    }
    return addresses
  }
}
