"""Writes the tables of options and exit codes into the documentation, or compares them.

    broadcast-server --experimental-dump-help | options.py DOCS [--check]
"""

import json
import pathlib
import re
import sys


def table(headings, rows):
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def prose(text):
    """Text in a cell: what would be taken for markup is code."""
    text = re.sub(r"(?<![\w-])(--[a-z][a-z-]*|\S+://\S*[\w/])", r"`\1`", text)
    return text.replace('"Client <id>: <text>"', "`Client <id>: <text>`").replace("; * for", "; `*` for").replace("|", "\\|")


def option_row(argument, names, variables, reloadable):
    value = f" <{argument['valueName']}>" if argument["kind"] == "option" else ""
    meaning, default = re.fullmatch(r"(.*?)(?: \(default: (.*)\))?", argument["abstract"], re.S).groups()
    if not value:
        default = "false"
    flags = ", ".join(f"`--{name}{value}`" for name in names)
    # `*` and `::` stand for themselves.
    mark = "x" if names[0] in reloadable else ""
    return [flags, f"`{variables[names[0]]}`", f"`{default}`" if default else "", mark, prose(meaning)]


def options(command):
    variables = {flag: name for name, flag in re.findall(r"^  (\w+) +.*?like --([\w-]+)", command["discussion"], re.M)}
    # The text is wrapped nowhere, so that a list is on one line.
    reloadable = re.search(r"It changes: (.*?)\.$", command["discussion"], re.M)[1].split(", ")
    arguments = {argument["names"][0]["name"]: argument for argument in command["arguments"]}
    rows = []
    for name in variables:
        # A switch has its other form as an argument of its own.
        names = [name] + [other for other in [f"no-{name}"] if other in arguments and other not in variables]
        rows.append(option_row(arguments[name], names, variables, reloadable))
    return table(["flag", "variable", "default", "HUP", "meaning"], rows)


def exit_codes(commands):
    causes, users = {}, {}
    for command in commands:
        for code, cause in re.findall(r"^  (\d+) {2,}(.*)", command["discussion"].partition("EXIT CODES:")[2], re.M):
            causes[int(code)] = cause
            users.setdefault(int(code), set()).add(command["commandName"])
    names = [command["commandName"] for command in commands]
    rows = [
        [str(code), *("x" if name in users[code] else "" for name in names), prose(causes[code])] for code in sorted(causes)
    ]
    return table(["code", *(f"`{name}`" for name in names), "cause"], rows)


def put(path, name, content, is_check):
    """Puts a table between its marks."""
    page = path.read_text()
    pattern = re.compile(rf"(<!-- {name}: [^\n]* -->\n).*?(<!-- end of {name} -->\n)", re.S)
    assert pattern.search(page), f"{path} has no marks for {name}"
    written = pattern.sub(lambda match: match[1] + content + match[2], page)
    if is_check and written != page:
        sys.exit(f"error: the {name} in {path} are not those of the program: run scripts/options")
    path.write_text(written)


def main():
    docs, is_check = pathlib.Path(sys.argv[1]), "--check" in sys.argv[2:]
    root = json.load(sys.stdin)["command"]
    commands = [command for command in root["subcommands"] if command["commandName"] != "help"]
    start = next(command for command in commands if command["commandName"] == "start")
    put(docs / "configuration.md", "options", options(start), is_check)
    put(docs / "exit-codes.md", "exit codes", exit_codes(commands), is_check)


main()
