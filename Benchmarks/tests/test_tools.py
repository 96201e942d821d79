"""What scripts/bench makes of figures, and how it finds a revision."""
import contextlib
import io
import os
import subprocess
import tempfile
import unittest
from unittest import mock

from bench import against, arguments, machine, plot, results, rounds, rows, servers
from bench.cells import Cell, matches
from bench.figures import is_settled, quartiles, ratios, rounded


def cell(**more):
    figures = ("cost", "memory")
    return Cell("key", "title", "fanout", {}, (servers.SUBJECT,), figures, ("cost",), **more)


class FigureTests(unittest.TestCase):
    def test_quartiles_stay_within_the_values(self):
        self.assertEqual(quartiles([2]), (2, 2, 2))
        self.assertEqual(quartiles([1, 2]), (1.25, 1.5, 1.75))
        self.assertEqual(quartiles([4, 1, 3, 2, 5]), (2, 3, 4))
        self.assertIsNone(quartiles([]))

    def test_ratios_are_of_rounds_in_which_both_came_to_an_end(self):
        mine = [{"cost": 2}, {"failure": "late"}, {"cost": 3}]
        self.assertEqual(ratios(mine, [{"cost": 1}, {"cost": 1}, {"cost": 2}], "cost"), [2, 1.5])

    def test_a_narrow_middle_half_settles(self):
        self.assertTrue(is_settled([1, 1.001, 0.999, 1.002] * 4, 0.01))
        self.assertFalse(is_settled([1, 1.3, 0.8, 1.2], 0.01))
        self.assertFalse(is_settled([1], 0.01))

    def test_figures_are_kept_with_five_digits(self):
        self.assertEqual(rounded(0.0123456), 0.012346)
        self.assertEqual(rounded(147964.4), 147960)


class RowTests(unittest.TestCase):
    SAMPLES = {
        "a": [{"cost": 2, "memory": 8, "more": 1}, {"cost": 4, "memory": 8, "more": 1}],
        "b": [{"cost": 1, "memory": 8, "more": 1}, {"failure": "it ended"}],
    }

    def test_a_row_keeps_summaries_ratios_and_failures_only(self):
        row = rows.make(cell(), self.SAMPLES, [("a", "b"), ("a", "absent")])
        self.assertEqual(row["servers"]["a"], {"rounds": 2, "cost": [2.5, 3, 3.5], "memory": [8, 8, 8]})
        self.assertEqual(row["servers"]["b"]["rounds"], 1)
        self.assertEqual(row["servers"]["b"]["failure"], "it ended")
        self.assertEqual(row["ratios"], {"a / b": {"rounds": 1, "cost": [2, 2, 2]}})
        self.assertIn("`b`, title: it ended", rows.failures([row]))

    def test_an_update_replaces_its_cell_only(self):
        last = [{"key": "one", "value": 1}, {"key": "three", "value": 1}]
        merged = results.merged(last, {"key": "three", "value": 2}, ["one", "two", "three"])
        self.assertEqual(merged, [{"key": "one", "value": 1}, {"key": "three", "value": 2}])
        merged = results.merged(merged, {"key": "two", "value": 3}, ["one", "two", "three"])
        self.assertEqual([row["key"] for row in merged], ["one", "two", "three"])


class RoundTests(unittest.TestCase):
    def measure(self, outcomes, **more):
        """The order in which servers ran; `outcomes` gives a server's sample for each of its runs."""
        runs = []

        def run_once(contestant, _):
            runs.append(contestant)
            return outcomes(contestant, runs.count(contestant))

        names = {"mine": "mine", "other": "other", "third": "third"}
        with mock.patch.multiple(rounds, contestants=lambda *_: names, run_once=run_once, progress=lambda _: None):
            rounds.measure(cell(**more), list(names), [("mine", "other")], None, 0.01, False)
        return runs

    def test_every_other_round_runs_backwards(self):
        runs = self.measure(lambda *_: {"cost": 1}, rounds=(2, 9))
        self.assertEqual(runs, ["mine", "other", "third", "third", "other", "mine"])

    def test_only_what_is_compared_runs_until_its_ratio_settles(self):
        runs = self.measure(lambda _, number: {"cost": number % 2 + 1 if number < 3 else 1}, rounds=(2, 40))
        self.assertEqual(runs.count("third"), 2)
        self.assertEqual(runs.count("mine"), runs.count("other"))
        self.assertLess(runs.count("mine"), 40)

    def test_an_unstable_ratio_takes_the_most_rounds(self):
        runs = self.measure(lambda name, number: {"cost": number if name == "mine" else 1}, rounds=(2, 12))
        self.assertEqual(runs.count("mine"), 12)

    def test_a_server_that_is_unable_runs_no_further(self):
        def outcome(name, number):
            return {"failure": "late"} if (name, number) == ("other", 2) else {"cost": number}

        runs = self.measure(outcome, rounds=(3, 12))
        self.assertEqual(runs.count("other"), 2)
        self.assertEqual(runs.count("mine"), 3)


class ArgumentTests(unittest.TestCase):
    def complaint(self, *words):
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors), self.assertRaises(SystemExit) as failure:
            arguments.parse(list(words))
        self.assertEqual(failure.exception.code, 2)
        return errors.getvalue()

    def test_what_does_not_exist_is_named(self):
        self.assertIn("no part 'fan'", self.complaint("fan"))
        self.assertIn("no server 'apache'", self.complaint("--servers", "apache"))
        self.assertIn("'100x64x1p1'", self.complaint("echo", "--cells", "100x64x1p1"))
        self.assertIn("--update takes whole cells", self.complaint("--update", "--servers", "nio"))

    def test_keys_may_be_listed(self):
        self.assertTrue(matches(cell(), "100x*,ke?"))
        self.assertFalse(matches(cell(), "100x*,k"))

    def test_a_comparison_is_of_two_revisions_unless_more_are_named(self):
        self.assertEqual(arguments.parse(["--against", "HEAD"]).names, servers.OWN)
        names = arguments.parse(["--against", "HEAD", "--servers", "reference"]).names
        self.assertEqual(names, (servers.REFERENCE, *servers.OWN))

    def test_only_the_whole_or_an_update_is_recorded(self):
        self.assertTrue(arguments.parse([]).records)
        for words in (["--quick"], ["--cells", "http"], ["--servers", "nio"], ["--against", "HEAD"]):
            self.assertFalse(arguments.parse(words).records)
        self.assertTrue(arguments.parse(["--against", "HEAD", "--cells", "http", "--update"]).records)


class RevisionTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.repository, self.trees = os.path.join(folder.name, "repository"), os.path.join(folder.name, "trees")
        self.git("init", "--quiet", self.repository)
        self.write(self.repository, "one")
        self.git("-C", self.repository, "add", ".")
        identity = ["-c", "user.name=n", "-c", "user.email=e"]
        self.git("-C", self.repository, *identity, "commit", "--quiet", "--message", "one")
        self.commit = against.resolve("HEAD", self.repository)

    def git(self, *words):
        subprocess.run(["git", *words], check=True, capture_output=True)

    def write(self, folder, content):
        with open(os.path.join(folder, "file"), "w") as file:
            file.write(content)

    def check_out(self):
        return against.check_out(self.commit, self.repository, self.trees)

    def test_an_unknown_revision_is_named(self):
        with self.assertRaisesRegex(SystemExit, "no revision 'nowhere'"):
            against.resolve("nowhere", self.repository)
        with self.assertRaisesRegex(SystemExit, "no revision '--all'"):
            against.resolve("--all", self.repository)

    def test_changes_of_the_working_tree_stay_out(self):
        self.write(self.repository, "two")
        with open(os.path.join(self.check_out(), "file")) as file:
            self.assertEqual(file.read(), "one")

    def test_a_tree_is_used_again(self):
        tree = self.check_out()
        self.assertEqual(self.check_out(), tree)

    def test_a_tree_removed_by_hand_is_made_anew(self):
        tree = self.check_out()
        subprocess.run(["rm", "-r", tree], check=True)
        self.assertEqual(self.check_out(), tree)
        self.assertTrue(os.path.exists(os.path.join(tree, "file")))

    def test_a_tree_that_was_changed_is_named(self):
        self.write(self.check_out(), "two")
        with self.assertRaisesRegex(SystemExit, "is not .* as it was committed"):
            self.check_out()


class ComparisonTests(unittest.TestCase):
    def test_the_report_has_a_line_for_each_figure(self):
        this, before = servers.SUBJECT, servers.before(servers.SUBJECT)
        samples = {this: [{"cost": 3, "memory": 1}], before: [{"cost": 2, "memory": 1}]}
        row = rows.make(cell(), samples, [(this, before)])
        row |= {"commit": "1234567-dirty", "before": "7654321"}
        self.assertIn("| `key`: broadcast-server, cost | 2.00 | 3.00 | 1.500 (1.500–1.500) | 1 |", against.table([row]))
        self.assertEqual(against.revisions([row]), "- 1234567-dirty, before: 7654321: `key`")

    def test_names_tell_which_revision_serves(self):
        self.assertTrue(servers.is_before("broadcast-server, logging, before"))
        self.assertTrue(servers.is_before("broadcast-server, before: with"))
        self.assertFalse(servers.is_before("broadcast-server, logging"))
        self.assertEqual(servers.base("broadcast-server, logging, before"), servers.SUBJECT)


class ServerTests(unittest.TestCase):
    def command(self, name, flags):
        with mock.patch.object(servers, "flags_of_subject", lambda _: frozenset(flags)):
            return servers.command(name)

    def test_a_modifier_is_a_flag(self):
        command = self.command(servers.STORING, ["--state-dir"])
        self.assertEqual(command[command.index("--state-dir") + 1], "{state}")
        command = self.command(servers.FORGETFUL, ["--history-messages"])
        self.assertEqual(command[command.index("--history-messages") + 1], "0")

    def test_a_program_without_the_flag_does_not_take_part(self):
        self.assertIsNone(self.command(servers.STORING, ["--history-messages"]))


class MachineTests(unittest.TestCase):
    def test_what_an_older_run_does_not_tell_makes_no_difference(self):
        self.assertTrue(machine.is_same_kind({"processor": "a"}, {"processor": "a", "file system": "ext2/ext3"}))
        self.assertTrue(machine.is_same_kind({"nchan": "unknown"}, {"nchan": "1"}))
        self.assertFalse(machine.is_same_kind({"processor": "a"}, {"processor": "b"}))


class PlotTests(unittest.TestCase):
    def test_ticks_are_round_and_reach_beyond_the_highest(self):
        self.assertEqual(plot.ticks(1.15), [0, 0.5, 1, 1.5])
        self.assertEqual(plot.decades(0.07, 18), [0.01, 0.1, 1, 10, 100])


if __name__ == "__main__":
    unittest.main()
