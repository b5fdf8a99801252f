"""What the figures were measured on."""

import os
import platform
import re
import subprocess

from processes import Failure, program


def facts(bridge):
    """Names and values for the head of the report; what is not there is left out."""
    rows = {
        "Processor": field("/proc/cpuinfo", r"^model name\s*: (.*)$"),
        "Cores": str(len(os.sched_getaffinity(0))),
        "Memory": mebibytes(field("/proc/meminfo", r"^MemTotal:\s+(\d+)")),
        "Kernel": f"{platform.system()} {platform.release()}",
        "System": field("/etc/os-release", r'^PRETTY_NAME="(.*)"$'),
        "Swift": said(["swift", "--version"], r"Swift version (\S+)"),
        "libmicrohttpd": package("libmicrohttpd12"),
        "SQLite": package("libsqlite3-0"),
        "mosquitto": package("mosquitto"),
        "libmosquitto": package("libmosquitto1"),
        "Paho C": package("libpaho-mqtt1.3"),
        "nchan": package("libnginx-mod-nchan"),
        "mqtt-bridge": said([bridge, "--version"], r"(\S+)$"),
        "Load before the run": " ".join(f"{value:.2f}" for value in os.getloadavg()),
    }
    return {name: value for name, value in rows.items() if value}


def field(path, pattern):
    try:
        with open(path, encoding="utf-8") as file:
            found = re.search(pattern, file.read(), re.M)
    except OSError:
        return ""
    return found.group(1) if found else ""


def mebibytes(kibibytes):
    return f"{int(kibibytes) // 1024:,} MiB" if kibibytes else ""


def said(command, pattern):
    try:
        run = subprocess.run([program(command[0]), *command[1:]], capture_output=True, text=True, timeout=30,
                             check=False)
    except (OSError, Failure, subprocess.TimeoutExpired):
        return ""
    found = re.search(pattern, (run.stdout + run.stderr).strip(), re.M)
    return found.group(1) if found else ""


def package(name):
    return said(["dpkg-query", "--show", "--showformat=${Version}", name], r"^(\d\S*)$")
