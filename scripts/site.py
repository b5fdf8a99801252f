#!/usr/bin/env python3
"""Makes the site of the documents in .build/site, and looks at every page of it in Chromium with --check.

The pages are README.md, what docs/ has, and the documents beside it, where they are in the repository, so that their links hold;
and a reference, made from openapi.yaml and from what the program says with --help. A link that leads nowhere is an error.
"""

import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "acceptance"))

import rig
from documents import reference, visit

WORK = os.path.join(rig.ROOT, ".build", "site-source")
SITE = os.path.join(rig.ROOT, ".build", "site")
SINGLE = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "Sources/MQTTClient/README.md")
FENCE = re.compile(r"^( *`{3,})([^`\n]*)$", re.MULTILINE)


def main():
    options = rig.arguments(__doc__.splitlines()[0], check=(0, "1: look at every page in Chromium"))
    rig.run("site", lambda: make(options))


def make(options):
    pages = os.path.join(WORK, "pages")
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(pages)
    for path in SINGLE:
        lay(path, pages)
    for folder, _, names in os.walk(os.path.join(rig.ROOT, "docs")):
        for name in names:
            lay(os.path.relpath(os.path.join(folder, name), rig.ROOT), pages)
    with open(os.path.join(rig.ROOT, "LICENSE"), encoding="utf-8") as file:
        write(pages, "LICENSE.md", f"# Licence\n\n```text\n{file.read().strip()}\n```\n")
    description = os.path.join(rig.ROOT, "openapi.yaml")
    lines = list(reference.http(description))
    missing, count = reference.missing(description, lines)
    if missing:
        raise rig.Failure(f"the reference has not {missing}")
    print(f"site: the reference has {count} routes, parameters, headers, statuses and problem codes", flush=True)
    write(pages, "reference/http.md", "\n".join(lines))
    write(pages, "reference/commands.md", "\n".join(reference.commands(options.bridge)))
    shutil.copy(os.path.join(rig.ROOT, "scripts", "documents", "site.css"), pages)
    shutil.copy(os.path.join(rig.ROOT, "scripts", "documents", "mkdocs.yml"), WORK)
    done = subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file",
                           os.path.join(WORK, "mkdocs.yml")],
                          capture_output=True, text=True, check=False, env=os.environ | {"NO_MKDOCS_2_WARNING": "true"})
    if done.returncode != 0:
        raise rig.Failure(done.stdout + done.stderr)
    shutil.rmtree(SITE, ignore_errors=True)
    os.replace(os.path.join(WORK, "site"), SITE)
    told = f"{visit.every(SITE)} in Chromium" if options.check else f"{len(visit.pages(SITE))} pages"
    return f"{told}: {os.path.relpath(SITE)}/index.html"


def lay(path, pages):
    """A file as the site has it: without the marks for docs-test, and with languages that a highlighter knows."""
    source = os.path.join(rig.ROOT, path)
    if not path.endswith(".md"):
        os.makedirs(os.path.dirname(os.path.join(pages, path)), exist_ok=True)
        shutil.copy(source, os.path.join(pages, path))
        return
    with open(source, encoding="utf-8") as file:
        text = file.read()
    text = re.sub(r"^<!--.*?-->\n?", "", text, flags=re.DOTALL | re.MULTILINE)
    text = FENCE.sub(lambda match: match[1] + {"output": "text"}.get(match[2].split(" ")[0], match[2].split(" ")[0]), text)
    write(pages, path, text.replace("](LICENSE)", "](LICENSE.md)"))


def write(pages, path, text):
    target = os.path.join(pages, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
