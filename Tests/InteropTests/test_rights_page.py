"""What docs/rights.md shows of a shell is what happens."""

import os
import re
import subprocess
import sys

from conftest import BUILD, ROOT
from support.deadline import PATIENCE
from support.ports import free_port

BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.M | re.S)
# What is another each time: epochs, times, and seconds that pass meanwhile.
CHANGES = [(r'"[0-9a-z]{4,13}\.(\d+)"', r'"k3f9.\1"'), (r'("time":)\d+', r"\g<1>0"), (r"in (600|59\d) s", "in 600 s"),
           (r"in (20|1\d) s", "in 20 s"), (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}", "2025")]


def same(text):
    for pattern, replacement in CHANGES:
        text = re.sub(pattern, replacement, text)
    return text


def test_the_example_works_as_it_is_printed(tmp_path):
    port = free_port()
    blocks = BLOCK.findall((ROOT / "docs/rights.md").read_text())
    example = [(kind, text) for kind, text in blocks if "localhost:8088" in text or "broadcast-server start" in text or kind == "text"]
    script, expected = ["set -e", "trap 'kill $(jobs -p); wait' EXIT"], ""
    for kind, text in example:
        if kind == "text":
            expected += text
            continue
        # What a server prints is shown elsewhere.
        text = re.sub(r"^(broadcast-server start .*?)&$", r"\1 --port 8088 --no-log-file >server.out 2>&1 &", text, flags=re.M | re.S)
        script.append(text.replace("8088", str(port)))
        if "broadcast-server start" in text:
            script.append("until grep -q started server.out; do sleep 0.1; done")
    path = f"{BUILD}:{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", "\n".join(script).replace("curl ", "curl --silent ")],
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=2 * PATIENCE,
    )
    assert same(done.stdout) == same(expected)
    assert len([kind for kind, _ in example if kind == "sh"]) == 6
    # Nothing of a secret is anywhere but where it belongs.
    output = (tmp_path / "server.out").read_text()
    for name in ("ann.token", "builds.token", "secret"):
        assert (tmp_path / name).read_text().strip() not in output
