extension Schema {
  /// The newest message of each topic that is wanted at any time.
  static let lastValues = """
    CREATE TABLE last_values (
      -- A value that changes gets a new number, so the lowest one has been there longest.
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      topic TEXT NOT NULL UNIQUE,
      time INTEGER NOT NULL,
      body BLOB NOT NULL
    );
    ALTER TABLE totals ADD COLUMN last_values INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE totals ADD COLUMN last_value_bytes INTEGER NOT NULL DEFAULT 0;
    """
}
