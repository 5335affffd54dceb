extension SQSService {
  static let schema = StorageSchema(
    module: "sqs",
    steps: [
      """
      CREATE TABLE sqs_queues (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, attributes TEXT NOT NULL, created INTEGER NOT NULL,
        modified INTEGER NOT NULL, purged INTEGER);
      CREATE TABLE sqs_messages (
        id INTEGER PRIMARY KEY, queue_id INTEGER NOT NULL REFERENCES sqs_queues(id) ON DELETE CASCADE,
        message_id TEXT NOT NULL UNIQUE, body TEXT NOT NULL, attributes TEXT NOT NULL, sent INTEGER NOT NULL,
        visible INTEGER NOT NULL, received INTEGER NOT NULL DEFAULT 0, first_received INTEGER, receipt TEXT, source TEXT);
      CREATE INDEX sqs_visible ON sqs_messages (queue_id, visible, id);
      """,
      // A queue without a name has been deleted or purged: its messages go in pieces, then its row. An id is never used
      // again, so that no queue inherits them. A receipt handle names the message's row, so that it needs no index.
      // `earlier` counts the receives in the queues that a message came from.
      """
      CREATE TABLE sqs_queues_2 (
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, attributes TEXT NOT NULL, created INTEGER NOT NULL,
        modified INTEGER NOT NULL, purged INTEGER);
      INSERT INTO sqs_queues_2 SELECT id, name, attributes, created, modified, purged FROM sqs_queues;
      CREATE TABLE sqs_messages_2 (
        id INTEGER PRIMARY KEY, queue_id INTEGER NOT NULL, message_id TEXT NOT NULL, body TEXT NOT NULL, attributes TEXT,
        sent INTEGER NOT NULL, visible INTEGER NOT NULL, received INTEGER NOT NULL DEFAULT 0,
        earlier INTEGER NOT NULL DEFAULT 0, first_received INTEGER, source TEXT,
        message_group TEXT, trace TEXT);
      INSERT INTO sqs_messages_2
        SELECT id, queue_id, message_id, body, nullif(attributes, '{}'), sent, visible, received,
          iif(source IS NULL, 0, received), first_received, source, NULL, NULL FROM sqs_messages;
      DROP TABLE sqs_messages;
      DROP TABLE sqs_queues;
      ALTER TABLE sqs_messages_2 RENAME TO sqs_messages;
      ALTER TABLE sqs_queues_2 RENAME TO sqs_queues;
      CREATE INDEX sqs_visible ON sqs_messages (queue_id, visible, id);
      CREATE INDEX sqs_sent ON sqs_messages (queue_id, sent);
      """,
    ])
}
