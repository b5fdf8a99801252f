"""The event log on the disk of a bridge that is not running."""

import contextlib
import os
import shutil
import sqlite3
import tempfile

DATABASE = "bridge.sqlite3"


def fault(data, given_out):
    """What is wrong with the database for a bridge that has given out events up to this one; or None.

    It reads a copy, so that the next process finds what the last one left.
    """
    with tempfile.TemporaryDirectory(prefix="mqtt-bridge-crash-") as folder:
        for name in (DATABASE, DATABASE + "-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copy(os.path.join(data, name), folder)
        with contextlib.closing(sqlite3.connect(os.path.join(folder, DATABASE))) as connection:
            try:
                findings = connection.execute("PRAGMA integrity_check").fetchall()
                last = connection.execute(
                    "SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
            except sqlite3.DatabaseError as error:
                return f"the database cannot be read: {error}"
    if findings != [("ok",)]:
        return f"the database is damaged: {findings[:3]}"
    if given_out > (last[0] if last else 0):
        return f"the event {given_out}, which was given out, is not in the log, which ends at {last}"
    return None
