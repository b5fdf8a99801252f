"""The code blocks of a Markdown document, and what their info strings ask for.

    sh              runs in bash, in a directory that the blocks of the document share; it must succeed
    sh follow       runs in the background until the document ends; "mqtt-bridge …" is waited for
    output          what the sh block before it prints; "…" stands for anything within a line, and a line of "…" for lines
    yaml file=NAME  becomes a file, as does any other language with file=
    js              runs in a page of the bridge, in Chromium; the last value it logs is what "output" compares
    text, http      are only shown
"""

import dataclasses
import re

FENCE = re.compile(r"^( {0,3})(`{3,})(.*)$")
SHOWN = {"text", "http", "json", "swift", "yaml", "nginx"}


@dataclasses.dataclass
class Block:
    line: int
    info: str
    text: str

    @property
    def language(self):
        return self.info.split(" ")[0]

    @property
    def words(self):
        return self.info.split(" ")[1:]

    @property
    def file(self):
        return next((word[5:] for word in self.words if word.startswith("file=")), None)


def read(text):
    """Every fenced block, in order."""
    blocks, lines, number = [], text.splitlines(), 0
    while number < len(lines):
        opening = FENCE.match(lines[number])
        number += 1
        if not opening:
            continue
        start, body = number, []
        while number < len(lines) and lines[number].strip() != opening[2]:
            body.append(lines[number])
            number += 1
        number += 1
        blocks.append(Block(start, opening[3].strip(), "\n".join(body) + "\n"))
    return blocks


def matches(expected, actual):
    """Whether a text is what a document shows."""
    pattern = ""
    for line in expected.rstrip("\n").split("\n"):
        if line.strip() == "…":
            pattern += r"(?:.*\n)*"
        else:
            pattern += r"[^\n]*".join(re.escape(part) for part in line.rstrip().split("…")) + r"[ \t\r]*\n"
    return re.fullmatch(pattern, actual.rstrip("\n") + "\n") is not None
