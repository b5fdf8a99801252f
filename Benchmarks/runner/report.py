"""docs/performance.md and the raw figures."""

import datetime
import json
import os

from figures import median, spell
from processes import FOLDER, ROOT

PAGE = os.path.join(ROOT, "docs", "performance.md")
RESULTS = os.path.join(FOLDER, "results")
INTRODUCTION = """\
# Performance

`make bench` writes this page. Each bar is a ratio, taken on one machine in one run: limit or peer and bridge run by turns,
on loopback, with everything they need on the same cores. The table has the median of the rounds and their spread. The absolute
figures beside it are for orientation; they are those of this machine and of nothing else. A run counts
only when everything it sent was delivered, in order, without an error.
"""


def note_of(number):
    """What a person wrote about a bar, so that another run keeps it."""
    path = os.path.join(FOLDER, "notes", f"{number:02}.md")
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return ""


def page(facts, options, outcomes):
    """The text of the report; outcomes are pairs of a bar and its result."""
    parts = [INTRODUCTION, "## The machine\n", *rows(("", ""), facts.items()),
             f"\nRun on {datetime.date.today().isoformat()}: {options['rounds']} rounds of "
             f"{options['seconds']:g} seconds for each figure.\n", "## The bars\n"]
    table = []
    for bar, result in outcomes:
        if result.error:
            table.append((bar.number, bar.title, "", "", "", "**failed**"))
        for place, check in enumerate(result.checks):
            verdict = "met" if check.is_met else "**not met**"
            what = f"{bar.title}: {check.what}" if place == 0 else f"… {check.what}"
            table.append((bar.number, what, check.bar, check.shown, check.spread, verdict))
    parts += rows(("#", "What", "Bar", "Median", "Spread", "Verdict"), table)
    for bar, result in outcomes:
        parts += section(bar, result)
    return "\n".join(parts).rstrip("\n") + "\n"


def rows(heads, cells):
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for row in cells:
        yield "| " + " | ".join(str(cell) for cell in row) + " |"


def section(bar, result):
    yield f"\n## Bar {bar.number}: {bar.title}\n"
    yield bar.method + "\n"
    if result.error:
        yield f"The run failed: {result.error}\n"
    if result.figures:
        yield from rows(("Figure", "Median", "Lowest", "Highest"), (
            (name, spell(median(values)), spell(min(values)), spell(max(values)))
            for name, values in result.figures.items()))
        yield ""
    if result.commands:
        yield "```"
        for label, command in result.commands.items():
            yield f"{label}: {command}"
        yield "```\n"
    note = note_of(bar.number)
    if note:
        yield note + "\n"


def write(facts, options, outcomes, path):
    text = page(facts, options, outcomes)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.makedirs(RESULTS, exist_ok=True)
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    raw = {"machine": facts, "options": options,
           "bars": [{"number": bar.number, "title": bar.title, "verdict": result.verdict,
                     "error": result.error, "figures": result.figures, "commands": result.commands,
                     "checks": [{"what": check.what, "values": check.values, "sign": check.sign,
                                 "limit": check.limit, "unit": check.unit, "met": check.is_met}
                                for check in result.checks]} for bar, result in outcomes]}
    with open(os.path.join(RESULTS, f"{stamp}.json"), "w", encoding="utf-8") as file:
        json.dump(raw, file, indent=1, ensure_ascii=False)
        file.write("\n")
