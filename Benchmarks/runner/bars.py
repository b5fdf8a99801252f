"""What a bar is, and the stage that its rounds play on."""

import contextlib
import os
import tempfile

from figures import Result
from servers import Bridge, Mosquitto, NullBroker
from tools import Tools


class Bar:
    """One bar: `prepare` once, `round` as often as told, and `finish` holds the figures against limits."""

    number = 0
    title = ""
    method = ""

    def prepare(self, run):
        pass

    def round(self, run):
        raise NotImplementedError

    def finish(self, result):
        raise NotImplementedError


class Run:
    """One bar under way: its folder, its load programs, its figures, and what ends with it."""

    def __init__(self, folder, seconds, stack, is_quick):
        self.folder = folder
        self.seconds = seconds
        self.stack = stack
        self.is_quick = is_quick
        self.result = Result()
        self.tools = Tools(folder, self.result.commands)

    def note(self, name, value):
        return self.result.note(name, value)

    def fresh_folder(self):
        return tempfile.mkdtemp(dir=self.folder)

    @contextlib.contextmanager
    def server(self, kind, *flags):
        with kind(self.fresh_folder(), *flags) as server:
            yield server

    @contextlib.contextmanager
    def bridge(self, *flags, broker=Mosquitto, data=None):
        """A bridge and its broker, both fresh, unless the data directory is given."""
        folder = self.fresh_folder()
        with broker(folder) as upstream, \
                Bridge(folder, upstream.port, *flags, data=data) as bridge:
            bridge.upstream = upstream
            yield bridge

    @contextlib.contextmanager
    def bridge_and_null_broker(self, *flags):
        with self.bridge(*flags, broker=NullBroker) as bridge:
            yield bridge

    def scale(self, count):
        """A count for a whole run; a quick one gets a fifth."""
        return count // 5 if self.is_quick else count

    def path(self, name):
        return os.path.join(self.folder, name)
