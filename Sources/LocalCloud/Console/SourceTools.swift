public import CacheSupport

/// What the console does with sources of series. Whoever starts the cloud gives it, for the cloud itself knows nothing of the cache;
/// without it the console has no *Sources*.
public protocol SourceTools: Sendable {
  /// What is wrong with a description; nil where nothing is.
  ///
  /// - Parameter keys: values that must not be in it.
  func fault(of draft: SourceDraft, without keys: [String]) -> SourceFault?

  /// Why a text cannot be an identifier; nil where it can.
  func fault(ofIdentifier identifier: String) -> String?

  /// Asks a source as a fetch does, and stores nothing. It ends soon after its task is cancelled.
  ///
  /// - Returns: what was asked, what was read, and what was never found, for the page to show; the key is nowhere in it.
  func check(_ question: SourceQuestion) async throws(SourceRefusal) -> JSON

  /// Registers an identifier, by the rules that the API has.
  ///
  /// - Parameters:
  ///   - attributes: of its item; nil leaves those that it has.
  ///   - environment: of the function that will fetch it.
  func register(
    _ identifier: String, source: String, attributes: JSON?, environment: [String: String]
  ) async throws(SourceRefusal) -> JSON
}

/// A description as somebody writes it.
public struct SourceDraft: Sendable, Hashable {
  /// Its name among the others.
  public var name: String
  /// JSON, or what is meant to be some.
  public var text: String

  public init(name: String, text: String) {
    self.name = name
    self.text = text
  }
}

/// What is wrong with a description, and where.
public struct SourceFault: Sendable, Hashable {
  public var place: String
  public var reason: String
  /// Where it is no JSON: the byte, from 0.
  public var offset: Int?

  public init(place: String, reason: String, offset: Int? = nil) {
    self.place = place
    self.reason = reason
    self.offset = offset
  }
}

/// What a source is to be asked.
public struct SourceQuestion: Sendable {
  public var draft: SourceDraft
  public var identifier: String
  /// In the place of those of the identifier's item; nil takes the item's.
  public var attributes: JSON?
  /// nil takes the one that a fetch would take.
  public var key: String?
  /// Of the function that fetches.
  public var environment: [String: String]
  /// When the check is given up.
  public var limit: Duration
}

/// Why something was not done.
public struct SourceRefusal: Error, Sendable, Hashable {
  /// As of an answer of HTTP.
  public var status: Int
  public var message: String

  public init(status: Int, message: String) {
    self.status = status
    self.message = message
  }
}
