/// What chunks are kept for: the one difference between history and forecast.
enum ChunkPolicy: Sendable, Hashable {
  /// What has happened. A chunk is served and kept until its end and the retention have passed; nil is for ever.
  case history(retentionDays: Int?)
  /// What is predicted. A row is served until seven days after the later of its time and its version, which is its fetch's time; the item
  /// is kept as long as any of its rows.
  case forecast
}
