"""`broadcast-server connect` at a pseudo-terminal: what a person sees and types."""

import re
import signal
from random import Random

import pytest
from conftest import BUILD
from support.channel import channel as serve_channel
from support.deadline import PATIENCE
from support.terminal import BACKSPACE, CTRL_C, CTRL_D, CTRL_Z, ENTER, ESCAPE, HOME, LEFT, TAB, UP, Terminal
from websockets.sync.client import connect

PROMPT = "Enter message: "

# Everything that the console itself sends to drive the terminal: colors, moves of the cursor, erasing, and the modes
# for keys and for the cursor that a description of the terminal asks for.
OWN_SEQUENCES = re.compile(rb"\x1b\[[0-9;]*[mABCDHJKPX@]|\x1b\[\?[0-9;]*[hl]|\x1b[=>]")


@pytest.fixture
def open_console(tmp_path):
    """Starts the client at a terminal, and waits for its prompt; it is stopped after the case."""
    terminals = []

    def open(url, *flags, **options):
        command = [BUILD / "broadcast-server", "connect", url, "--no-log-file", *flags]
        terminals.append(Terminal(command, tmp_path, **options))
        terminals[-1].wait_for_prompt()
        return terminals[-1]

    yield open
    for terminal in terminals:
        terminal.stop()


@pytest.fixture
def server(start_server):
    return start_server()


@pytest.fixture
def console(open_console, server):
    """A console without colors, the first client of the server."""
    return open_console(server.url, environment={"NO_COLOR": "1"})


@pytest.fixture
def peer(console, server):
    """The second client of the server."""
    with connect(server.url, compression=None) as peer:
        server.wait_for("Total clients: 2")
        yield peer


def test_what_is_typed_survives_a_message(console, peer):
    console.type("half a thou")
    console.wait_for(PROMPT + "half a thou")
    peer.send("hello")
    console.wait_for("Client 2: hello", PROMPT + "half a thou")
    console.type("ght" + ENTER)
    assert peer.recv(PATIENCE) == "Client 1: half a thought"
    console.wait_for_prompt()


def test_the_cursor_stays_where_it_was(console, peer):
    console.type("abd" + LEFT)
    console.wait_until(lambda console: console.cursor[1] == len(PROMPT) + 2)
    peer.send("hello")
    console.wait_for("Client 2: hello", PROMPT + "abd")
    console.wait_until(lambda console: console.cursor[1] == len(PROMPT) + 2)
    console.type("c" + ENTER)
    assert peer.recv(PATIENCE) == "Client 1: abcd"


def test_a_line_of_several_rows_survives_messages(console, peer):
    # 60 columns: a prompt of 15, and text for three rows, the last of which is full.
    text = "x" * 45 + "y" * 60 + "z" * 60
    console.type(text)
    rows = [PROMPT + "x" * 45, "y" * 60, "z" * 60]
    console.wait_for(*rows)
    peer.send("one")
    console.wait_for("Client 2: one", *rows)
    console.type(HOME)
    console.wait_until(lambda console: console.cursor[1] == len(PROMPT))
    peer.send("two")
    console.wait_for("Client 2: one", "Client 2: two", *rows)
    console.type(ENTER)
    assert peer.recv(PATIENCE) == "Client 1: " + text


def test_a_message_appears_in_the_middle_of_a_key_that_sends_several_bytes(console, peer):
    console.type("one two" + ESCAPE)
    peer.send("hello")
    console.wait_for("Client 2: hello", PROMPT + "one two")
    # Together they are Meta-b, a word back.
    console.type("b" + "and " + ENTER)
    assert peer.recv(PATIENCE) == "Client 1: one and two"


@pytest.mark.parametrize("columns", [40, 100])
def test_the_line_survives_another_size_of_the_window(console, peer, columns):
    peer.send("before")
    console.wait_for("Client 2: before", PROMPT.rstrip())
    console.type("one two three")
    console.wait_for(PROMPT + "one two three")
    console.resize(columns, 16)
    peer.send("after")
    console.wait_for("Client 2: before", "Client 2: after", PROMPT + "one two three")
    console.type(" " + "x" * 100)
    rest = " one two three " + "x" * 100
    first, second = rest[1 : columns - 14], rest[columns - 14 : 2 * columns - 14]
    console.wait_until(lambda console: PROMPT + first in console.lines and second in console.lines)
    console.type(ENTER)
    assert peer.recv(PATIENCE) == "Client 1: one two three " + "x" * 100


def test_a_character_is_deleted_whole(console, peer):
    console.type("grüße 👋🦆")
    console.type(BACKSPACE)
    console.wait_until(lambda console: console.cursor[1] == len(PROMPT) + 8)
    console.type(BACKSPACE * 4 + "n" + ENTER)
    assert peer.recv(PATIENCE) == "Client 1: grün"


def test_emoji_at_the_end_of_a_row_survive_messages(console, peer):
    # The last emoji does not fit the row of 60 columns and goes to the next one.
    text = "x" * 42 + "👋🦆"
    console.type(text)
    console.wait_until(lambda console: console.cursor == (console.cursor[0], 2))
    peer.send("hello")
    console.wait_until(lambda console: "Client 2: hello" in console.lines and console.cursor[1] == 2)
    assert sum(line.startswith(PROMPT) for line in console.lines) == 1
    console.type(ENTER)
    assert peer.recv(PATIENCE) == "Client 1: " + text


def test_earlier_lines_come_back(console, peer):
    console.type("one" + ENTER + "two" + ENTER)
    assert [peer.recv(PATIENCE), peer.recv(PATIENCE)] == ["Client 1: one", "Client 1: two"]
    console.type(UP + UP)
    console.wait_for(PROMPT + "one")
    peer.send("hello")
    console.wait_for("Client 2: hello", PROMPT + "one")
    console.type("more" + ENTER)
    assert peer.recv(PATIENCE) == "Client 1: onemore"


def test_own_lines_are_marked_and_take_the_place_of_what_was_typed(console, peer):
    console.type("hello" + ENTER)
    assert peer.recv(PATIENCE) == "Client 1: hello"
    console.wait_for("you: hello ✓", PROMPT.rstrip())
    assert not any(line.startswith(PROMPT + "hello") for line in console.lines)


def test_several_lines_pasted_at_once_are_sent_in_order(console, peer):
    lines = [f"line {number}" for number in range(40)]
    console.type("".join(line + ENTER for line in lines))
    assert [peer.recv(PATIENCE) for _ in lines] == [f"Client 1: {line}" for line in lines]
    console.wait_for_prompt()


def test_Ctrl_C_clears_the_line(console, peer):
    console.type("never mind")
    console.wait_for(PROMPT + "never mind")
    console.type(CTRL_C)
    console.wait_for_prompt()
    console.type("hello" + ENTER)
    assert peer.recv(PATIENCE) == "Client 1: hello"


def test_Ctrl_C_where_there_is_nothing_to_clear_tells_how_to_leave_once(console):
    console.wait_for("1 here: you (Client 1).", PROMPT.rstrip())
    console.type(CTRL_C * 3)
    hint = "To leave, press Ctrl-D or type /quit."
    console.wait_for(hint, PROMPT.rstrip())
    console.type("never mind" + CTRL_C + "x")
    console.wait_for(hint, PROMPT + "x")
    assert console.lines.count(hint) == 1


def test_Tab_completes_commands_and_names(open_console, server):
    console = open_console(server.url, environment={"NO_COLOR": "1"})
    with (
        connect(server.url + "/?name=Anna Lee".replace(" ", "%20"), compression=None) as peer,
        connect(server.url + "/?name=anton", compression=None),
    ):
        console.wait_until(lambda console: "anton joined." in console.lines)
        console.type("/w" + TAB)
        console.wait_until(lambda console: console.cursor[1] == len(PROMPT + "/who "))
        console.type(CTRL_C + "an" + TAB)
        console.wait_for("Anna Lee  anton", PROMPT + "an")
        console.type("n" + TAB + "good morning" + ENTER)
        assert peer.recv(PATIENCE).endswith(": Anna Lee: good morning")


def test_lines_come_back_in_the_next_run(open_console, server, tmp_path):
    first = open_console(server.url)
    first.type("one" + ENTER + "two" + ENTER + " secret" + ENTER)
    server.wait_for("Client 1:  secret")
    first.type(CTRL_D)
    assert first.exit_code() == 0
    history = tmp_path / "broadcast-server/history"
    assert history.read_text() == "one\ntwo\n"
    assert history.stat().st_mode & 0o777 == 0o600
    second = open_console(server.url)
    second.type(UP + UP)
    second.wait_for(PROMPT + "one")
    second.type(CTRL_C + "three" + ENTER)
    server.wait_for("Client 2: three")
    second.signal(signal.SIGTERM)
    assert second.exit_code() == 143
    assert history.read_text() == "one\ntwo\nthree\n"


def test_without_history_nothing_is_kept(open_console, server, tmp_path):
    console = open_console(server.url, "--no-history")
    console.type("one" + ENTER)
    server.wait_for("Client 1: one")
    console.type(CTRL_D)
    assert console.exit_code() == 0
    assert not (tmp_path / "broadcast-server").exists()


@pytest.mark.parametrize("farewell", [CTRL_D, "/quit\r", "exit\r", "quit\r"], ids=["Ctrl-D", "/quit", "exit", "quit"])
def test_a_farewell_leaves_and_gives_the_terminal_back(console, server, farewell):
    console.type(farewell)
    assert console.exit_code() == 0
    server.wait_for(r"Client 1 disconnected \(1000 from the peer\)")
    console.wait_for("Left the chat.")
    assert_is_given_back(console)


def test_a_signal_gives_the_terminal_back(console):
    console.type("half a thou")
    console.wait_for(PROMPT + "half a thou")
    console.signal(signal.SIGTERM)
    assert console.exit_code() == 143
    console.wait_for("Left the chat (SIGTERM).")
    assert_is_given_back(console)


def test_Ctrl_Z_goes_back_to_the_shell_until_it_says_fg(tmp_path, server):
    shell = Terminal(["bash", "--norc", "-i"], tmp_path, environment={"NO_COLOR": "1", "PS1": "$ "})
    try:
        shell.type(f"{BUILD}/broadcast-server connect {server.url} --no-log-file" + ENTER)
        shell.wait_for_prompt()
        shell.type("half a thou")
        shell.wait_for(PROMPT + "half a thou")
        shell.type(CTRL_Z)
        shell.wait_until(lambda shell: any("Stopped" in line for line in shell.lines) and shell.lines[-1] == "$")
        assert not any(line.startswith(PROMPT) for line in shell.lines)
        shell.type("echo $((6 * 7))" + ENTER)
        shell.wait_for("42", "$")
        with connect(server.url, compression=None) as peer:
            peer.send("meanwhile")
            server.wait_for("Client 2: meanwhile")
            shell.type("fg" + ENTER)
            shell.wait_until(lambda shell: "Client 2: meanwhile" in shell.lines)
            shell.wait_for(PROMPT + "half a thou")
            shell.type("ght" + ENTER)
            assert peer.recv(PATIENCE) == "Client 1: half a thought"
    finally:
        shell.stop()


@pytest.fixture
def shell(tmp_path):
    shell = Terminal(["bash", "--norc", "-i"], tmp_path, columns=80, environment={"NO_COLOR": "1", "PS1": "$ "})
    yield shell
    shell.stop()


# Has the shell wait until its job has stopped, and tell.
AWAIT_STOP = "until jobs | grep -q '[S]topped'; do sleep 0.1; done; jobs"


def test_in_the_background_it_stops_until_it_is_brought_to_the_foreground(shell, server):
    shell.type(f"{BUILD}/broadcast-server connect {server.url} --no-log-file &" + ENTER)
    shell.type(AWAIT_STOP + ENTER)
    # As the shell tells of `cat &`.
    shell.wait_until(lambda shell: any("Stopped" in line for line in shell.lines) and shell.lines[-1] == "$")
    shell.type("fg" + ENTER)
    shell.wait_for_prompt()
    with connect(server.url, compression=None) as peer:
        shell.type("hello" + ENTER)
        assert peer.recv(PATIENCE).endswith(": hello")
        shell.type(CTRL_Z)
        shell.wait_until(lambda shell: shell.lines[-1] == "$")
        # Continued in the background, it wants the terminal and stops again.
        shell.type("bg" + ENTER + AWAIT_STOP + ENTER)
        shell.wait_until(lambda shell: sum("Stopped" in line for line in shell.lines) >= 2 and shell.lines[-1] == "$")
        shell.type("echo $((6 * 7))" + ENTER)
        shell.wait_for("42", "$")
        shell.type("fg" + ENTER)
        shell.wait_for_prompt()
        shell.type("again" + ENTER)
        assert peer.recv(PATIENCE).endswith(": again")


def test_without_an_editor_it_stops_in_the_background_too(shell, server):
    shell.type(f"{BUILD}/broadcast-server connect {server.url} --no-log-file --quiet | cat &" + ENTER)
    server.wait_for("Total clients: 1")
    shell.type(AWAIT_STOP + ENTER)
    shell.wait_until(lambda shell: any("Stopped" in line for line in shell.lines) and shell.lines[-1] == "$")
    shell.type("fg" + ENTER)
    shell.wait_for_job()
    with connect(server.url, compression=None) as peer:
        shell.type("hello" + ENTER)
        assert peer.recv(PATIENCE).endswith(": hello")
        # Somebody types here, so the words of farewell hold.
        shell.type("exit" + ENTER)
        shell.wait_until(lambda shell: shell.lines[-1] == "$")


@pytest.mark.parametrize("words", ["connect", "connect --no-log-file --quiet | cat", "publish"])
@pytest.mark.parametrize("is_started_behind", [True, False])
def test_the_shell_can_end_it_when_it_has_stopped(shell, server, words, is_started_behind):
    command, _, rest = words.partition(" ")
    shell.type(f"{BUILD}/broadcast-server {command} {server.url} {rest} {'&' if is_started_behind else ''}" + ENTER)
    if not is_started_behind:
        server.wait_for("Total clients: 1")
        shell.wait_for_job()
        shell.type(CTRL_Z)
    shell.type(AWAIT_STOP + ENTER)
    shell.wait_until(lambda shell: any("Stopped" in line for line in shell.lines) and shell.lines[-1] == "$")
    shell.type("kill %1" + ENTER)
    shell.type("wait; jobs; echo $((6 * 7))" + ENTER)
    shell.wait_for("42", "$")
    assert not any("Stopped" in line for line in shell.lines[-3:])


def assert_is_given_back(console):
    assert console.modes == console.initial_modes


def test_who_is_here_and_under_which_name(console, peer):
    console.wait_for("Client 2 joined.", PROMPT.rstrip())
    console.type("/who" + ENTER)
    console.wait_for("2 here: you (Client 1), Client 2.", PROMPT.rstrip())
    console.type("/name ann" + ENTER)
    console.wait_for("You are now ann.", PROMPT.rstrip())
    console.type("hello" + ENTER)
    assert peer.recv(PATIENCE) == "ann: hello"


def test_commands_are_answered(console, peer):
    console.type("/help" + ENTER)
    console.wait_until(lambda console: any(line.startswith("/name NAME") for line in console.lines))
    console.type("/nonsense" + ENTER)
    console.wait_until(lambda console: any("no command /nonsense" in line for line in console.lines))
    console.type("//etc" + ENTER)
    assert peer.recv(PATIENCE) == "Client 1: /etc"


def test_names_are_colored_and_times_shown_when_wanted(open_console, server):
    console = open_console(server.url, "--time", environment={"NO_COLOR": ""})
    with connect(server.url, compression=None) as peer:
        peer.send("hello")
        said = re.compile(r"\d\d:\d\d:\d\d Client \d: hello")
        console.wait_until(lambda console: any(said.fullmatch(line) for line in console.lines))
    assert re.search(rb"\x1b\[38;5;\d+mClient \d\x1b\[0m: hello", console.raw)


def test_there_are_no_colors_where_none_are_wanted(console, peer):
    peer.send("hello")
    console.wait_for("Client 2: hello", PROMPT.rstrip())
    assert not re.search(rb"\x1b\[[0-9;]*[1-9][0-9;]*m", console.raw)


def test_a_peer_cannot_drive_the_terminal(console, peer):
    console.type("typed")
    peer.send("\x1b[2J\x1b]0;title\x07\x9b31m\b\b\r\x7f\u202eabc\x1b[999A\x1bc")
    peer.send("still here")
    console.wait_for("Client 2: still here", PROMPT + "typed")
    assert any("\\u{1B}[2J\\u{1B}]0;title\\u{7}\\u{9B}31m" in line for line in console.lines)
    assert_is_undriven(console)


def test_random_text_of_a_peer_does_not_drive_the_terminal(console, peer):
    console.type("typed")
    # What matters is frequent: control characters of both kinds, line ends, what changes the direction of text.
    controls = "\x1b\x1b\x9b\x9d\u061c\u202a\u202e\u2066\u2069\u2028"
    alphabet = [*map(chr, range(0xA0)), *controls, *"[];?mJax👋é", "\r\n"]
    random = Random(4)
    for _ in range(500):
        peer.send("".join(random.choices(alphabet, k=random.randrange(60))))
    peer.send("still here")
    console.wait_for("Client 2: still here", PROMPT + "typed")
    assert_is_undriven(console)


def assert_is_undriven(console):
    """Nothing came but what the console itself sends: line ends and the short moves of its editor are its own, too."""
    written = OWN_SEQUENCES.sub(b"", console.raw).decode()
    assert not re.search("[\x00-\x07\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u202a-\u202e\u2066-\u2069]", written)


def test_what_is_typed_without_a_connection_is_sent_after_it(open_console, start_server):
    first = start_server()
    console = open_console(first.url, environment={"NO_COLOR": "1"})
    first.stop()
    console.wait_for_prompt("(offline) " + PROMPT)
    console.type("one" + ENTER + "two" + ENTER)
    console.wait_for_prompt("(offline, 2 waiting) " + PROMPT)
    second = start_server(port=first.port)
    second.wait_for("Client 1: one")
    second.wait_for("Client 1: two")
    sent = ["you: one ✓", "you: two ✓"]
    console.wait_until(lambda console: [line for line in console.lines if line.startswith("you: ")] == sent)
    console.wait_for_prompt()


def test_without_a_connection_commands_say_so_and_lines_stay_in_view(open_console, start_server):
    first = start_server()
    console = open_console(first.url, environment={"NO_COLOR": "1"})
    first.stop()
    console.wait_for_prompt("(offline) " + PROMPT)
    console.type("/who" + ENTER)
    before = "There is no connection at present; before: 1 here: "
    console.wait_until(lambda console: any(line.startswith(before) for line in console.lines))
    console.type("/name ann" + ENTER)
    console.wait_until(lambda console: "There is no connection at present. You come back as ann." in console.lines)
    console.type("/name Client 7" + ENTER)
    console.wait_until(lambda console: "given by the server" in "".join(console.lines))
    console.type("".join(f"line {number}" + ENTER for number in range(5)))
    console.wait_for(
        "… 2 more", "… line 2", "… line 3", "… line 4", ("(offline, 5 waiting) " + PROMPT).rstrip()
    )
    second = start_server(port=first.port)
    second.wait_for(r"\(ann\): line 4")
    console.wait_for(*(f"you: line {number} ✓" for number in range(5)), PROMPT.rstrip())


def test_nothing_is_lost_or_doubled_through_three_restarts_while_one_types(open_console, start_server):
    server = start_server()
    # Tall enough that no line leaves the screen before it is looked for.
    console = open_console(server.url, rows=200, environment={"NO_COLOR": "1"})
    log, lines = "", []

    def type_lines(count):
        for _ in range(count):
            lines.append(f"line {len(lines)}")
            console.type(lines[-1] + ENTER)

    for round in range(3):
        # The peer goes on reading whether or not anybody asks for the messages, as it has to for the close frame.
        with connect(server.url, compression=None, max_queue=None) as peer:
            type_lines(10)
            peer.recv(timeout=PATIENCE)
            peer.send(f"hello {round}")
            console.wait_until(lambda console: any(line.endswith(f": hello {round}") for line in console.lines))
            type_lines(10)
            server.stop()
        console.type("half a thou")
        console.wait_until(lambda console: re.match(r"\(offline.*half a thou$", console.lines[-1]))
        console.type("ght" + ENTER)
        lines.append("half a thought")
        type_lines(5)
        log += server.program.output
        server = start_server(port=server.port)
    server.wait_for(lines[-1] + "$")
    console.type("/quit" + ENTER)
    assert console.exit_code() == 0
    log += server.program.output
    assert re.findall(r"Client \d+: ((?:line|half) .*)", log) == lines


def test_who_leaves_without_a_connection_is_told_what_was_not_sent(open_console, start_server):
    server = start_server()
    console = open_console(server.url, environment={"NO_COLOR": "1"})
    server.stop()
    console.wait_for_prompt("(offline) " + PROMPT)
    console.type("one" + ENTER)
    console.wait_for_prompt("(offline, 1 waiting) " + PROMPT)
    console.type(CTRL_D)
    assert console.exit_code() == 69
    console.wait_for("Left the chat. 1 message was not sent.")


def test_what_was_said_before_ends_with_a_line_and_what_is_missing_has_one(open_console):
    with serve_channel() as channel:
        channel.say("zero", "one", "two")
        console = open_console(channel.url, "--last", "2", environment={"NO_COLOR": "1"})
        console.wait_for("ann: one", "ann: two", "— live from here —", PROMPT.rstrip())
        channel.say("three")
        console.wait_for("— live from here —", "ann: three", PROMPT.rstrip())
        with channel.away():
            console.wait_until(lambda console: console.lines[-1].startswith("(offline)"))
            channel.say("four", "five")
            channel.forget()
            channel.say("six")
        gap = "— 2 messages are missing: the server no longer has them —"
        console.wait_for(gap, "ann: six", "— live from here —", PROMPT.rstrip())


def test_a_line_that_is_saved_survives_the_client(open_console, tmp_path):
    with serve_channel() as channel:
        console = open_console(channel.url, "--state", "state.json")
        with channel.away():
            console.wait_until(lambda console: console.lines[-1].startswith("(offline)"))
            console.type("typed offline" + ENTER)
            # It has been shown as taken.
            console.wait_until(lambda console: console.lines[-1].startswith("(offline, 1 waiting)"))
            console.signal(signal.SIGKILL)
            console.exit_code()
        console = open_console(channel.url, "--state", "state.json")
        console.wait_until(lambda console: "you: typed offline ✓" in console.lines)
        assert channel.texts == ["typed offline"]
