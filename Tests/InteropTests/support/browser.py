"""Real browsers without a window, driven through WebDriver BiDi (https://www.w3.org/TR/webdriver-bidi/): Firefox speaks it
itself, Chromium through chromedriver."""

import base64
import contextlib
import itertools
import json
import os
import tempfile

from websockets.sync.client import connect

from .deadline import PATIENCE, Deadline
from .program import Program

BROWSERS = ("chromium", "firefox")


class Browser:
    """A browser with a profile of its own, which accepts certificates of authorities that it does not know."""

    def __init__(self, name, color_scheme="light"):
        self.name = name
        self._resources = contextlib.ExitStack()
        profile = tempfile.TemporaryDirectory(prefix=f"interop-{name}-", ignore_cleanup_errors=True)
        self._profile = self._resources.enter_context(profile)
        self._ids = itertools.count(1)
        # The numbers by which the browsers call the schemes happen to be the same.
        start = {"chromium": self._start_chromium, "firefox": self._start_firefox}[name]
        url, capabilities = start({"dark": 0, "light": 1}[color_scheme])
        self._resources.callback(self._program.stop)
        connection = connect(url, max_size=None, compression=None, open_timeout=PATIENCE)
        self._connection = self._resources.enter_context(connection)
        self.command("session.new", capabilities={"alwaysMatch": {"acceptInsecureCerts": True} | capabilities})

    def _start_chromium(self, color_scheme):
        self._program = Program(["chromedriver", "--port=0"], self._profile)
        port = self._program.wait_for(r"started successfully on port (\d+)")[1]
        arguments = [
            "--headless=new",
            f"--user-data-dir={self._profile}",
            f"--blink-settings=preferredColorScheme={color_scheme}",
        ]
        # Chromium's sandbox refuses to work for root, which the user of a container often is.
        if os.geteuid() == 0:
            arguments.append("--no-sandbox")
        options = {"binary": "/usr/bin/chromium", "args": arguments}
        return f"ws://127.0.0.1:{port}/session", {"goog:chromeOptions": options}

    def _start_firefox(self, color_scheme):
        preference = f'user_pref("layout.css.prefers-color-scheme.content-override", {color_scheme});\n'
        with open(f"{self._profile}/user.js", "w") as preferences:
            preferences.write(preference)
        command = ["firefox-esr", "--headless", "--no-remote", "--profile", self._profile]
        self._program = Program([*command, "--remote-debugging-port", "0"], self._profile)
        return self._program.wait_for(r"WebDriver BiDi listening on (\S+)")[1] + "/session", {}

    def command(self, method, **parameters):
        """Sends a command and gives its result; events, which come in between, are not used."""
        number = next(self._ids)
        self._connection.send(json.dumps({"id": number, "method": method, "params": parameters}))
        deadline = Deadline()
        while True:
            answer = json.loads(self._connection.recv(timeout=deadline.remaining))
            if answer.get("id") == number:
                assert answer["type"] == "success", f"{self.name}: {method}: {answer['message']}"
                return answer["result"]

    def open(self, url):
        """Opens a page in a new tab."""
        tab = Tab(self, self.command("browsingContext.create", type="tab")["context"])
        tab.navigate(url)
        return tab

    @contextlib.contextmanager
    def preloading(self, function):
        """Has a JavaScript function run in pages that are loaded meanwhile, before their own scripts."""
        script = self.command("script.addPreloadScript", functionDeclaration=function)["script"]
        yield
        self.command("script.removePreloadScript", script=script)

    def close(self):
        """Ends the browser."""
        self.command("browser.close")
        self._resources.close()


class Tab:
    """A page in a browser."""

    def __init__(self, browser, context):
        self._browser = browser
        self._context = context

    def _command(self, method, **parameters):
        return self._browser.command(method, context=self._context, **parameters)

    def navigate(self, url):
        """Goes to a page and waits until it is loaded."""
        self._command("browsingContext.navigate", url=url, wait="complete")

    def reload(self):
        """Loads the page anew, and waits until it is loaded."""
        self._command("browsingContext.reload", wait="complete")

    def activate(self):
        """Brings the tab to the front of its window, as one that is looked at."""
        self._command("browsingContext.activate")

    def go_back(self):
        """Goes back in the history."""
        self._command("browsingContext.traverseHistory", delta=-1)

    def call(self, function, *arguments):
        """Calls a JavaScript function and gives its result, or what its promise comes to; both are JSON values."""
        answer = self._browser.command(
            "script.callFunction",
            functionDeclaration=f"async (json) => JSON.stringify(await ({function})(...JSON.parse(json)) ?? null)",
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            awaitPromise=True,
            target={"context": self._context},
        )
        assert answer["type"] == "success", f"{self._browser.name}: {answer['exceptionDetails']['text']}"
        return json.loads(answer["result"]["value"])

    def wait_until(self, condition):
        """Waits until a JavaScript expression is true, which is looked at again after every change of the document."""
        function = """(seconds) => new Promise((resolve) => {
            const observer = new MutationObserver(() => look());
            const timer = setTimeout(() => end(document.body.innerText), seconds * 1000);
            const end = (result) => { observer.disconnect(); clearTimeout(timer); resolve(result); };
            const look = () => { if (CONDITION) end(null); };
            observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
            look();
        })"""
        deadline = Deadline()
        while True:
            try:
                page = self.call(function.replace("CONDITION", condition), PATIENCE - 5)
                break
            except AssertionError as error:
                # A page that is being left takes its script with it: the next one is asked.
                if "context" not in str(error) or not deadline.remaining:
                    raise
        assert page is None, f"{self._browser.name}: never true: {condition}\nThe page shows:\n{page}"

    def click(self, selector):
        """Clicks with the mouse on the element that a CSS selector finds."""
        locator = {"type": "css", "value": selector}
        node = self._command("browsingContext.locateNodes", locator=locator)["nodes"][0]
        origin = {"type": "element", "element": {"sharedId": node["sharedId"]}}
        actions = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": origin},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self._command("input.performActions", actions=[{"type": "pointer", "id": "mouse", "actions": actions}])

    def type(self, text):
        """Types on the keyboard; a line feed is the Enter key."""
        keys = [key for character in text for key in self._stroke("\ue007" if character == "\n" else character)]
        self._command("input.performActions", actions=[{"type": "key", "id": "keyboard", "actions": keys}])

    @staticmethod
    def _stroke(key):
        return {"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}

    def set_viewport(self, width, height):
        """Gives the page a size, in CSS pixels."""
        self._command("browsingContext.setViewport", viewport={"width": width, "height": height})

    def screenshot(self, path):
        """Writes a PNG of the visible part of the page."""
        path.write_bytes(base64.b64decode(self._command("browsingContext.captureScreenshot")["data"]))

    def close(self):
        """Closes the tab."""
        self._command("browsingContext.close")
