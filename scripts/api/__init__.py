"""What schemathesis plays, and with whom."""
