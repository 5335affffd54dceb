extension DynamoDBService {
  static let schema = StorageSchema(
    module: "dynamodb",
    steps: [
      """
      CREATE TABLE dynamodb_tables (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, description TEXT NOT NULL, ttl_attribute TEXT);
      CREATE TABLE dynamodb_items (
        table_id INTEGER NOT NULL REFERENCES dynamodb_tables(id) ON DELETE CASCADE,
        hash BLOB NOT NULL, range BLOB NOT NULL, item TEXT NOT NULL, size INTEGER NOT NULL, expires INTEGER,
        PRIMARY KEY (table_id, hash, range)) WITHOUT ROWID;
      CREATE INDEX dynamodb_expiry ON dynamodb_items (expires) WHERE expires IS NOT NULL;
      """,
      """
      CREATE TABLE dynamodb_tokens (token TEXT PRIMARY KEY, digest BLOB NOT NULL, ended INTEGER NOT NULL) WITHOUT ROWID;
      CREATE INDEX dynamodb_tokens_ended ON dynamodb_tokens (ended);
      """,
      partsStep,
      indexesStep,
    ])

  /// Entries of secondary indexes. An index that has no table is deleted; one that is being filled remembers how far it is, by the
  /// place of the last item that was looked at.
  private static let indexesStep = """
    CREATE TABLE dynamodb_indexes (
      id INTEGER PRIMARY KEY AUTOINCREMENT, table_id INTEGER, items INTEGER NOT NULL DEFAULT 0,
      bytes INTEGER NOT NULL DEFAULT 0, fill_part INTEGER, fill_hash BLOB, fill_range BLOB);
    CREATE INDEX dynamodb_indexes_table ON dynamodb_indexes (table_id);
    CREATE INDEX dynamodb_indexes_fill ON dynamodb_indexes (id) WHERE fill_part IS NOT NULL;
    CREATE TABLE dynamodb_index_entries (
      index_id INTEGER NOT NULL, part INTEGER NOT NULL, hash BLOB NOT NULL, range BLOB NOT NULL, item_hash BLOB NOT NULL,
      item_range BLOB NOT NULL, item BLOB NOT NULL, size INTEGER NOT NULL,
      PRIMARY KEY (index_id, part, hash, range, item_hash, item_range)) WITHOUT ROWID
    """

  /// Items lie by the part of their table, which ``ItemKey/part(of:)`` says; a table counts its items, keeps its number for itself,
  /// and has no name once it is deleted. FNV-1a in SQL: SQLite has no exclusive or, and `a ^ b` is `(a | b) - (a & b)`.
  private static let partsStep = """
    DROP INDEX dynamodb_expiry;
    ALTER TABLE dynamodb_items RENAME TO dynamodb_items_by_key;
    CREATE TABLE dynamodb_items (
      table_id INTEGER NOT NULL, part INTEGER NOT NULL, hash BLOB NOT NULL, range BLOB NOT NULL, item BLOB NOT NULL,
      size INTEGER NOT NULL, expires INTEGER, PRIMARY KEY (table_id, part, hash, range)) WITHOUT ROWID;
    INSERT INTO dynamodb_items
      SELECT table_id,
        (WITH RECURSIVE fnv(place, part, byte) AS (
          SELECT 1, 2166136261, \(byte(at: "1"))
          UNION ALL
          SELECT place + 1, (((part | byte) - (part & byte)) * 16777619) & 4294967295, \(byte(at: "place + 1"))
          FROM fnv WHERE place <= length(hash) + 2)
        SELECT part FROM fnv ORDER BY place DESC LIMIT 1) AS part,
        hash, range, CAST(item AS BLOB), size, expires
      FROM dynamodb_items_by_key ORDER BY 1, 2, 3, 4;
    DROP TABLE dynamodb_items_by_key;
    CREATE INDEX dynamodb_expiry ON dynamodb_items (expires) WHERE expires IS NOT NULL;
    ALTER TABLE dynamodb_tables RENAME TO dynamodb_named_tables;
    CREATE TABLE dynamodb_tables (
      id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, description TEXT NOT NULL, ttl_attribute TEXT,
      items INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0, ttl_part INTEGER, ttl_hash BLOB, ttl_range BLOB);
    INSERT INTO dynamodb_tables (id, name, description, ttl_attribute, items, bytes)
      SELECT id, name, description, ttl_attribute,
        (SELECT count(*) FROM dynamodb_items WHERE table_id = id),
        (SELECT coalesce(sum(size), 0) FROM dynamodb_items WHERE table_id = id)
      FROM dynamodb_named_tables;
    DROP TABLE dynamodb_named_tables
    """

  /// A byte of the hash key as a number; 0 past its end.
  private static func byte(at place: String) -> String {
    func digit(_ number: Int) -> String {
      "instr('0123456789ABCDEF', substr(hex(substr(hash, \(place), 1)), \(number), 1)) - 1"
    }
    return "CASE WHEN \(place) > length(hash) THEN 0 ELSE 16 * (\(digit(1))) + \(digit(2)) END"
  }
}
