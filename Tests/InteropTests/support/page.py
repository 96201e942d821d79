"""The chat page, as its cases look at it and use it."""

import json

DESKTOP = (1280, 800)


def open_page(tab, server, channel="", name=""):
    """Goes to the page in a channel, under a name, and waits until it is connected. The tab shows a file of the server."""
    tab.set_viewport(*DESKTOP)
    tab.call("(name) => localStorage.setItem('broadcast.name', name)", name)
    tab.navigate(server.page + channel)
    wait_for_state(tab, "open")


def wait_for_state(tab, state):
    tab.wait_until(f"document.querySelector('#status').dataset.kind === '{state}'")


def wait_for_text(tab, selector, text):
    tab.wait_until(f"document.querySelector({json.dumps(selector)})?.innerText.includes({json.dumps(text)})")


def say(tab, text):
    tab.click("#text")
    tab.type(text + "\n")


def bubbles(tab):
    """What was said, as it stands there."""
    return tab.call("() => [...document.querySelectorAll('.bubble')].map((bubble) => bubble.firstChild.textContent)")


def wait_for_bubbles(tab, texts):
    """Waits until this was said, and nothing else."""
    found = "[...document.querySelectorAll('.bubble')].map((bubble) => bubble.firstChild.textContent)"
    tab.wait_until(f"JSON.stringify({found}) === JSON.stringify({json.dumps(texts)})")


def marks(tab):
    """What became of the messages of our own."""
    return tab.call("() => [...document.querySelectorAll('.mark')].map((mark) => mark.textContent)")


def go(tab, channel):
    """Goes to a channel by the form."""
    function = "(name) => { const { form } = document.querySelector('#channel'); form[0].value = name; form.requestSubmit(); }"
    tab.call(function, channel)


def paste(tab, text):
    """Puts a text into the message as a paste would."""
    tab.call("(text) => { document.querySelector('#text').focus(); document.execCommand('insertText', false, text); }", text)


def take_name(tab, name):
    """Types a name, and saves it."""
    tab.call("() => { const field = document.querySelector('#name'); field.focus(); field.select(); }")
    tab.type(name + "\n")


def shown(tab, selector):
    """The texts of the elements that a CSS selector finds."""
    return tab.call("(selector) => [...document.querySelectorAll(selector)].map((found) => found.textContent)", selector)
