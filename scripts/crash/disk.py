"""The disk of the bridge: a small file system of its own, which can be full and can lose its power."""

import contextlib
import fcntl
import os
import struct
import subprocess
import tempfile

# EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: as if the power went, without a last write.
SHUTDOWN, WITHOUT_FLUSH = 0x8004587D, 2


class Disk:
    """An ext4 in a file in memory, where the system lets us mount one; a plain folder elsewhere."""

    def __init__(self, scratch, mebibytes):
        self.path = scratch.file("disk")
        self.filler = os.path.join(self.path, "filler")
        os.mkdir(self.path)
        folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else scratch.path
        descriptor, self.image = tempfile.mkstemp(prefix="mqtt-bridge-crash-", dir=folder)
        os.truncate(descriptor, mebibytes << 20)
        os.close(descriptor)
        self.can_fail = self.make() and self.mount()
        self.data = os.path.join(self.path, "data")

    def make(self):
        try:
            return run("mkfs.ext4", "-q", "-F", "-m", "0", self.image)
        except FileNotFoundError:
            return False

    def mount(self):
        return run("mount", "-o", "loop,noatime", self.image, self.path)

    def fill(self):
        """Takes all the space there is."""
        with open(self.filler, "ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                with contextlib.suppress(OSError):
                    while file.write(bytes(size)) == size:
                        pass

    def free(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.filler)

    def cut_power(self):
        """From now on every access fails, and what was not synced is gone."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", WITHOUT_FLUSH))
        finally:
            os.close(descriptor)

    def restore_power(self):
        """Mounts the file system again, with what it has; nobody may have a file open in it."""
        if not (run("umount", self.path) and self.mount()):
            raise OSError(f"{self.path} cannot be mounted again")

    def close(self):
        if self.can_fail:
            run("umount", self.path) or run("umount", "-l", self.path)
        with contextlib.suppress(OSError):
            os.unlink(self.image)


def run(*command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode == 0
