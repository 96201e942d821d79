// What was said in a channel, as a list that scrolls.

import { colour, make, makeAvatar } from "./elements.js";

/** The oldest entries leave the page beyond this number; an entry holds at most so many messages. */
const MAXIMUM_ENTRIES = 1_000;
const MAXIMUM_GROUP = 100;
/** Messages of one member within this time stand under one head. */
const GROUP_MILLISECONDS = 5 * 60_000;
/** As near to the end, in pixels, a reader counts as being at the end. */
const END_TOLERANCE = 40;

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });

export class Transcript {
    #log;
    #entries;
    #latest;
    /** Whether the reader is at the end, and is to stay there. */
    #follows = true;
    /** The list that the next message may join, with the sender and the time of the last one. */
    #group;

    /** Shows entries in a list within an element that scrolls; `latest` is a button that leads to the end. */
    constructor(log, entries, latest) {
        this.#log = log;
        this.#entries = entries;
        this.#latest = latest;
        log.addEventListener("scroll", () => {
            this.#follows = log.scrollHeight - log.scrollTop - log.clientHeight < END_TOLERANCE;
            if (this.#follows) latest.hidden = true;
        });
        latest.addEventListener("click", () => this.#goToEnd());
        // The keyboard of a phone comes up, a window changes its size.
        new ResizeObserver(() => this.#follows && this.#goToEnd()).observe(log);
    }

    clear() {
        this.#entries.replaceChildren();
        this.#group = undefined;
        this.#goToEnd();
    }

    /** Adds a line about the channel. */
    note(line) {
        this.#group = undefined;
        this.#change(() => this.#append(make("li", "note", line)));
    }

    /** Adds a message of another member. */
    add(from, time, text) {
        this.#change(() => this.#addMessage(from, time, text, false));
    }

    /** Adds a message of our own, and gives what shows what becomes of it: a function of `sent` or `failed`, and text. */
    addOwn(from, time, text) {
        this.#follows = true;
        const mark = make("span", "mark", "Sending…");
        let bubble;
        this.#change(() => {
            bubble = this.#addMessage(from, time, text, true);
            bubble.dataset.kind = "sending";
            bubble.append(mark);
        });
        return (kind, label) => this.#change(() => {
            bubble.dataset.kind = kind;
            mark.textContent = label;
        });
    }

    #addMessage(from, time, text, isOwn) {
        const group = this.#group;
        const belongs = group?.id === from.id && group.name === from.name && time - group.time < GROUP_MILLISECONDS
            && group.list.childElementCount < MAXIMUM_GROUP;
        if (!belongs) this.#beginGroup(from, time, isOwn);
        this.#group.time = time;
        const bubble = make("p", "bubble", text);
        bubble.dir = "auto";
        this.#group.list.append(bubble);
        return bubble;
    }

    #beginGroup(from, time, isOwn) {
        const when = make("time", "", clock.format(time));
        when.dateTime = new Date(time).toISOString();
        const name = colour(make("bdi", isOwn ? "spoken" : "name", from.name), from.name);
        const list = make("div", "bubbles");
        const item = make("li", "message", make("p", "head", name, when), list);
        if (isOwn) item.classList.add("own");
        else item.prepend(makeAvatar(from.name));
        this.#append(item);
        this.#group = { id: from.id, name: from.name, list };
    }

    #append(item) {
        this.#entries.append(item);
        if (this.#entries.childElementCount > MAXIMUM_ENTRIES) this.#entries.firstElementChild.remove();
    }

    /** Changes the list; a reader at its end stays there, one further up is told. */
    #change(body) {
        body();
        if (this.#follows) this.#goToEnd();
        else this.#latest.hidden = false;
    }

    #goToEnd() {
        this.#log.scrollTop = this.#log.scrollHeight;
    }
}
