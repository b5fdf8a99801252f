#!/usr/bin/env python3
"""Asks lintian about the Debian package, unpacks it, and tries what it brings: program, page, unit, configuration, user."""

import glob
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "acceptance"))

import rig

FOLDER = os.path.join(rig.ROOT, ".build", "deb")


def main():
    options = rig.arguments(__doc__.splitlines()[0])
    rig.run("deb-test", lambda: play(options))


def play(options):
    found = glob.glob(os.path.join(FOLDER, "mqtt-bridge_*.deb"))
    expect(len(found) == 1, f"{len(found)} packages in .build/deb: run make deb")
    with rig.Scratch() as scratch:
        root = scratch.file("root")
        run("dpkg-deb", "--extract", found[0], root)
        run("dpkg-deb", "--control", found[0], scratch.file("control"))
        for part in (lint, control, files, program, unit, install):
            print(f"deb-test: {part.__name__}: {part(found[0], root, scratch)}", flush=True)
    return f"6 parts, {os.path.getsize(found[0]) / 1e6:.1f} MB"


def expect(condition, what):
    if not condition:
        raise rig.Failure(what)


def run(*command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **more)
    expect(done.returncode == 0, f"{command[0]}: {done.stdout[-800:]} {done.stderr[-800:]}")
    return done.stdout


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def lint(package, root, scratch):
    told = run("lintian", "--fail-on", "error,warning", "--info", "--allow-root", package)
    hushed = re.findall(r"^N: (\d+) hints? overridden", told, re.MULTILINE)
    return f"clean{', ' + hushed[0] + ' overridden' if hushed else ''}"


def control(package, root, scratch):
    fields = run("dpkg-deb", "--field", package)
    depends = re.search(r"^Depends: (.*)$", fields, re.MULTILINE).group(1)
    names = {entry.split()[0] for entry in depends.split(", ")}
    expect(names >= {"libmicrohttpd12", "libcurl4", "libsqlite3-0", "libssl3", "ca-certificates"}, f"it depends on {names}")
    expect("swift" not in depends, f"it needs a Swift library: {depends}")
    expect(read(scratch.file("control"), "conffiles").split() == ["/etc/mqtt-bridge/config.yaml"], "another conffile")
    script = read(scratch.file("control"), "postinst")
    # The user must be there before the unit is started.
    expect(0 <= script.find("systemd-sysusers") < script.find("deb-systemd-invoke"), "no user is made before the start")
    return f"{len(names)} dependencies, one conffile, the user before the unit"


def files(package, root, scratch):
    listed = run("dpkg-deb", "--contents", package)
    for line in listed.strip().split("\n"):
        rights, owner, *_, path = line.split(" -> ")[0].split()
        expect(owner == "root/root", f"{path} is {owner}'s")
        expect(rights[0] == "l" or rights[5] != "w" and rights[8] != "w", f"{path} is {rights}")
    page = os.path.join(root, "usr/share/man/man1/mqtt-bridge.1.gz")
    warned = subprocess.run(["man", "--warnings", "--encoding=UTF-8", "--local-file", page], capture_output=True, text=True,
                            check=False, env=os.environ | {"MANWIDTH": "100"})
    expect(warned.returncode == 0 and not warned.stderr.strip(), f"man: {warned.stderr}")
    settings = set(re.findall(r"^\| `([a-z]\w+)` \|", read(rig.ROOT, "README.md"), re.MULTILINE))
    text = warned.stdout
    missing = [name for name in settings if not re.search(rf"--{name.replace('_', '-')}\b", text)]
    expect(len(settings) > 50 and not missing, f"the manual page does not have {missing}")
    return f"{len(listed.splitlines())} entries, a manual page with {len(settings)} settings"


def program(package, root, scratch):
    binary = os.path.join(root, "usr/bin/mqtt-bridge")
    version = run(binary, "--version").split()[-1]
    expect(version == run("dpkg-deb", "--field", package, "Version").strip(), f"the program is {version}")
    config = os.path.join(root, "etc/mqtt-bridge/config.yaml")
    run(binary, "check-config", "--config", config)
    # Every line that is commented out can stand there.
    lines = re.sub(r"^#(?=\w+: )", "", read(config), flags=re.MULTILINE)
    for name in ("broker-password", "access.yaml"):
        with open(scratch.file(name), "w", encoding="utf-8") as file:
            file.write("secret" if name == "broker-password" else "anonymous: {subscribe: ['public/#']}\n")
    lines = re.sub(r"/etc/mqtt-bridge/", scratch.path + "/", lines)
    with open(scratch.file("all.yaml"), "w", encoding="utf-8") as file:
        file.write(lines)
    told = run(binary, "check-config", "--config", scratch.file("all.yaml"))
    names = re.findall(r"^(\w+): ", lines, re.MULTILINE)
    missing = [name for name in names if not re.search(rf"^{name}: .*all\.yaml: {name}$", told, re.MULTILINE)]
    expect(not missing, f"these settings are not taken from the file: {missing}")
    return f"version {version}; its configuration is taken, and all {len(names)} lines that are commented out"


def unit(package, root, scratch):
    path = os.path.join(root, "lib/systemd/system/mqtt-bridge.service")
    text = read(path)
    expect("ExecStart=/usr/bin/mqtt-bridge --config /etc/mqtt-bridge/config.yaml" in text, "the unit starts something else")
    user = re.search(r"^User=(.*)$", text, re.MULTILINE).group(1)
    expect(re.search(rf"^u {user} ", read(root, "usr/lib/sysusers.d/mqtt-bridge.conf"), re.MULTILINE), f"no user {user}")
    copy = scratch.file("mqtt-bridge.service")
    with open(copy, "w", encoding="utf-8") as file:
        file.write(text.replace("=/usr/bin/mqtt-bridge", f"={root}/usr/bin/mqtt-bridge"))
    told = subprocess.run(["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True, check=False)
    expect(told.returncode == 0 and not told.stderr, f"systemd-analyze: {told.stderr}")
    return f"starts the program as {user}"


def install(package, root, scratch):
    """`make install` brings the same to another place, and leaves a configuration alone that is there."""
    place = scratch.file("place")
    binary = os.path.join(root, "usr/bin/mqtt-bridge")
    variables = os.environ | {"DESTDIR": place, "PREFIX": "/opt/bridge", "PROGRAM": binary}
    command = [os.path.join(rig.ROOT, "scripts", "install.sh")]
    run(*command, env=variables)
    config = os.path.join(place, "etc/mqtt-bridge/config.yaml")
    with open(config, "a", encoding="utf-8") as file:
        file.write("log_level: debug\n")
    run(*command, env=variables)
    expect("log_level: debug" in read(config), "a configuration was overwritten")
    text = read(place, "opt/bridge/lib/systemd/system/mqtt-bridge.service")
    expect("=/opt/bridge/bin/mqtt-bridge" in text, "the unit starts another program")
    expect(shutil.which("mqtt-bridge", path=os.path.join(place, "opt/bridge/bin")), "there is no program")
    return "make install with PREFIX and DESTDIR, twice"


if __name__ == "__main__":
    main()
