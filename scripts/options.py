"""Writes the tables of options and exit codes into the documentation, and the configuration file of the package beside it; or
compares them.

    broadcast-server --experimental-dump-help | options.py DOCS [--check]
"""

import json
import pathlib
import re
import sys
import textwrap

# What the package says otherwise than the program, because its unit has directories for it.
PACKAGED = {
    "admin-socket": "/run/broadcast-server/admin.sock",
    "state-dir": "/var/lib/broadcast-server",
    "no-log-file": "true",
    "log-messages": "off",
}
PACKAGED_HEAD = """\
# The configuration of broadcast-server, when systemd starts it. Every option is here: what begins with #name: has no effect
# but to show the default, or what is to stand there in capitals. What is said several times is a list: [a, b].
#
#   broadcast-server check-config --config /etc/broadcast-server.yaml     whether all of it is right
#   systemctl restart broadcast-server                                    has it read
#   systemctl reload broadcast-server                                     the same for options marked with (reload)
"""


def table(headings, rows):
    lines = [headings, ["---"] * len(headings), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def prose(text):
    """Text in a cell: what would be taken for markup is code."""
    text = re.sub(r"(?<![\w-])(--[a-z][a-z-]*|\S+://\S*[\w/])", r"`\1`", text)
    return text.replace('"Client <id>: <text>"', "`Client <id>: <text>`").replace("; * for", "; `*` for").replace("|", "\\|")


def meaning_and_default(argument):
    return re.fullmatch(r"(.*?)(?: \(default: (.*)\))?", argument["abstract"], re.S).groups()


def option_row(argument, names, variables, reloadable):
    value = f" <{argument['valueName']}>" if argument["kind"] == "option" else ""
    meaning, default = meaning_and_default(argument)
    if not value:
        default = "false"
    flags = ", ".join(f"`--{name}{value}`" for name in names)
    # `*` and `::` stand for themselves.
    mark = "x" if names[0] in reloadable else ""
    return [flags, f"`{variables[names[0]]}`", f"`{default}`" if default else "", mark, prose(meaning)]


def table_of_options(command):
    """The options with their variables, the names of those that SIGHUP changes, and all arguments by name."""
    variables = {flag: name for name, flag in re.findall(r"^  (\w+) +.*?like --([\w-]+)", command["discussion"], re.M)}
    # The text is wrapped nowhere, so that a list is on one line.
    reloadable = re.search(r"It changes: (.*?)\.$", command["discussion"], re.M)[1].split(", ")
    return variables, reloadable, {argument["names"][0]["name"]: argument for argument in command["arguments"]}


def options(command):
    variables, reloadable, arguments = table_of_options(command)
    rows = []
    for name in variables:
        # A switch has its other form as an argument of its own.
        names = [name] + [other for other in [f"no-{name}"] if other in arguments and other not in variables]
        rows.append(option_row(arguments[name], names, variables, reloadable))
    return table(["flag", "variable", "default", "HUP", "meaning"], rows)


def packaged_line(name, argument, default):
    """An option as the file has it: what the package says, or what would be the default, or what to write."""
    if name in PACKAGED:
        return f"{name}: {PACKAGED[name]}"
    if argument["kind"] == "flag":
        return f"#{name}: false"
    # What is put in words is no value.
    value = default if default and " " not in default else argument["valueName"].upper()
    return f"#{name}: [{value}]" if argument["isRepeating"] else f"#{name}: {value}"


def packaged(command):
    variables, reloadable, arguments = table_of_options(command)
    lines = [PACKAGED_HEAD]
    for name in variables:
        if name == "config":
            continue
        argument = arguments[name]
        meaning, default = meaning_and_default(argument)
        if default and " " in default:
            meaning += f" Default: {default}."
        if name in reloadable:
            meaning += " (reload)"
        lines.append("\n" + textwrap.fill(meaning, 100, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False) + "\n")
        lines.append(packaged_line(name, argument, default) + "\n")
    return "".join(lines)


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
    write(path, pattern.sub(lambda match: match[1] + content + match[2], page), is_check)


def write(path, content, is_check):
    if is_check and content != path.read_text():
        sys.exit(f"error: {path} does not say what the program says: run scripts/options")
    path.write_text(content)


def main():
    docs, is_check = pathlib.Path(sys.argv[1]), "--check" in sys.argv[2:]
    root = json.load(sys.stdin)["command"]
    commands = [command for command in root["subcommands"] if command["commandName"] != "help"]
    start = next(command for command in commands if command["commandName"] == "start")
    put(docs / "configuration.md", "options", options(start), is_check)
    put(docs / "exit-codes.md", "exit codes", exit_codes(commands), is_check)
    write(docs.parent / "packaging/broadcast-server.yaml", packaged(start), is_check)


main()
