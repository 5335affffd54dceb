extension SSMService {
  static let schema = StorageSchema(
    module: "ssm",
    steps: [
      """
      CREATE TABLE ssm_parameters (
        name TEXT PRIMARY KEY, type TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL, modified INTEGER NOT NULL);
      """,
      // Each version of a parameter; the newest is the parameter. A name of one level is kept without its slash.
      """
      CREATE TABLE ssm_versions (
        name TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL, value TEXT NOT NULL, modified INTEGER NOT NULL,
        PRIMARY KEY (name, version)) WITHOUT ROWID;
      INSERT OR IGNORE INTO ssm_versions
        SELECT iif(name LIKE '/%' AND name NOT LIKE '/%/%', substr(name, 2), name), version, type, value, modified
        FROM ssm_parameters ORDER BY modified;
      DROP TABLE ssm_parameters;
      """,
    ])
}
