"""A bridge in a container of the image: as buildah runs it, or alone in a root that cannot be written to."""

import os
import signal
import subprocess

import rig

USER = 65532


def descendants(pid):
    """The processes below one, the nearest first."""
    found = []
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        for child in file.read().split():
            try:
                found += [int(child), *descendants(int(child))]
            except FileNotFoundError:
                pass
    return found


def name(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


class Container(rig.Bridge):
    """The flags are those of the test, everything else comes with the image."""

    def __init__(self, prefix, scratch, broker, *flags):
        super().__init__("mqtt-bridge", scratch, broker, *flags, data="/data")
        self.command = [*prefix, *self.command]

    def program(self):
        """The process of the bridge itself."""
        return next((pid for pid in [self.process.pid, *descendants(self.process.pid)] if name(pid) == "mqtt-bridge"), None)

    def stop(self):
        os.kill(self.program(), signal.SIGTERM)
        status = self.process.wait(30)
        if status != 0:
            raise rig.Failure(f"the container ended with status {status} after SIGTERM")

    def close(self):
        if self.process and self.process.poll() is None:
            pid = self.program()
            if pid:
                os.kill(pid, signal.SIGKILL)
            self.process.wait(30)


def by_buildah(container, volume):
    return ["buildah", "run", "--isolation", "chroot", "--volume", f"{volume}:/data", container, "--"]


# Arguments: the root, the volume, then what is run. The process is the first of its own, as in a container, and has no
# capability; nothing but the volume can be written to.
ALONE = """
set -eu
root=$1 volume=$2
shift 2
mount --bind "$root" "$root"
mount --bind "$volume" "$root/data"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
exec setpriv --no-new-privs chroot --userspec=65532:65532 "$root" "$@"
"""


def alone(root, volume):
    return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", ALONE, "sh", root, volume]


def run(command):
    return subprocess.run(command, capture_output=True, text=True, check=False)
