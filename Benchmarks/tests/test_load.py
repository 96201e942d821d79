"""That the load client notices what a server does wrong, each in its way."""
import json
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
LOAD = os.path.join(HERE, "..", ".build", "load")


class LoadTests(unittest.TestCase):
    def load(self, server, server_arguments, mode, *arguments):
        command = [sys.executable, os.path.join(HERE, server), *server_arguments]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            port = process.stdout.readline().strip()
            command = [LOAD, mode, "--port", port, "--pid", str(process.pid), *arguments]
            return subprocess.run(command, capture_output=True, text=True, timeout=60)
        finally:
            process.kill()
            process.communicate()

    def figures(self, result):
        self.assertEqual(result.returncode, 0, result.stderr)
        return json.loads(result.stdout)

    def assert_complains(self, result, complaint):
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn(complaint, result.stderr)


class FanoutTests(LoadTests):
    # One message in flight: what is missing cannot be noticed by what comes after it.
    ARGUMENTS = ["--subscribers", "3", "--publishers", "1", "--window", "1", "--messages", "150", "--patience", "1"]

    def run_against(self, mistake, *arguments):
        return self.load("faulty_server.py", [mistake], "fanout", *self.ARGUMENTS, *arguments)

    def test_a_faultless_server_passes(self):
        figures = self.figures(self.run_against("none", "--window", "8", "--publishers", "2"))
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
                self.assert_complains(self.run_against(mistake), complaint)

    def test_messages_in_flight_that_change_places_are_named(self):
        self.assert_complains(self.run_against("swap", "--window", "8"), "too early, or lost one")

    def test_a_lost_message_among_others_is_named(self):
        self.assert_complains(self.run_against("drop", "--window", "8"), "too early, or lost one")

    def test_the_last_message_repeated_is_named(self):
        self.assert_complains(self.run_against("repeat", "--messages", "100"), "again")


    def test_streams_of_events_pass(self):
        figures = self.figures(self.run_against("none", "--window", "8", "--publishers", "2", "--events"))
        self.assertEqual(figures["deliveries"], 150 * 4)

    def test_faults_of_streams_of_events_are_named(self):
        complaints = {
            "drop": "lacks messages 99 to",
            "repeat": "again",
            "alter": "altered",
            "rename": "different names",
            "close": "closed the connection",
            "type": "the answer is no stream of events",
            "no position": "does not begin with its position",
            "no id": "a publication without an id",
            "lines": "an event of several lines",
        }
        for mistake, complaint in complaints.items():
            with self.subTest(mistake):
                self.assert_complains(self.run_against(mistake, "--events"), complaint)


class ResumerTests(LoadTests):
    ARGUMENTS = ["--subscribers", "3", "--rate", "200", "--seconds", "1", "--warmup", "0.5", "--patience", "10"]

    def run_against(self, mistake):
        return self.load("faulty_server.py", [mistake], "fanout", *self.ARGUMENTS, "--resumers", "20", "--resume", "50")

    def test_members_that_come_back_are_served_beside_the_others(self):
        figures = self.figures(self.run_against("none"))
        self.assertEqual(figures["deliveries"], 3 * figures["messages"])
        self.assertGreater(figures["pause_p99_us"], 0)

    def test_a_hole_in_what_was_missed_is_named(self):
        self.assert_complains(self.run_against("hole"), "who came back got message")


class PublishTests(LoadTests):
    def run_against(self, mistake):
        arguments = ["--connections", "4", "--messages", "150", "--patience", "1"]
        return self.load("faulty_server.py", [mistake], "publish", *arguments)

    def test_a_faultless_server_passes(self):
        self.assertEqual(self.figures(self.run_against("none"))["messages"], 150)

    def test_faults_are_named(self):
        complaints = {
            "drop": "messages have come",
            "repeat": "came again",
            "alter": "altered",
            "close": "closed the subscriber's connection",
        }
        for mistake, complaint in complaints.items():
            with self.subTest(mistake):
                self.assert_complains(self.run_against(mistake), complaint)


class AcknowledgedTests(LoadTests):
    def run_against(self, mistake):
        arguments = ["--window", "8", "--messages", "150", "--stored", "disk", "--patience", "1"]
        return self.load("faulty_server.py", [mistake], "acknowledged", *arguments)

    def test_a_faultless_server_passes(self):
        self.assertEqual(self.figures(self.run_against("none"))["messages"], 150)

    def test_faults_are_named(self):
        complaints = {
            "mute": "messages are acknowledged",
            "twice": "was acknowledged again",
            "error": "was refused",
            "memory": "not stored as asked",
        }
        for mistake, complaint in complaints.items():
            with self.subTest(mistake):
                self.assert_complains(self.run_against(mistake), complaint)


class ConnectTests(LoadTests):
    def run_against(self, mistake):
        return self.load("faulty_endpoint.py", [mistake], "connect", "--connections", "100")

    def test_a_faultless_server_passes(self):
        figures = self.figures(self.run_against("none"))
        self.assertEqual(figures["connections"], 100)
        self.assertGreater(figures["cpu_us_per_connect"], 0)

    def test_faults_are_named(self):
        complaints = {
            "refuse": "the opening handshake was refused: HTTP/1.1 503",
            "accept": "not that to our key",
            "dismiss": "the server closed connection",
            "greet": "bytes that nobody has sent",
        }
        for mistake, complaint in complaints.items():
            with self.subTest(mistake):
                self.assert_complains(self.run_against(mistake), complaint)


class HTTPTests(LoadTests):
    def run_against(self, mistake):
        arguments = ["--connections", "4", "--messages", "100", "--patience", "1"]
        return self.load("faulty_endpoint.py", [mistake], "http", *arguments)

    def test_a_faultless_server_passes(self):
        self.assertEqual(self.figures(self.run_against("none"))["requests"], 100)

    def test_faults_are_named(self):
        complaints = {
            "status": "the request was refused: HTTP/1.1 503",
            "unbounded": "without Content-Length",
            "alter": "differs from the first one",
            "shorten": "no answer, or only a part of it",
            "mute": "no answer, or only a part of it",
            "repeat": "more than the answer to one request",
            "close": "the server closed a kept connection",
        }
        for mistake, complaint in complaints.items():
            with self.subTest(mistake):
                self.assert_complains(self.run_against(mistake), complaint)


class ResumeTests(LoadTests):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.files = [os.path.join(cls.folder.name, name) for name in ("certificate.pem", "key.pem")]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-subj", "/CN=localhost", "-out", cls.files[0], "-keyout", cls.files[1]],
            check=True, capture_output=True,
        )

    def run_against(self, mistake):
        arguments = ["--connections", "20", "--rounds", "2", "--tls"]
        return self.load("faulty_endpoint.py", [mistake, *self.files], "resume", *arguments)

    def test_a_faultless_server_takes_every_ticket(self):
        self.assertEqual(self.figures(self.run_against("none"))["resumed_part"], 1)

    def test_loops_that_do_not_know_each_others_tickets_are_seen(self):
        self.assertLess(self.figures(self.run_against("forget"))["resumed_part"], 0.75)

    def test_a_server_without_tickets_is_named(self):
        self.assert_complains(self.run_against("no ticket"), "the server gave no ticket")


if __name__ == "__main__":
    unittest.main()
