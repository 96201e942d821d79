"""The revision that `--against` names: its servers run beside those of the working tree, as `…, before`."""
import os
import subprocess

from . import rows, servers
from .figures import markdown_table, number_text, ratio_text
from .machine import caption, output
from .paths import BUILD, REPOSITORY
from .progress import progress

FOLDER = os.path.join(BUILD, "against")
STAMP = "built-with"


def git(repository, *arguments):
    return subprocess.run(["git", "-C", repository, *arguments], capture_output=True, text=True)


def resolve(revision, repository=REPOSITORY):
    """The commit's whole hash."""
    result = git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if result.returncode:
        raise SystemExit(f"error: --against: there is no revision {revision!r} here")
    return result.stdout.strip()


def check_out(commit, repository=REPOSITORY, folder=FOLDER):
    """A work tree of that commit, of its own: what is changed in this one does not matter to it."""
    tree = os.path.join(folder, commit)
    if not os.path.exists(os.path.join(tree, ".git")):
        if os.path.exists(tree):
            raise SystemExit(f"error: {tree} is no work tree: remove it")
        # What git knows of trees that were removed by hand would be in the way.
        git(repository, "worktree", "prune")
        result = git(repository, "worktree", "add", "--quiet", "--detach", tree, commit)
        if result.returncode:
            raise SystemExit(f"error: git cannot check out {commit}: {result.stderr.strip()}")
    if git(tree, "rev-parse", "HEAD").stdout.strip() != commit or git(tree, "status", "--porcelain").stdout.strip():
        raise SystemExit(
            f"error: {tree} is not {commit[:7]} as it was committed: run 'git worktree remove --force {tree}'"
        )
    return tree


def swift_build(package, product, what):
    progress(f"==> building {product}{what}")
    command = ["swift", "build", "-c", "release", "--quiet", "--package-path", package, "--product", product]
    # Its output is for the user, among the progress.
    if subprocess.run(command, stdout=2).returncode:
        raise SystemExit(f"error: {product}{what} cannot be built")


def build(revision, needs_server, needs_echo):
    """Builds what is not built yet, once for each commit, toolchain and libwebsockets; gives the commit."""
    commit = resolve(revision)
    tree = check_out(commit)
    built_with = f"{output('swift', '--version')}\n{output('pkg-config', '--modversion', 'libwebsockets')}\n"
    products = [("broadcast-server", tree, needs_server), ("echo-bench", os.path.join(tree, "Benchmarks"), needs_echo)]
    for product, package, is_needed in products:
        stamp = os.path.join(package, ".build", f"{STAMP}-{product}")
        if not is_needed or (os.path.exists(stamp) and open(stamp).read() == built_with):
            continue
        swift_build(package, product, f" of {commit[:7]}, which is 'before'")
        with open(stamp, "w") as file:
            file.write(built_with)
    servers.revision_folder = tree
    return commit


# MARK: The report

def comparisons(row):
    """(mine, other, figure, [q1, median, q3], rounds) of the ratios to the revision."""
    for pair, values in row["ratios"].items():
        mine, other = pair.split(" / ")
        if servers.is_before(other):
            for figure, quartiles in values.items():
                if figure != "rounds":
                    yield mine, other, figure, quartiles, values["rounds"]


def table(measured):
    lines = [
        [f"`{row['key']}`: {mine}, {figure}", number_text(rows.median(row, other, figure)),
         number_text(rows.median(row, mine, figure)), ratio_text(quartiles, decimals=3), str(rounds)]
        for row in measured for mine, other, figure, quartiles, rounds in comparisons(row)
    ]
    return markdown_table(["cell", "before", "this", "this / before", "rounds"], lines)


def revisions(measured):
    """A line for each pair of commits: the cells may be of several runs."""
    cells = {}
    for row in measured:
        cells.setdefault((row["commit"], row["before"]), []).append(f"`{row['key']}`")
    return "\n".join(f"- {this}, before: {before}: {', '.join(keys)}" for (this, before), keys in cells.items())


def report(figures):
    measured = figures["cells"]
    return "\n\n".join([
        caption(figures["machine"]),
        "Medians of the rounds; ratios of the servers of this revision to those of the revision before, with their "
        "quartiles.",
        table(measured),
        "The revisions:",
        revisions(measured),
        *rows.remarks(measured),
    ]) + "\n"
