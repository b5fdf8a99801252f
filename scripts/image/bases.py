"""Base images without a registry: a Debian of debootstrap, and the same with what a Swift image has beside the toolchain.

The toolchain is mounted from this machine. Both are made once, and kept by buildah until `buildah rmi` takes them.
"""

import os
import re
import shutil
import subprocess

import rig

SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
RUNTIME = "localhost/mqtt-bridge-test-runtime"
SWIFT = "localhost/mqtt-bridge-test-swift"
# What the toolchain asks of a Debian 12.
SWIFT_NEEDS = ("binutils", "git", "libc6-dev", "libcurl4-openssl-dev", "libedit2", "libgcc-12-dev", "libncurses6",
               "libsqlite3-0", "libstdc++-12-dev", "libxml2", "libz3-4", "tzdata", "zlib1g-dev")


def buildah(*arguments, check=True, **more):
    done = subprocess.run(["buildah", *arguments], capture_output=True, text=True, check=False, **more)
    if check and done.returncode != 0:
        raise rig.Failure(f"buildah {' '.join(arguments[:3])}: {done.stderr.strip()[-1500:]}")
    return done.stdout.strip()


def has(image):
    return subprocess.run(["buildah", "inspect", "--type", "image", image], capture_output=True,
                          check=False).returncode == 0


def toolchain():
    """The folder with usr/bin/swift."""
    swift = shutil.which("swift")
    if swift is None:
        raise rig.Failure("no swift in PATH")
    folder = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(swift))))
    if folder == "/":
        raise rig.Failure("swift is installed in /usr, which cannot be mounted into an image: set SWIFT_IMAGE")
    return folder


def local_sources():
    """What git is told to use instead of a host, so that the packages come from where they come here."""
    done = subprocess.run(["git", "config", "--system", "--get-regexp", r"^url\..*\.insteadof$"], capture_output=True,
                          text=True, check=False)
    folders = {match.group(1).rstrip("/") for match in re.finditer(r"^url\.(/.*)\.insteadof ", done.stdout, re.MULTILINE)}
    return ["/etc/gitconfig", *sorted(folders)] if folders else []


def runtime():
    """A Debian as small as debian:12-slim."""
    if os.environ.get("RUNTIME_IMAGE"):
        return os.environ["RUNTIME_IMAGE"]
    if has(RUNTIME):
        return RUNTIME
    if shutil.which("debootstrap") is None:
        raise rig.Failure("no debootstrap (Debian: apt-get install buildah debootstrap)")
    print("image-test: making a Debian with debootstrap, once", flush=True)
    with rig.Scratch() as scratch:
        root, archive = scratch.file("root"), scratch.file("root.tar")
        done = subprocess.run(["debootstrap", "--variant=minbase", SUITE, root, MIRROR], capture_output=True, text=True,
                              check=False)
        if done.returncode != 0:
            raise rig.Failure(f"debootstrap: {done.stdout.strip()[-800:]}")
        shutil.rmtree(os.path.join(root, "var/cache/apt/archives"), ignore_errors=True)
        subprocess.run(["tar", "-C", root, "-cf", archive, "."], check=True)
        container = buildah("from", "scratch")
        try:
            buildah("add", container, archive, "/")
            buildah("config", "--cmd", "/bin/bash", container)
            buildah("commit", "--quiet", container, RUNTIME)
        finally:
            buildah("rm", container)
    return RUNTIME


def swift():
    """The same, ready for the toolchain that is mounted."""
    if os.environ.get("SWIFT_IMAGE"):
        return os.environ["SWIFT_IMAGE"]
    if has(SWIFT):
        return SWIFT
    container = buildah("from", runtime())
    try:
        for command in (["apt-get", "update"],
                        ["apt-get", "install", "--yes", "--no-install-recommends", "ca-certificates", *SWIFT_NEEDS]):
            buildah("run", "--isolation", "chroot", "--env", "DEBIAN_FRONTEND=noninteractive", container, "--", *command)
        path = f"{toolchain()}/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        buildah("config", "--env", f"PATH={path}", container)
        buildah("commit", "--quiet", container, SWIFT)
    finally:
        buildah("rm", container)
    return SWIFT


# Stands for the compiler: what it "builds" is there already.
COMPILER = """#!/bin/sh
mkdir -p .build/release
cp /program .build/release/mqtt-bridge
"""


def stand_in(program):
    """A base in which `swift build` gives a program that was built before."""
    name = SWIFT + "-stand-in"
    container = buildah("from", swift())
    with rig.Scratch() as scratch:
        compiler = scratch.file("swift")
        with open(compiler, "w", encoding="utf-8") as file:
            file.write(COMPILER)
        try:
            buildah("add", "--chmod", "755", container, os.path.abspath(program), "/program")
            buildah("add", "--chmod", "755", container, compiler, "/usr/local/bin/swift")
            buildah("config", "--env", "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", container)
            buildah("commit", "--quiet", container, name)
        finally:
            buildah("rm", container)
    return name


def mounted():
    """What the build needs of this machine."""
    return [] if os.environ.get("SWIFT_IMAGE") else [toolchain(), *local_sources()]


def mounts():
    return [flag for folder in mounted() for flag in ("--volume", f"{folder}:{folder}:ro")]


def left_by_mounts(root):
    """The places of these mounts, which buildah leaves empty in the image."""
    def is_empty(path):
        return not (os.listdir(path) if os.path.isdir(path) else os.path.getsize(path))

    return {place for place in mounted() if os.path.exists(root + place) and is_empty(root + place)}
