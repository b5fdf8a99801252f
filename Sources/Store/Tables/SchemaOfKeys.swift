extension Schema {
  /// The keys of items, and the items that nobody could deliver.
  static let keysAndDeadLetters = """
    CREATE TABLE item_keys (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      name BLOB NOT NULL UNIQUE,
      fingerprint BLOB NOT NULL,
      item BLOB NOT NULL,
      created_at INTEGER NOT NULL,
      -- How the item ended, once it has: outcomes of their own are forgotten sooner.
      stored_at INTEGER,
      finished_at INTEGER,
      code INTEGER,
      detail BLOB
    );
    CREATE INDEX item_keys_by_item ON item_keys (item);
    CREATE TABLE dead_letters (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      id BLOB NOT NULL UNIQUE,
      stored_at INTEGER NOT NULL,
      expires_at INTEGER,
      died_at INTEGER NOT NULL,
      code INTEGER NOT NULL,
      detail BLOB NOT NULL,
      body BLOB NOT NULL
    );
    CREATE TABLE dead_letter_totals (
      messages INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      dropped INTEGER NOT NULL
    );
    INSERT INTO dead_letter_totals VALUES (0, 0, 0);
    """
}
