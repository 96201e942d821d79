"""That the load client notices what a server does wrong, each in its way."""
import json
import os
import subprocess
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
LOAD = os.path.join(HERE, "..", ".build", "load")
# One message in flight: what is missing cannot be noticed by what comes after it.
ARGUMENTS = ["--subscribers", "3", "--publishers", "1", "--window", "1", "--messages", "150", "--patience", "1"]


class LoadTests(unittest.TestCase):
    def run_against(self, mistake, *arguments):
        command = [sys.executable, os.path.join(HERE, "faulty_server.py"), mistake]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            port = server.stdout.readline().strip()
            command = [LOAD, "fanout", "--port", port, "--pid", str(server.pid), *ARGUMENTS, *arguments]
            return subprocess.run(command, capture_output=True, text=True, timeout=60)
        finally:
            server.kill()
            server.communicate()

    def test_a_faultless_server_passes(self):
        result = self.run_against("none", "--window", "8", "--publishers", "2")
        self.assertEqual(result.returncode, 0, result.stderr)
        figures = json.loads(result.stdout)
        self.assertEqual(figures["messages"], 150)
        self.assertEqual(figures["deliveries"], 150 * 4)

    def test_faults_are_named(self):
        complaints = {
            "drop": "lacks messages 99 to",
            "repeat": "again",
            "alter": "altered",
            "garble": "no digit where one belongs",
            "shorten": "a message of 63 bytes",
            "rename": "different names",
            "strip": "without its envelope",
            "own": "got its own message",
            "close": "closed the connection",
        }
        for mistake, complaint in complaints.items():
            with self.subTest(mistake):
                result = self.run_against(mistake)
                self.assertEqual(result.returncode, 1, result.stdout)
                self.assertIn(complaint, result.stderr)

    def test_messages_in_flight_that_change_places_are_named(self):
        result = self.run_against("swap", "--window", "8")
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("too early, or lost one", result.stderr)

    def test_a_lost_message_among_others_is_named(self):
        result = self.run_against("drop", "--window", "8")
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("too early, or lost one", result.stderr)

    def test_the_last_message_repeated_is_named(self):
        result = self.run_against("repeat", "--messages", "100")
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("again", result.stderr)


if __name__ == "__main__":
    unittest.main()
