extension TimestreamService {
  static let schema = StorageSchema(
    module: "timestream",
    steps: [
      """
      CREATE TABLE timestream_databases (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kms_key TEXT, created INTEGER NOT NULL, updated INTEGER NOT NULL);
      CREATE TABLE timestream_tables (
        id INTEGER PRIMARY KEY, database_id INTEGER NOT NULL REFERENCES timestream_databases(id), name TEXT NOT NULL,
        memory_hours INTEGER NOT NULL, magnetic_days INTEGER NOT NULL, magnetic_writes TEXT NOT NULL,
        created INTEGER NOT NULL, updated INTEGER NOT NULL, UNIQUE (database_id, name));
      CREATE TABLE timestream_columns (
        table_id INTEGER NOT NULL REFERENCES timestream_tables(id) ON DELETE CASCADE, name TEXT NOT NULL,
        kind TEXT NOT NULL, type TEXT NOT NULL, place INTEGER NOT NULL, UNIQUE (table_id, name));
      """,
      """
      CREATE TABLE timestream_tags (
        arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key)) WITHOUT ROWID;
      """,
      """
      ALTER TABLE timestream_tables ADD COLUMN schema TEXT;
      CREATE TABLE timestream_scheduled_queries (
        arn TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, request TEXT NOT NULL, state TEXT NOT NULL, created INTEGER NOT NULL,
        previous INTEGER, next INTEGER, last_run TEXT, failed_runs TEXT NOT NULL, token TEXT);
      """,
    ])
}
