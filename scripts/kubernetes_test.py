#!/usr/bin/env python3
"""Holds deploy/kubernetes against the schemas of Kubernetes, against itself, and against the bridge.

The bridge is started with the config.yaml that is there, and asked what the probes and Prometheus ask. What kustomize
makes of the folder is looked at where there is a kubectl or kustomize.
"""

import base64
import os
import re
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "acceptance"))

import kubernetes_validate
import rig
import yaml

FOLDER = os.path.join(rig.ROOT, "deploy", "kubernetes")
VERSIONS = ("1.30", "1.36")
PLAIN_PASSWORD = "a password of the test"


def main():
    options = rig.arguments(__doc__.splitlines()[0])
    rig.run("kubernetes-test", lambda: play(options))


def play(options):
    objects = written()
    for part in (schemas, rendered, references, program):
        with rig.Scratch() as scratch:
            print(f"kubernetes-test: {part.__name__}: {part(options, scratch, objects)}", flush=True)
    return "4 parts"


def expect(condition, what):
    if not condition:
        raise rig.Failure(what)


def read(*path):
    with open(os.path.join(FOLDER, *path), encoding="utf-8") as file:
        return file.read()


def written():
    """Every object of the base and of the component, by kind and name."""
    objects = {}
    for folder in ("", "monitoring"):
        kustomization = yaml.safe_load(read(folder, "kustomization.yaml"))
        files = {entry for entry in os.listdir(os.path.join(FOLDER, folder)) if entry.endswith(".yaml")}
        named = set(kustomization["resources"]) | {"kustomization.yaml"}
        named |= {name for made in kustomization.get("configMapGenerator", []) for name in made["files"]}
        expect(files == named, f"{folder or 'the base'}: files {sorted(files)}, in the kustomization {sorted(named)}")
        for name in kustomization["resources"]:
            for entry in yaml.safe_load_all(read(folder, name)):
                objects[entry["kind"], entry["metadata"]["name"]] = entry
    return objects


def check(entry, version):
    """One object against the schema; those of others are not known there."""
    try:
        kubernetes_validate.validate(entry, version, strict=True)
    except kubernetes_validate.SchemaNotFoundError:
        return False
    except kubernetes_validate.ValidationError as error:
        path = ".".join(map(str, error.path))
        raise rig.Failure(f"{entry['kind']} {entry['metadata']['name']}, Kubernetes {version}: {path}: {error.message}")
    return True


def schemas(options, scratch, objects):
    known = {version: sum(check(entry, version) for entry in objects.values()) for version in VERSIONS}
    expect(all(count == len(objects) - 1 for count in known.values()), f"objects with a schema: {known}")
    return f"{known[VERSIONS[0]]} objects are those of Kubernetes {' and '.join(VERSIONS)}"


def rendered(options, scratch, objects):
    if shutil.which("kustomize"):
        command = ["kustomize", "build"]
    elif shutil.which("kubectl"):
        command = ["kubectl", "kustomize"]
    else:
        return "skipped: there is neither kustomize nor kubectl"
    whole = scratch.file("whole")
    shutil.copytree(FOLDER, os.path.join(whole, "base"))
    with open(os.path.join(whole, "kustomization.yaml"), "w", encoding="utf-8") as file:
        yaml.safe_dump({"resources": ["base"], "components": ["base/monitoring"], "namespace": "bridge",
                        "images": [{"name": "mqtt-bridge", "newName": "registry.example/mqtt-bridge", "newTag": "1"}]}, file)
    done = subprocess.run([*command, whole], capture_output=True, text=True, check=False)
    expect(done.returncode == 0, f"kustomize: {done.stderr.strip()}")
    made = list(yaml.safe_load_all(done.stdout))
    expect({entry["kind"] for entry in made} == {kind for kind, _ in objects} | {"ConfigMap"}, "kinds are missing")
    for entry in made:
        expect(entry["metadata"]["namespace"] == "bridge", f"{entry['kind']} is in no namespace")
        check(entry, VERSIONS[-1])
    pod = next(entry for entry in made if entry["kind"] == "StatefulSet")["spec"]["template"]["spec"]
    config = next(entry for entry in made if entry["kind"] == "ConfigMap")["metadata"]["name"]
    expect(pod["volumes"][0]["configMap"]["name"] == config != "mqtt-bridge", "a change of config.yaml restarts nothing")
    expect(pod["containers"][0]["image"] == "registry.example/mqtt-bridge:1", "the image cannot be named")
    return f"{len(made)} objects of {' '.join(command)}"


def contains(selector, labels):
    return selector.items() <= labels.items()


def references(options, scratch, objects):
    """What names something else names what is there."""
    kinds = {kind: [entry for (of, _), entry in objects.items() if of == kind] for kind, _ in objects}
    (replicas,), (budget,) = kinds["StatefulSet"], kinds["PodDisruptionBudget"]
    (network,), (monitor,) = kinds["NetworkPolicy"], kinds["ServiceMonitor"]
    labels, pod = replicas["spec"]["template"]["metadata"]["labels"], replicas["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    for selector in (replicas["spec"]["selector"]["matchLabels"], budget["spec"]["selector"]["matchLabels"],
                     network["spec"]["podSelector"]["matchLabels"],
                     *(service["spec"]["selector"] for service in kinds["Service"])):
        expect(contains(selector, labels), f"{selector} selects no replica")
    for service in kinds["Service"]:
        for port in service["spec"]["ports"]:
            expect(port["targetPort"] in ports, f"service {service['metadata']['name']}: no port {port['targetPort']}")
    headless = objects["Service", replicas["spec"]["serviceName"]]
    expect(headless["spec"]["clusterIP"] == "None", "the service of the StatefulSet is not headless")
    scraped = [service for service in kinds["Service"]
               if contains(monitor["spec"]["selector"]["matchLabels"], service["metadata"]["labels"])]
    expect(len(scraped) == 1, f"{len(scraped)} services are scraped")
    names = {port["name"] for port in scraped[0]["spec"]["ports"]}
    expect({end["port"] for end in monitor["spec"]["endpoints"]} <= names, "the scraped service has no such port")
    allowed = {port["port"] for rule in network["spec"]["ingress"] for port in rule["ports"]}
    expect(allowed == set(ports.values()), f"the network policy lets in to {allowed}, the ports are {ports}")
    volumes = {volume["name"] for volume in pod["volumes"]}
    volumes |= {claim["metadata"]["name"] for claim in replicas["spec"]["volumeClaimTemplates"]}
    expect({mount["name"] for mount in container["volumeMounts"]} == volumes, f"volumes {volumes} are not those mounted")
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        expect(container[probe]["httpGet"]["port"] == "admin", f"{probe} asks another port")
    secure(pod, container)
    return f"ports {ports}, {len(volumes)} volumes, 3 probes"


def secure(pod, container):
    """The container runs as the image is made."""
    with open(os.path.join(rig.ROOT, "deploy", "Dockerfile"), encoding="utf-8") as file:
        dockerfile = file.read()
    user, group = map(int, re.search(r"^USER (\d+):(\d+)$", dockerfile, re.MULTILINE).groups())
    context = pod["securityContext"]
    expect((context["runAsUser"], context["runAsGroup"], context["fsGroup"]) == (user, group, group),
           f"the image's user is {user}:{group}")
    volume = re.search(r"^VOLUME (\S+)$", dockerfile, re.MULTILINE).group(1)
    expect(any(mount["mountPath"] == volume for mount in container["volumeMounts"]), f"nothing is mounted at {volume}")
    exposed = set(map(int, re.search(r"^EXPOSE (.*)$", dockerfile, re.MULTILINE).group(1).split()))
    expect(exposed == {port["containerPort"] for port in container["ports"]}, f"the image exposes {exposed}")
    own = container["securityContext"]
    expect(own["readOnlyRootFilesystem"] and not own["allowPrivilegeEscalation"] and own["capabilities"] == {"drop": ["ALL"]},
           "the container has more rights than it needs")


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s|m|h)", text).groups()
    return int(number) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[unit]


def bytes_of(text):
    number, unit = re.fullmatch(r"(\d+)([KMGT]i)B?", text).groups()
    return int(number) << {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40}[unit]


def program(options, scratch, objects):
    """The bridge takes config.yaml as it is, and answers what is asked of it."""
    replicas = objects["StatefulSet", "mqtt-bridge"]["spec"]
    container = replicas["template"]["spec"]["containers"][0]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    config = yaml.safe_load(read("config.yaml"))
    expect((config["listen"], config["admin_listen"]) == (f"0.0.0.0:{ports['http']}", f"0.0.0.0:{ports['admin']}"),
           f"config.yaml listens at {config['listen']} and {config['admin_listen']}, the ports are {ports}")
    mounted = [mount["mountPath"] for mount in container["volumeMounts"]]
    expect(config["data"] in mounted and container["args"][-1] in mounted, f"config.yaml or data is not in {mounted}")
    admin, settings, process = start(options, scratch, config, container)
    try:
        rig.wait_until(lambda: rig.connects(admin), 30, "a bridge with config.yaml")
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            path = container[probe]["httpGet"]["path"]
            expect(ask(admin, path) == 200, f"{probe}: {path} is answered {ask(admin, path)}")
        path = objects["ServiceMonitor", "mqtt-bridge"]["spec"]["endpoints"][0]["path"]
        expect(ask(admin, path) == 401, "metrics are given to anybody")
        expect(ask(admin, path, f"prometheus:{PLAIN_PASSWORD}") == 200, "Prometheus gets no metrics")
    finally:
        process.terminate()
        process.wait(60)
    grace = replicas["template"]["spec"]["terminationGracePeriodSeconds"]
    rest = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    # Readiness is asked for that often, and the gateways must have heard.
    expect(rest > container["readinessProbe"]["periodSeconds"], "preStop is over before anybody has noticed")
    expect(grace > rest + seconds(settings["drain_timeout"]), "the replica is killed before it has drained")
    memory = 40 * 2**20 + int(settings["http_threads"]) * bytes_of(settings["ring_bytes"])
    expect(bytes_of(container["resources"]["limits"]["memory"]) > 2 * memory, f"{memory} bytes may be used")
    disk = sum(bytes_of(settings[name]) for name in ("history_bytes", "queue_bytes", "dead_letter_bytes", "last_value_bytes"))
    claim = bytes_of(replicas["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"])
    expect(claim > disk + bytes_of(settings["history_bytes"]), f"the volume has {claim} bytes, {disk} may be used")
    return f"{len(config)} settings, probes, metrics with a credential, {grace} s to end in"


def start(options, scratch, config, container):
    """A bridge with these settings, at places and ports of this machine."""
    secrets, data = scratch.file("secrets"), scratch.file("data")
    os.makedirs(secrets)
    place = next(mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == "secrets")
    hashed = subprocess.run([options.bridge, "hash-secret"], input=PLAIN_PASSWORD, capture_output=True, text=True, check=True)
    users = [{"name": "prometheus", "password": hashed.stdout.strip(), "grants": {"admin": True}}]
    for name, text in (("broker-password", "secret\n"), ("ticket-key", base64.b64encode(os.urandom(32)).decode()),
                       ("access.yaml", yaml.safe_dump({"users": users}))):
        with open(os.path.join(secrets, name), "w", encoding="utf-8") as file:
            file.write(text)
    config = {name: value.replace(place, secrets) if isinstance(value, str) else value for name, value in config.items()}
    listen, admin = rig.free_port(), rig.free_port()
    config |= {"data": data, "listen": f"127.0.0.1:{listen}", "admin_listen": f"127.0.0.1:{admin}",
               "broker": f"mqtt://127.0.0.1:{rig.free_port()}"}
    path = scratch.file("config.yaml")
    with open(path, "w", encoding="utf-8") as file:
        yaml.safe_dump(config, file)
    told = subprocess.run([options.bridge, "check-config", "--config", path], capture_output=True, text=True, check=False)
    expect(told.returncode == 0, f"check-config: {told.stderr.strip()}")
    settings = dict(re.findall(r'^(\w+): "?([^"\n]*?)"?  # ', told.stdout, re.MULTILINE))
    log = open(scratch.file("log"), "wb")
    arguments = [*container["args"][:-1], path]
    return admin, settings, subprocess.Popen([options.bridge, *arguments], stdout=log, stderr=log)


def ask(port, path, credential=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    if credential:
        request.add_header("Authorization", "Basic " + base64.b64encode(credential.encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


if __name__ == "__main__":
    main()
