"""Turns the program's description of its commands, JSON on the standard input, into manual pages (mdoc(7)).

    broadcast-server --experimental-dump-help | manual.py FOLDER VERSION
"""

import datetime
import json
import os
import pathlib
import re
import sys
import time


def escape(text):
    """Text that mdoc takes as such, wherever it stands."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def prose(text):
    """Sentences, each on a line of its own, as mdoc wants them."""
    return escape(re.sub(r"(?<=[.:;?!)]) (?=[A-Z(])", "\n", " ".join(text.split())))


def words(text):
    """Text as one argument of a macro."""
    return '"' + escape(text).replace('"', '""') + '"'


def names(argument):
    """The ways to write a flag or an option, with its value."""
    dashes = {"long": "--", "short": "-", "longWithSingleDash": "-"}
    spelled = [dashes[name["kind"]] + name["name"] for name in argument["names"]]
    value = f" Ar {words(argument['valueName'])}" if argument["kind"] == "option" else ""
    return " , ".join(f"Fl {words(name[1:])}{value}" for name in spelled)


def synopsis(name, command):
    lines = [f".Nm {name}"]
    if command.get("subcommands"):
        return [*lines, ".Ar command", ".Op Ar options"]
    lines.append(".Op Ar options")
    for argument in command["arguments"]:
        if argument["kind"] == "positional":
            # Several values may be described in one, as `url> <text`.
            values = argument["valueName"].split("> <")
            lines += [f".Op Ar {words(value)}" for value in values]
            if argument["isRepeating"]:
                lines[-1] += " ..."
    return lines


def options(command):
    """The flags and options by the sections in which the help lists them."""
    sections, switches = {}, {}
    for argument in command["arguments"]:
        if argument["kind"] == "positional" or not argument["shouldDisplay"]:
            continue
        name = argument["names"][0]["name"]
        if argument["kind"] == "flag" and name.removeprefix("no-") in switches:
            # The other form of a switch, with the same words for it.
            switches[name.removeprefix("no-")]["names"] += argument["names"]
        else:
            if argument["kind"] == "flag":
                switches[name] = argument
            sections.setdefault(argument.get("sectionTitle", "OPTIONS"), []).append(argument)
    for title, arguments in sorted(sections.items(), key=lambda section: section[0] != "OPTIONS"):
        yield f".Sh {title}"
        yield ".Bl -tag -width Ds"
        for argument in arguments:
            yield f".It {names(argument)}"
            yield prose(argument.get("abstract", ""))
        yield ".El"


def rank(title):
    """The place of a section among others: manual pages have these three last, in this order."""
    return {"ENVIRONMENT": 1, "EXIT STATUS": 2, "EXAMPLES": 3}.get(title, 0)


def discussion(text):
    """Paragraphs, and blocks that begin with a title in capitals: a table of exit codes, or lines to be kept as they are."""
    paragraphs, sections = [], {}
    for part in text.split("\n\n"):
        title, _, body = part.partition("\n")
        if title == "EXIT CODES:":
            table = re.findall(r"^ +(\d+) {2,}(.*)", body, re.M)
            rest = re.findall(r"^ +(?!\d+ {2,})(.*)", body, re.M)
            lines = [line for code, cause in table for line in (f".It {code}", prose(cause))]
            notes = [line for note in rest for line in (".Pp", prose(note))]
            sections["EXIT STATUS"] = [".Bl -tag -width 000", *lines, ".El", *notes]
        elif re.fullmatch(r"[A-Z ]+:", title):
            lines = [escape(line.removeprefix("  ")) for line in body.splitlines()]
            sections[title[:-1]] = [".Bd -literal", *lines, ".Ed"]
        else:
            paragraphs += [".Pp", prose(part)]
    ordered = sorted(sections.items(), key=lambda section: rank(section[0]))
    return paragraphs, [line for title, lines in ordered for line in (f".Sh {title}", *lines)]


def page(name, command, others, version):
    paragraphs, sections = discussion(command.get("discussion", ""))
    abstract = command["abstract"]
    # The day of the sources, where a package is to be the same whenever it is built.
    now = float(os.environ.get("SOURCE_DATE_EPOCH", time.time()))
    today = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
    lines = [
        f".Dd {today:%B} {today.day}, {today.year}",
        f".Dt {name.upper()} 1",
        f".Os broadcast\\-server {version}",
        ".Sh NAME",
        f".Nm {name}",
        f".Nd {escape(abstract[0].lower() + abstract[1:].rstrip('.'))}",
        ".Sh SYNOPSIS",
        *synopsis(name.replace("-", " ", 2).replace(" ", "-", 1), command),
        ".Sh DESCRIPTION",
        prose(abstract),
        *paragraphs,
        *options(command),
        *sections,
        ".Sh SEE ALSO",
        " ,\n".join(f".Xr {other} 1" for other in sorted(others)),
    ]
    return "\n".join(lines) + "\n"


def main():
    folder, version = pathlib.Path(sys.argv[1]), sys.argv[2]
    root = json.load(sys.stdin)["command"]
    pages = {root["commandName"]: root}
    for command in root["subcommands"]:
        if command["commandName"] != "help":
            pages[f"{root['commandName']}-{command['commandName']}"] = command
    for name, command in pages.items():
        (folder / f"{name}.1").write_text(page(name, command, pages.keys() - {name}, version))


main()
