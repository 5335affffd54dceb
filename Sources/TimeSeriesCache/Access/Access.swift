package import CacheSupport

/// What a key lets its holder do.
package struct Access: Sendable, Hashable {
  /// One kind of request. None includes another: a key that may write cannot read what it wrote.
  package enum Permission: String, Sendable, Hashable, CaseIterable {
    case read, write
    /// Registers and removes series.
    case admin
  }

  /// Where a key counts.
  package enum Buckets: Sendable, Hashable {
    case all
    case only(Set<ByteText>)
  }

  /// The key's name, which may be logged.
  package let name: String
  /// What it may do in its buckets.
  package let permissions: Set<Permission>
  /// Where it may do that.
  package let buckets: Buckets

  package init(name: String, permissions: Set<Permission>, buckets: Buckets) {
    self.name = name
    self.permissions = permissions
    self.buckets = buckets
  }

  /// What the API's own key allows: it reads everything.
  package static let ofAPIKey: Access = Access(name: "the API's key", permissions: [.read], buckets: .all)

  /// - Parameter bucket: whose series is read; nil for one that a source knows, which belongs to none: only a key of all buckets
  ///   reads it.
  package func mayRead(bucket: String?) -> Bool { permissions.contains(.read) && covers(bucket) }

  package func mayWrite(bucket: String) -> Bool { permissions.contains(.write) && covers(bucket) }

  /// True where it may register and remove series.
  package var isAdmin: Bool { permissions.contains(.admin) }

  private func covers(_ bucket: String?) -> Bool {
    switch buckets {
    case .all: true
    case .only(let names): bucket.map { names.contains(ByteText($0)) } ?? false
    }
  }
}
