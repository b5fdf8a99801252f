"""The load programs: what they are told, and what their lines say."""

import json
import os
import re

from processes import FOLDER, Failure, load_program, output_of, program, shown


def fields(text):
    """The key=value pairs of the last line that has any."""
    for line in reversed(text.strip().splitlines()):
        found = re.findall(r"(\w+)=(\S+)", line)
        if found:
            return {name: number(value) for name, value in found}
    raise Failure(f"no figures in {text.strip()[-200:]!r}")


def number(text):
    try:
        return float(text.rstrip("%"))
    except ValueError:
        return text


class Tools:
    """Runs load programs in one folder and remembers the commands, for the report."""

    def __init__(self, folder, commands):
        self.folder = folder
        self.commands = commands

    def run(self, command, limit, label):
        self.commands.setdefault(label, shown(command))
        return output_of(command, limit, self.folder)

    def streams(self, label, server, count, seconds, *flags, topics=1, stalled=0):
        """ssebench against a server; deliveries must be complete and in order."""
        command = [load_program("ssebench"), "-p", server.port, "-u", server.path, "-n", count,
                   "-k", topics, "-P", server.publisher, "-d", seconds, "-b", 128,
                   "-s", ",".join(map(str, server.descendants())), *flags]
        result = fields(self.run(command, seconds + 60, label))
        if seconds > 0:
            wrong = {name: result[name] for name in ("lost", "ooo", "bad", "closed", "puberr", "stalls")
                     if result[name]}
            if wrong:
                raise Failure(f"{label}: the deliveries are not complete: {wrong}")
        return result

    def post(self, label, port, path, connections, seconds, script="publish.lua"):
        """wrk against a server; every answer must be a 2xx."""
        command = [program("wrk"), "-t", 1, "-c", connections, "-d", f"{seconds}s", "--timeout", "30s",
                   "-s", os.path.join(FOLDER, "load", script), f"http://127.0.0.1:{port}{path}"]
        result = json.loads(self.run(command, seconds + 60, label).strip().splitlines()[-1])
        if result["bad_status"] or result["socket_errors"] or not result["requests"]:
            raise Failure(f"{label}: {result}")
        result["rate"] = result["requests"] / result["seconds"]
        return result

    def client(self, label, name, mode, port, count, *flags, limit=120):
        """An MQTT client program, as `mqblast` or `client-bench`; all must be there at the end."""
        path = client_bench() if name == "client-bench" else load_program(name)
        result = fields(self.run([path, mode, "-p", port, "-n", count, *flags], limit, label))
        if result["n"] != count or result.get("fail"):
            raise Failure(f"{label}: {result}")
        return result

    def durable(self, label, seconds, batch):
        """SQLite alone, one transaction of inserts and one of deletes by turns."""
        file = os.path.join(self.folder, "durable.db")
        return fields(self.run([load_program("durable"), "sqlite", "-f", file, "-d", seconds,
                                "-b", batch, "-y", "full", "-m", "insdel"], seconds + 60, label))


def client_bench():
    """The program of Benchmarks/client-bench; bench.sh builds it and says where it is."""
    path = os.environ.get("CLIENT_BENCH", "")
    if not os.access(path, os.X_OK):
        raise Failure("CLIENT_BENCH does not name a build of client-bench")
    return path
