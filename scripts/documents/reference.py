"""Writes the reference as Markdown: of the HTTP interface from openapi.yaml, of the commands from what they say of themselves."""

import json
import re
import subprocess

import yaml

METHODS = ("get", "head", "post", "put", "patch", "delete", "query", "options")
TITLES = {"publish": "Publish", "subscribe": "Subscribe", "description": "Description and console", "health": "Health",
          "admin": "Operators"}
PAGE = """# HTTP reference

Made from `openapi.yaml`, which a bridge serves at `/openapi.yaml`; [http-api.md](../docs/http-api.md) explains it.
"""


class Description:
    """What openapi.yaml says."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.root = yaml.safe_load(file)

    def whole(self, node):
        """The node that a reference stands for."""
        while isinstance(node, dict) and "$ref" in node:
            found = self.root
            for part in node["$ref"][2:].split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    def operations(self):
        """Every method of every path, with what it does."""
        for path, item in self.root["paths"].items():
            shared = item.get("parameters", [])
            for method, operation in item.items():
                if method in METHODS:
                    yield method.upper(), path, operation, [self.whole(each) for each in shared + operation.get("parameters", [])]
            if "x-query" in item:
                operation = item["x-query"]
                yield "QUERY", path, operation, [self.whole(each) for each in shared + operation.get("parameters", [])]

    def codes(self, response):
        """The codes of the problems that a response can be."""
        for media in response.get("content", {}).values():
            for name, example in media.get("examples", {}).items():
                value = self.whole(example).get("value")
                if isinstance(value, dict) and "code" in value and "title" in value:
                    yield value["code"]


def cell(text):
    """Text for one cell of a table."""
    return " ".join(str(text or "").split()).replace("|", "\\|").replace("<", "&lt;") if text else ""


def code(text):
    return "`" + str(text).replace("|", "\\|") + "`"


def kind(description, schema, depth=0):
    """What a value is, in a few words."""
    if isinstance(schema, dict) and "$ref" in schema:
        folder, _, name = schema["$ref"].rpartition("/")
        if folder == "#/components/schemas":
            return f"[{name}](#{name.lower()})"
    schema = description.whole(schema)
    if not isinstance(schema, dict):
        return ""
    if "const" in schema:
        return code(json.dumps(schema["const"]))
    if "enum" in schema:
        return ", ".join(code(value) for value in schema["enum"])
    for several in ("oneOf", "anyOf"):
        if several in schema and depth < 3:
            return " or ".join(filter(None, (kind(description, each, depth + 1) for each in schema[several])))
    name = schema.get("type", "")
    name = " or ".join(name) if isinstance(name, list) else name
    if name == "array" and "items" in schema and depth < 3:
        inner = kind(description, schema["items"], depth + 1)
        return f"array of {inner}" if inner else "array"
    if schema.get("format"):
        name += f" ({schema['format']})"
    if "minimum" in schema and "maximum" in schema:
        name += f" {schema['minimum']}…{schema['maximum']}"
    if "default" in schema:
        name += f", default {code(schema['default'])}"
    return name


def table(head, rows):
    rows = list(rows)
    if rows:
        yield "| " + " | ".join(head) + " |"
        yield "|" + "---|" * len(head)
        for row in rows:
            yield "| " + " | ".join(row) + " |"
        yield ""


def http(path):
    """The page of the HTTP interface."""
    description = Description(path)
    yield PAGE
    yield from paragraphs(description.root["info"]["description"])
    for tag in description.root["tags"]:
        yield f"## {TITLES[tag['name']]}\n"
        yield from paragraphs(tag["description"])
        for method, path_, operation, parameters in description.operations():
            if operation["tags"][0] == tag["name"]:
                yield from one(description, f"{method} {path_}", operation, parameters)
    yield from problems(description)
    yield "## Schemas\n"
    for name, schema in description.root["components"]["schemas"].items():
        yield from structure(description, name, schema)


def paragraphs(text):
    yield (text or "").strip() + "\n"


def one(description, name, operation, parameters):
    yield f"### {name}\n"
    yield from paragraphs(operation["summary"])
    yield from paragraphs(operation.get("description"))
    yield from table(("Parameter", "In", "Type", "Meaning"), (
        (code(each["name"]) + (" (required)" if each.get("required") and each["in"] != "path" else ""), each["in"],
         kind(description, each.get("schema", {})), cell(each.get("description"))) for each in parameters))
    body = description.whole(operation.get("requestBody"))
    if body:
        yield "**Body.** " + " ".join((body.get("description") or "").split()) + "\n"
        yield from table(("Content type", "What it is"), (
            (code(media), kind(description, value.get("schema", {})) or cell(description.whole(value.get("schema", {})).get("description")))
            for media, value in body["content"].items()))
    rows = []
    for status, response in operation["responses"].items():
        response = description.whole(response)
        rows.append((
            code(status) if status != "default" else "any", cell(response.get("description")),
            ", ".join(code(media) for media in response.get("content", {})),
            ", ".join(code(header) for header in response.get("headers", {})),
            ", ".join(f"[`{each}`](#problem-{each})" for each in dict.fromkeys(description.codes(response)))))
    yield from table(("Status", "Meaning", "Content", "Headers", "Problem codes"), rows)


def problems(description):
    yield "## Problem codes\n"
    seen = {}
    for example in description.root["components"]["examples"].values():
        value = example.get("value")
        if isinstance(value, dict) and "code" in value and "title" in value:
            seen.setdefault(value["code"], value)
    every = description.root["components"]["schemas"]["ProblemCode"]["enum"]
    yield from table(("Code", "Status", "Title", "For example"), (
        (f'<a id="problem-{name}"></a>{code(name)}', str(seen.get(name, {}).get("status", "")), cell(seen.get(name, {}).get("title")),
         cell(seen.get(name, {}).get("detail"))) for name in every))
    yield "## Headers of answers\n"
    yield from table(("Header", "Meaning", "For example"), (
        (code(name), cell(text), code(example) if example else "") for name, (text, example) in sorted(headers(description).items())))


def headers(description):
    """Every header of every answer, with what is said of it first."""
    found = {}
    for _, _, operation, _ in description.operations():
        for response in operation["responses"].values():
            for name, header in description.whole(response).get("headers", {}).items():
                header = description.whole(header)
                found.setdefault(name, (header.get("description"), header.get("example")))
    return found


def structure(description, name, schema):
    yield f"### {name}\n"
    yield from paragraphs(schema.get("description"))
    parts = [description.whole(each) for each in schema.get("allOf", [])] + [schema]
    members = {member: value for part in parts for member, value in part.get("properties", {}).items()}
    required = {member for part in parts for member in part.get("required", [])}
    yield from table(("Member", "Type", "Meaning"), (
        (code(member) + (" (required)" if member in required else ""), kind(description, value),
         cell(description.whole(value).get("description") if isinstance(value, dict) else "")) for member, value in members.items()))
    if not members:
        yield kind(description, schema) + "\n"


def told(program, *words):
    """What a command prints."""
    return subprocess.run([program, *words], capture_output=True, text=True, check=True,
                          env={"PATH": "/usr/bin:/bin", "COLUMNS": "100"}).stdout


def every_command(command, name=""):
    name = f"{name} {command['commandName']}".strip()
    if command["shouldDisplay"] and command["commandName"] != "help":
        yield name
        for child in command.get("subcommands", []):
            yield from every_command(child, name)


def commands(program):
    """The page of the commands: what each says with --help."""
    yield "# Commands\n\nWhat each command says with `--help`. [commands.md](../docs/commands.md) shows how they are used.\n"
    for name in every_command(json.loads(told(program, "--experimental-dump-help"))["command"]):
        yield f"## {name}\n\n```text\n{told(program, *name.split()[1:], '--help').strip()}\n```\n"


def missing(path, lines):
    """What a plain look into openapi.yaml finds and the page of it has not: routes, parameters, headers, statuses, codes."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    page = "\n".join(lines)
    wanted = {f"### {method.upper()} {route}\n" for route, item in re.findall(r"^  (/\S*):\n((?:    .*\n|\n)+)", text, re.MULTILINE)
              for method in re.findall(r"^    (get|post|put|delete|patch):", item, re.MULTILINE)}
    wanted |= {f"`{name}`" for name in re.findall(r"name: ([\w-]+)\n\s+in: (?:query|header|path|cookie)\n", text)}
    wanted |= {f"`{name}`" for name in re.findall(r"^ +([A-Z][\w-]+): \{ \$ref: \"#/components/headers/", text, re.MULTILINE)}
    wanted |= {f"| `{status}` |" for status in re.findall(r'^ +"(\d{3})":', text, re.MULTILINE)}
    wanted |= {f'id="problem-{code}"' for code in re.findall(r"urn:mqtt-bridge:problem:([\w-]+)", text)}
    return sorted(each for each in wanted if each not in page), len(wanted)
