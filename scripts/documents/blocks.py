"""The code blocks of a Markdown document, and what their info strings ask for.

    sh              runs in bash, in a directory that the blocks of the document share; it must succeed, and curl fails here
                    where the answer is an error; with "refused" it must not succeed
    sh follow       runs in the background until the document ends; "mqtt-bridge …" is waited for
    output          what the sh block before it prints; "…" stands for anything within a line, a line of "…" for lines, and
                    every id, time and hash for others of its kind; in "json output" and "http output" long lines are broken
    yaml file=NAME  becomes a file, as does any other language with file=
    yaml config     passes check-config as a configuration; "yaml access" as an access_file
    json, yaml      can be read as that
    js              runs in a page of the bridge, in Chromium; the last value it logs is what "output" compares
    LANGUAGE copy=PATH   stands in that file of the repository; "…" stands for lines that are left out

Comments ask for what is not seen:

    <!-- run: COMMAND -->          as sh; <!-- follow: COMMAND --> as sh follow
    <!-- value: TEXT = COMMAND -->  from here on TEXT stands for what the command prints
    <!-- before: SCRIPT -->        comes before the next js block, with names that the reader has
    <!-- shown: REASON -->         the next block is not executed; if it is sh, bash must understand it all the same, and make
                                   must know its targets
"""

import dataclasses
import re

FENCE = re.compile(r"^( {0,3})(`{3,})(.*)$")
COMMENT = re.compile(r"^<!-- (run|follow|value|before|shown): (.*?) ?-->$", re.DOTALL)
# What differs from run to run: times, ids of messages and connections, ids of events, hashes.
VARYING = re.compile(r"…|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
                     r"|\b[0-9a-z]{5}-\d+-[0-9a-z]{8}\b|\bs-\d+-\d+\b|\bt=\d+,v1=|\b[0-9a-f]{32}\b")
KINDS = ((r"\d{4}-\d\d-\d\dT", r"[0-9TZ:.-]+"), (r"[0-9a-f]{8}-[0-9a-f]{4}-", r"[0-9a-f-]{36}"), (r"s-\d+-\d+$", r"[\w-]+"),
         (r"t=\d+", r"t=\d+,v1="), (r"[0-9a-f]{32}$", r"[0-9a-f]{32}"), (r"[0-9a-z]{5}-\d+-", r"[0-9a-z]+-\d+-[0-9a-z]+"),
         (r"…", r"[^\n]*"))


@dataclasses.dataclass
class Block:
    line: int
    info: str
    text: str
    reason: str = ""

    @property
    def language(self):
        return self.info.split(" ")[0]

    @property
    def words(self):
        return self.info.split(" ")[1:]

    def value(self, name):
        return next((word[len(name) + 1:] for word in self.words if word.startswith(name + "=")), None)

    @property
    def is_output(self):
        return self.language == "output" or "output" in self.words


def read(text):
    """Every fenced block, in order, and every comment for us; an indented block is an error."""
    blocks, lines, number, reason = [], text.splitlines(), 0, ""
    while number < len(lines):
        if lines[number].startswith("<!-- "):
            start = number
            while "-->" not in lines[number]:
                number += 1
            comment = COMMENT.match("\n".join(lines[start:number + 1]))
            if comment and comment[1] == "shown":
                reason = comment[2]
            elif comment:
                blocks.append(Block(start + 1, comment[1], comment[2] + "\n"))
            number += 1
            continue
        opening = FENCE.match(lines[number])
        number += 1
        if not opening:
            if lines[number - 1].startswith("    ") and (number < 2 or not lines[number - 2].strip()):
                raise ValueError(f"line {number} begins an indented block, which nothing says how to execute")
            continue
        start, body = number, []
        while number < len(lines) and lines[number].strip() != opening[2]:
            body.append(lines[number][len(opening[1]):])
            number += 1
        number += 1
        blocks.append(Block(start, opening[3].strip(), "\n".join(body) + "\n", reason))
        reason = ""
    return blocks


def pattern(line):
    """The expression for one line that a document shows."""
    found, at = "", 0
    for varying in VARYING.finditer(line):
        found += re.escape(line[at:varying.start()])
        found += next(wanted for kind, wanted in KINDS if re.match(kind, varying[0]))
        at = varying.end()
    return found + re.escape(line[at:])


def matches(expected, actual, is_joined=False):
    """Whether a text is what a document shows; joined, lines that begin with blanks continue the one before."""
    if is_joined:
        expected = re.sub(r"\n +", "", expected)
    expression = ""
    for line in expected.rstrip("\n").split("\n"):
        expression += r"(?:.*\n)*" if line.strip() == "…" else pattern(line.rstrip()) + r"[ \t\r]*\n"
    return re.fullmatch(expression, actual.rstrip("\n").replace("\r\n", "\n") + "\n") is not None


def is_copy(text, whole):
    """Whether the lines of a block stand in a file, one behind the other; a line of "…" leaves some out."""
    wanted = [re.sub(r"\s+", " ", line).strip() for line in text.splitlines() if line.strip()]
    there = [re.sub(r"\s+", " ", line).strip() for line in whole.splitlines() if line.strip()]

    def fits(wanted, at):
        for index, line in enumerate(wanted):
            if line == "…":
                return any(fits(wanted[index + 1:], next_) for next_ in range(at, len(there) + 1))
            if at >= len(there) or there[at] != line:
                return False
            at += 1
        return True
    return any(fits(wanted, start) for start in range(len(there)))
