extension LambdaService {
  static let schema = StorageSchema(
    module: "lambda",
    steps: [
      """
      CREATE TABLE lambda_events (
        id TEXT PRIMARY KEY, function TEXT NOT NULL, payload BLOB NOT NULL, attempts INTEGER NOT NULL,
        accepted INTEGER NOT NULL);
      """
    ])
}
