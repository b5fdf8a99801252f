#!/usr/bin/env python3
"""Writes the manual page of the program, from what it says of itself."""

import json
import re
import subprocess
import sys


def escape(text):
    """Plain text for troff: nothing of it is a command."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return "\n".join("\\&" + line if line[:1] == "." else line for line in text.split("\n"))


def flag(argument):
    names = [("--" if name["kind"] == "long" else "-") + name["name"] for name in argument["names"]]
    value = argument.get("valueName") if argument["kind"] == "option" else None
    return ", ".join(f"\\fB{escape(name)}\\fR" for name in names) + (f" \\fI{escape(value)}\\fR" if value else "")


def paragraphs(text):
    for part in re.split(r"\n\s*\n", text.strip()):
        yield ".PP"
        yield escape(" ".join(part.split()))


def argument_lines(arguments):
    for argument in arguments:
        if not argument["shouldDisplay"]:
            continue
        yield ".TP"
        yield flag(argument) if argument["kind"] != "positional" else f"\\fI{escape(argument['valueName'])}\\fR"
        words = " ".join([argument.get("abstract", ""), argument.get("discussion", "")])
        yield escape(" ".join(words.split())) or "\\&"


def commands(command, name):
    """Every command below one, with its whole name."""
    for child in command.get("subcommands", []):
        if child["shouldDisplay"] and child["commandName"] != "help":
            yield f"{name} {child['commandName']}", child
            yield from commands(child, f"{name} {child['commandName']}")


def is_setting(argument):
    return argument.get("sectionTitle") == "Settings"


def page(command, version):
    yield f'.TH MQTT\\-BRIDGE 1 "" "mqtt\\-bridge {escape(version)}" "User Commands"'
    yield ".SH NAME"
    yield "mqtt\\-bridge \\- bridge between HTTP and an MQTT broker"
    yield ".SH SYNOPSIS"
    yield ".B mqtt\\-bridge\n.RI [ command ]\n.RI [ options ]"
    yield ".SH DESCRIPTION"
    yield from paragraphs(command.get("discussion") or command["abstract"])
    below = list(commands(command, command["commandName"]))
    yield ".SH COMMANDS"
    for name, child in below:
        yield f".SS {escape(name)}"
        yield from paragraphs(child.get("abstract", "") + "\n\n" + child.get("discussion", ""))
        own = [argument for argument in child.get("arguments", [])
               if not is_setting(argument) and argument.get("valueName") not in ("version", "help")]
        yield from argument_lines(own)
    yield ".SH SETTINGS"
    yield from paragraphs("A setting is a flag, a variable or a line of the configuration file; the first of these that has it "
                          "counts. Where a setting is --ack-wait, the variable is MQTT_BRIDGE_ACK_WAIT and the line ack_wait.")
    serve = next(child for name, child in below if name.endswith(" serve"))
    yield from argument_lines([argument for argument in serve["arguments"] if is_setting(argument)])
    yield ".SH EXIT STATUS"
    for status, meaning in (("0", "It was stopped by a signal."), ("1", "It was stopped by a second signal."),
                            ("69", "It cannot listen."), ("73", "The data directory cannot be used."),
                            ("75", "Another bridge has the data directory."), ("78", "The configuration has mistakes.")):
        yield f".TP\n.B {status}\n{escape(meaning)}"
    yield ".SH FILES"
    yield ".TP\n.I /etc/mqtt\\-bridge/config.yaml\nThe configuration of the service."
    yield ".TP\n.I /var/lib/mqtt\\-bridge\nThe data directory of the service."


def main():
    program = sys.argv[1]
    told = subprocess.run([program, "--experimental-dump-help"], capture_output=True, text=True, check=True).stdout
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    print("\n".join(page(json.loads(told)["command"], version)))


if __name__ == "__main__":
    main()
