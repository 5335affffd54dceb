extension SSMService {
  static let schema = StorageSchema(
    module: "ssm",
    steps: [
      """
      CREATE TABLE ssm_parameters (
        name TEXT PRIMARY KEY, type TEXT NOT NULL, value TEXT NOT NULL, version INTEGER NOT NULL, modified INTEGER NOT NULL);
      """,
      // Each version of a parameter. A name of one level is kept without its slash; where both spellings were there, the one
      // that was written last is kept.
      """
      CREATE TABLE ssm_versions (
        name TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL, value TEXT NOT NULL, modified INTEGER NOT NULL,
        PRIMARY KEY (name, version)) WITHOUT ROWID;
      INSERT INTO ssm_versions
        SELECT kept, version, type, value, modified FROM (
          SELECT *, row_number() OVER (PARTITION BY kept ORDER BY modified DESC, version DESC, name) AS place FROM (
            SELECT *, iif(name LIKE '/%' AND name NOT LIKE '/%/%', substr(name, 2), name) AS kept FROM ssm_parameters))
        WHERE place = 1;
      DROP TABLE ssm_parameters;
      """,
      // The parameters themselves, each with its newest version and the path that it is right below, such as `/a/` for `/a/b`
      // and `/` for a name of one level: a page of them is read without the rest.
      """
      CREATE TABLE ssm_names (name TEXT PRIMARY KEY, folder TEXT NOT NULL, version INTEGER NOT NULL) WITHOUT ROWID;
      INSERT INTO ssm_names
        SELECT name, iif(name LIKE '/%', rtrim(name, replace(name, '/', '')), '/'), max(version)
        FROM ssm_versions GROUP BY name;
      CREATE INDEX ssm_folders ON ssm_names (folder, name);
      """,
      """
      ALTER TABLE ssm_versions ADD COLUMN description TEXT;
      ALTER TABLE ssm_versions ADD COLUMN key_id TEXT;
      ALTER TABLE ssm_versions ADD COLUMN tier TEXT NOT NULL DEFAULT 'Standard';
      ALTER TABLE ssm_versions ADD COLUMN data_type TEXT NOT NULL DEFAULT 'text';
      UPDATE ssm_versions SET tier = 'Advanced' WHERE length(CAST(value AS BLOB)) > 4096;
      UPDATE ssm_versions SET key_id = 'alias/aws/ssm' WHERE type = 'SecureString';
      ALTER TABLE ssm_names ADD COLUMN tags TEXT;
      CREATE TABLE ssm_labels (
        name TEXT NOT NULL, label TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (name, label)) WITHOUT ROWID;
      """,
      // How a name of one level was written, where that was with a slash, and what values have to match.
      """
      ALTER TABLE ssm_versions ADD COLUMN spelling TEXT;
      ALTER TABLE ssm_versions ADD COLUMN pattern TEXT;
      """,
    ])
}
