// What was said in a channel, as a list that scrolls.

import { colour, make, makeAvatar } from "./elements.js";
import { makeSaid } from "./said.js";

/** The oldest entries leave the page beyond this number; an entry holds at most so many messages. */
const MAXIMUM_ENTRIES = 1_000;
const MAXIMUM_GROUP = 100;
/** Messages of one member within this time stand under one head. */
const GROUP_MILLISECONDS = 5 * 60_000;
/** As near to the end, in pixels, a reader counts as being at the end, and as near to the beginning earlier ones are needed. */
const END_TOLERANCE = 40;
const BEGINNING_TOLERANCE = 200;

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const dateAndClock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export class Transcript {
    #log;
    #entries;
    #latest;
    /** Whether the reader is at the end, and is to stay there. */
    #follows = true;
    /** The end, where messages are added: a place that the next message may join, with the last one's sender and time. */
    #end;

    /**
     * Shows entries in a list within an element that scrolls; `latest` is a button that leads to the end. `onBeginning` is
     * called when the reader comes near the beginning.
     */
    constructor(log, entries, latest, onBeginning) {
        this.#log = log;
        this.#entries = entries;
        this.#latest = latest;
        this.#end = { list: entries };
        log.addEventListener("scroll", () => {
            this.#follows = log.scrollHeight - log.scrollTop - log.clientHeight < END_TOLERANCE;
            if (this.#follows) latest.hidden = true;
            if (this.isAtBeginning) onBeginning();
        });
        latest.addEventListener("click", () => this.#goToEnd());
        // The keyboard of a phone comes up, a window changes its size.
        new ResizeObserver(() => this.#follows && this.#goToEnd()).observe(log);
    }

    clear() {
        this.#entries.replaceChildren();
        this.#end = { list: this.#entries };
        this.#goToEnd();
    }

    /** Whether the reader has gone to the first entries, or nearly: while there are few, they are in sight by themselves. */
    get isAtBeginning() {
        return !this.#follows && this.#log.scrollTop < BEGINNING_TOLERANCE;
    }

    /** Whether no more may be shown. */
    get isFull() {
        return this.#entries.childElementCount >= MAXIMUM_ENTRIES;
    }

    /** The id of the first message that has one. */
    get firstID() {
        return this.#entries.querySelector("[data-id]")?.dataset.id;
    }

    /** The ids of the messages that have one, in the order in which they stand, since the last entry that is a break. */
    get ids() {
        const ids = [...this.#entries.querySelectorAll("[data-id], [data-is-break]")].map(({ dataset }) => dataset.id);
        return ids.slice(ids.lastIndexOf(undefined) + 1);
    }

    /** Whether the message of an id is shown. */
    has(id) {
        return this.#find(id) !== null;
    }

    /** Adds a line about the channel. */
    note(line) {
        this.#change(() => this.#append(make("li", "note", line)));
    }

    /** Adds a line about messages that are missing, and gives it. */
    gap(line) {
        const item = make("li", "gap", line);
        this.#change(() => this.#append(item));
        return item;
    }

    /** Makes an entry before all others, which nobody sees, to put messages before. */
    hold() {
        const item = make("li");
        item.hidden = true;
        this.#entries.prepend(item);
        return item;
    }

    /** Puts a line about the channel before all. */
    begin(line) {
        this.#keepingPlace(() => this.#entries.prepend(make("li", "note", line)));
    }

    /** Adds a message of another member. */
    add(message) {
        this.#change(() => this.#addMessage(this.#end, message, false));
    }

    /**
     * Adds a message of our own, and gives what shows what becomes of it: a function of `sent` or `failed`, a text, and the
     * id that it has got. One that waited long goes to the end, where the others see it.
     */
    addOwn(from, time, text) {
        this.#follows = true;
        const mark = make("span", "mark", "Sending…");
        let bubble;
        this.#change(() => {
            bubble = this.#addMessage(this.#end, { from, time, text }, true);
            bubble.dataset.kind = "sending";
            bubble.append(mark);
        });
        return (kind, label, { id, isLate } = {}) => this.#change(() => {
            // It has come with the past already, if it was sent before the page was loaded anew.
            if (id) this.#remove(this.#find(id));
            if (isLate) this.#moveToEnd(bubble, from, time);
            bubble.dataset.kind = kind;
            if (id) bubble.dataset.id = id;
            mark.textContent = label;
        });
    }

    /**
     * Puts messages of the past, oldest first, before an entry, or before all; those that are shown already are left out.
     * `isOwn` tells from their senders which are our own.
     */
    addPast(messages, isOwn, entry) {
        this.#keepingPlace(() => {
            const past = document.createDocumentFragment();
            this.#addAll({ list: past }, messages, isOwn);
            if (entry) entry.before(past);
            else this.#entries.prepend(past);
        });
    }

    #addAll(place, messages, isOwn) {
        for (const message of messages) {
            if (this.has(message.id)) continue;
            if (message.binary === undefined) {
                this.#addMessage(place, message, isOwn(message.from));
            } else {
                place.group = undefined;
                const note = make("li", "note", binaryNote(atob(message.binary).length));
                note.dataset.id = message.id;
                place.list.append(note);
            }
        }
    }

    #find(id) {
        return this.#entries.querySelector(`[data-id="${CSS.escape(id)}"]`);
    }

    /** Puts a message into a place, and gives its bubble. */
    #addMessage(place, { id, from, time, text }, isOwn) {
        const bubble = make("p", "bubble", makeSaid(text));
        bubble.dir = "auto";
        if (id) bubble.dataset.id = id;
        this.#put(place, bubble, from, time, isOwn);
        return bubble;
    }

    #put(place, bubble, from, time, isOwn) {
        const { group } = place;
        const belongs = group?.id === from.id && group.name === from.name && Math.abs(time - group.time) < GROUP_MILLISECONDS
            && group.bubbles.childElementCount < MAXIMUM_GROUP;
        if (!belongs) this.#beginGroup(place, from, time, isOwn);
        place.group.time = time;
        place.group.bubbles.append(bubble);
    }

    #beginGroup(place, from, time, isOwn) {
        const isToday = new Date(time).toDateString() === new Date().toDateString();
        const when = make("time", "", (isToday ? clock : dateAndClock).format(time));
        when.dateTime = new Date(time).toISOString();
        const name = colour(make("bdi", isOwn ? "spoken" : "name", from.name), from.name);
        const bubbles = make("div", "bubbles");
        const item = make("li", "message", make("p", "head", name, when), bubbles);
        if (isOwn) item.classList.add("own");
        else item.prepend(makeAvatar(from.name));
        if (place === this.#end) this.#append(item);
        else place.list.append(item);
        place.group = { id: from.id, name: from.name, bubbles };
    }

    #moveToEnd(bubble, from, time) {
        const item = bubble.closest("li");
        if (item === this.#entries.lastElementChild && !bubble.nextElementSibling) return;
        this.#remove(bubble);
        this.#put(this.#end, bubble, from, time, true);
    }

    /** Takes a bubble away, and the entry around it with the last one. */
    #remove(bubble) {
        const item = bubble?.closest("li");
        bubble?.remove();
        if (item && !item.querySelector(".bubble")) item.remove();
        if (!this.#end.group?.bubbles.isConnected) this.#end.group = undefined;
    }

    /** Adds an entry at the end, which no later message joins. */
    #append(item) {
        this.#end.group = undefined;
        this.#entries.append(item);
        if (this.#entries.childElementCount > MAXIMUM_ENTRIES) this.#entries.firstElementChild.remove();
    }

    /** Changes the list; a reader at its end stays there, one further up is told. */
    #change(body) {
        body();
        if (this.#follows) this.#goToEnd();
        else this.#latest.hidden = false;
    }

    /** Changes the list above what the reader sees, who sees the same afterwards. */
    #keepingPlace(body) {
        const below = this.#log.scrollHeight - this.#log.scrollTop;
        body();
        this.#log.scrollTop = this.#log.scrollHeight - below;
    }

    #goToEnd() {
        this.#log.scrollTop = this.#log.scrollHeight;
    }
}

/** What is told of a binary message. */
export function binaryNote(byteCount) {
    return `A binary message of ${byteCount.toLocaleString()} bytes came.`;
}
