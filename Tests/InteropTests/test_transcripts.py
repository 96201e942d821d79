"""What README and documentation show of a shell is what is really printed; their tables are those of the program."""

import os
import re
import subprocess
import sys

import pytest

from conftest import BUILD, ROOT
from support.deadline import PATIENCE

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
POSITION = re.compile(r"\b[0-9a-z]{4,13}\.(\d{1,20})\b(?=\")")
TIME = re.compile(r'("time": ?)\d+|^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}', re.M)


def same(text):
    """A text without what is another each time: epochs and times."""
    return TIME.sub(r"\g<1>0", POSITION.sub(r"k3f9.\1", text))


def has_transcript(page):
    return "```console" in page.read_text()


def transcript(page):
    """The commands of a page in their order, each with what it prints."""
    for block in re.findall(r"^```console\n(.*?)^```$", page.read_text(), re.M | re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            yield command, output


@pytest.mark.parametrize("page", [page for page in PAGES if has_transcript(page)], ids=lambda page: page.stem)
def test_a_shell_prints_what_the_page_shows(page, start_server, tmp_path):
    server = start_server()
    environment = os.environ | {"PATH": f"{BUILD}:{os.environ['PATH']}", "LANG": "C.UTF-8"}
    for command, output in transcript(page):
        if command.startswith("scripts/start"):
            for line in output.splitlines():
                server.wait_for(re.escape(line.replace("localhost:8088", server.authority)))
            continue
        found = subprocess.run(
            ["bash", "-c", command.replace("curl ", "curl --silent ").replace("localhost:8088", server.authority)],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
        )
        assert same(found.stdout) == same(output), command


def test_the_tables_of_options_and_exit_codes_are_those_of_the_program():
    description = subprocess.check_output([BUILD / "broadcast-server", "--experimental-dump-help"])
    command = [sys.executable, ROOT / "scripts/options.py", ROOT / "docs", "--check"]
    found = subprocess.run(command, input=description, capture_output=True, timeout=PATIENCE)
    assert found.returncode == 0, found.stderr.decode()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
    missing = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        if ":" in path:
            continue
        target = page.parent / path if path else page
        headings = re.findall(r"^#+ (.*)$", target.read_text(), re.M) if anchor and target.exists() else []
        anchors = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
        # A heading that comes again has a number behind it.
        numbered = [f"{name}-{anchors[:place].count(name)}".removesuffix("-0") for place, name in enumerate(anchors)]
        if not target.exists() or anchor and anchor not in numbered:
            missing.append(link)
    assert missing == []
