/// What a store will never take as it is: how many samples, the first ten of them, and why.
public struct Rejections: Sendable, Hashable {
  private var kept: FirstFew<HistoryWrite.Rejection> = FirstFew()
  private var kinds: [Reason] = []

  /// Reasons that are told apart; the samples of any further one count in ``count`` alone.
  static let reasonsKept: Int = 10

  /// A reason, and how many samples it was given for.
  public struct Reason: Sendable, Hashable {
    /// The store's words for the first of them: reasons that differ in numbers and times alone are one.
    public let text: String
    /// How many samples it was given for.
    public fileprivate(set) var count: Int
    fileprivate let shape: [UInt8]
  }

  /// No rejections yet.
  public init() {}

  /// How many samples were rejected.
  public var count: Int { kept.count }
  /// True where no sample was rejected.
  public var isEmpty: Bool { kept.isEmpty }
  /// The first ten that were rejected.
  public var first: [HistoryWrite.Rejection] { kept.elements }
  /// The reasons, the most frequent one first; at most ten.
  public var reasons: [Reason] { kinds.sorted { $0.count > $1.count } }

  /// Counts one more sample.
  public mutating func add(_ rejection: HistoryWrite.Rejection) {
    kept.add(rejection)
    count(Self.shape(of: rejection.reason), rejection.reason, 1)
  }

  mutating func add(_ other: Self) {
    kept.add(other.kept)
    for reason in other.kinds { count(reason.shape, reason.text, reason.count) }
  }

  private mutating func count(_ shape: [UInt8], _ text: String, _ more: Int) {
    if let index = kinds.firstIndex(where: { $0.shape == shape }) {
      kinds[index].count += more
    } else if kinds.count < Self.reasonsKept {
      kinds.append(Reason(text: text, count: more, shape: shape))
    }
  }

  /// The text without its digits: Timestream puts the bounds of the moment into its reasons.
  private static func shape(of text: String) -> [UInt8] {
    text.utf8.filter { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}
