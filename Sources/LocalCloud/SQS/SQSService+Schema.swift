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
      // How many messages a queue has, kept by whatever adds, takes or moves one.
      """
      ALTER TABLE sqs_queues ADD COLUMN messages INTEGER NOT NULL DEFAULT 0;
      UPDATE sqs_queues SET messages = (SELECT count(*) FROM sqs_messages WHERE queue_id = sqs_queues.id);
      CREATE TRIGGER sqs_added AFTER INSERT ON sqs_messages BEGIN
        UPDATE sqs_queues SET messages = messages + 1 WHERE id = NEW.queue_id;
      END;
      CREATE TRIGGER sqs_taken AFTER DELETE ON sqs_messages BEGIN
        UPDATE sqs_queues SET messages = messages - 1 WHERE id = OLD.queue_id;
      END;
      CREATE TRIGGER sqs_moved AFTER UPDATE OF queue_id ON sqs_messages BEGIN
        UPDATE sqs_queues SET messages = messages - 1 WHERE id = OLD.queue_id;
        UPDATE sqs_queues SET messages = messages + 1 WHERE id = NEW.queue_id;
      END;
      """,
      // `letters` is the ARN of the dead-letter queue, so that the queues of one are found. A move is named by its task.
      """
      ALTER TABLE sqs_queues ADD COLUMN tags TEXT;
      ALTER TABLE sqs_queues ADD COLUMN letters TEXT;
      UPDATE sqs_queues SET letters = (attributes ->> '$.RedrivePolicy') ->> '$.deadLetterTargetArn'
        WHERE json_valid(attributes ->> '$.RedrivePolicy');
      CREATE INDEX sqs_letters ON sqs_queues (letters, name) WHERE letters IS NOT NULL;
      CREATE TABLE sqs_moves (
        id INTEGER PRIMARY KEY, task TEXT NOT NULL, source TEXT NOT NULL, destination TEXT, rate INTEGER,
        status TEXT NOT NULL, moved INTEGER NOT NULL DEFAULT 0, total INTEGER NOT NULL, started INTEGER NOT NULL,
        failure TEXT);
      CREATE INDEX sqs_moves_of ON sqs_moves (source, id);
      """,
      // `passes` is 1 for a move that passes over messages which have nowhere to go back to.
      """
      ALTER TABLE sqs_moves ADD COLUMN passes INTEGER NOT NULL DEFAULT 0;
      CREATE INDEX sqs_sourced ON sqs_messages (queue_id, visible, id) WHERE source IS NOT NULL;
      """,
    ])
}
