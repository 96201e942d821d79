// The chat protocol (docs/protocol.md) over a WebSocket that comes back by itself. Knows nothing of the page.

import { addressOf } from "./place.js";

const SUBPROTOCOL = "broadcast.v1.json";
/** Shows the session, where it stands in no address and no log: a subprotocol that is offered and never agreed on. */
const SESSION_OFFER = "broadcast.session.";
/** The server remembers this many keys of a session, so no more messages may wait for their acknowledgement. */
export const MAXIMUM_PENDING = 128;
/** How many messages of the past are asked for at once. */
const PAGE_LENGTH = 50;
/** The back-off: a random time below a bound that doubles with each attempt, so that clients do not come back as one. */
const FIRST_BOUND = 1_000;
const LAST_BOUND = 30_000;
/** A server that wants its clients back at once gets them so once in this time. */
const HURRY_INTERVAL = 10_000;
/** A message that is not acknowledged for this long means that the connection is dead, whatever the browser thinks. */
const ACKNOWLEDGEMENT_TIMEOUT = 15_000;
const MESSAGE_TOO_BIG = 1009;
/** The session has connected again elsewhere. */
export const SESSION_TAKEN = 4000;
/** What a close says of this side: it leaves, or comes back before long. */
const LEAVING = 1000;
const COMING_BACK = 4100;

/**
 * A member of one channel. Its handlers:
 *
 * - `state(kind, detail)`: `connecting`; `open`; `waiting`, with the milliseconds until the next attempt; `ended`, with the
 *   event that closed it, when it does not come back by itself
 * - `object(object)`: what the server sends, apart from answers to messages of our own
 * - `binary(byteCount)`: a binary message of another member
 * - `sent(key, receipt)`: the server has a message; the receipt is its `ack`, with `isLate` when the message had to wait for
 *   another connection than the one at hand when it was typed
 * - `failed(key, why)`: the server will never have it
 * - `refused(why)`: the server does not let us in, or nothing lets us through to it; further attempts are made all the same
 */
export class ChatConnection {
    #channel;
    #name;
    #handlers;
    #session;
    /** Everything up to here has come. */
    #position;
    #socket;
    /** Whether `welcome` has come on this socket. */
    #isOpen = false;
    /** Attempts in a row that did not come to a `welcome`. */
    #failures = 0;
    /** When it last came back at once, as the server wanted. */
    #hurriedAt = -HURRY_INTERVAL;
    #retryTimer;
    #acknowledgementTimer;
    /** Messages without an answer, in order. They are sent again after each reconnect; the server knows their keys. */
    #pending;
    /** The keys of those that did not go out at once. */
    #late;
    #keyPrefix = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    #keyCount = 0;

    /** Connects. `kept` is the `state` of an earlier connection to the channel, to go on with. */
    constructor(channel, name, handlers, { session, position, pending = [] } = {}) {
        this.#channel = channel;
        this.#name = name;
        this.#handlers = handlers;
        this.#session = session;
        this.#position = position;
        this.#pending = pending;
        this.#late = new Set(pending.map((message) => message.key));
        this.#connect();
    }

    get pendingCount() {
        return this.#pending.length;
    }

    /** What the next connection needs to go on where this one is. */
    get state() {
        return { session: this.#session, position: this.#position, pending: this.#pending };
    }

    /** Sends a message, now or after the next reconnect, and gives its key; null when too many wait already. */
    send(text) {
        if (this.#pending.length >= MAXIMUM_PENDING) return null;
        const message = { type: "message", key: `${this.#keyPrefix}-${++this.#keyCount}`, text };
        this.#pending.push(message);
        if (this.#isOpen) {
            this.#transmit(message);
            if (this.#pending.length === 1) this.#watchAcknowledgements();
        } else {
            this.#late.add(message.key);
        }
        return message.key;
    }

    /** Takes a name, also on later connections. */
    rename(name) {
        this.#name = name;
        if (this.#isOpen) this.#transmit({ type: "name", name });
    }

    /** Asks for what was said before, `before` or `after` an id: `history` comes, or an `error`. False while offline. */
    fetch(direction, id, limit = PAGE_LENGTH) {
        if (this.#isOpen) this.#transmit({ type: "fetch", [direction]: id, limit });
        return this.#isOpen;
    }

    /** Connects, if it does not already: does not wait for the next attempt. */
    connect() {
        if (!this.#socket) this.#connect();
    }

    /** Does not wait for the next attempt, if it waits for one. */
    hurry() {
        if (this.#retryTimer) this.connect();
    }

    /** Leaves, until `connect` is called: the others see at once that the member has gone. */
    leave() {
        this.#drop(LEAVING);
    }

    /** Ends the connection, until `connect` is called, to come back before long: the server keeps the place for a while. */
    pause() {
        this.#drop(COMING_BACK);
    }

    get #url() {
        const url = addressOf(this.#channel);
        url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
        if (this.#name) url.searchParams.set("name", this.#name);
        if (this.#position) url.searchParams.set("after", this.#position);
        else url.searchParams.set("last", PAGE_LENGTH);
        return url;
    }

    #connect() {
        this.#stopWaiting();
        this.#handlers.state("connecting");
        const offers = [SUBPROTOCOL];
        if (this.#session) offers.push(SESSION_OFFER + this.#session);
        const socket = new WebSocket(this.#url, offers);
        socket.binaryType = "arraybuffer";
        socket.onerror = () => this.#askWhy(socket);
        socket.onmessage = ({ data }) => this.#receive(data);
        socket.onclose = (event) => this.#lose(event);
        this.#socket = socket;
    }

    /** Asks over HTTP why an attempt has failed, which browsers keep to themselves. */
    async #askWhy(socket) {
        if (socket.readyState === WebSocket.OPEN || this.#isOpen) return;
        const url = new URL("-/admission", addressOf(""));
        url.search = new URLSearchParams({ channel: this.#channel, origin: location.origin });
        let why;
        try {
            const answer = await fetch(url);
            if (answer.ok) why = "The server answers, but no WebSocket comes through to it: something between may not pass it on.";
            else if (answer.headers.get("Content-Type")?.includes("json")) why = (await answer.json()).detail;
        } catch {
            // It is not there at all.
        }
        // An attempt that was made meanwhile may have succeeded.
        if (why && !this.#isOpen) this.#handlers.refused(why);
    }

    #receive(data) {
        if (typeof data !== "string") return this.#handlers.binary(data.byteLength);
        const object = JSON.parse(data);
        switch (object.type) {
            case "welcome":
                this.#session = object.session;
                this.#position = object.position;
                this.#isOpen = true;
                this.#failures = 0;
                this.#handlers.state("open");
                this.#handlers.object(object);
                for (const message of this.#pending) this.#transmit(message);
                this.#watchAcknowledgements();
                break;
            case "ack":
                // What is told again, or waited for the disk, comes behind later messages.
                if (!object.duplicate && object.stored === "memory") this.#position = object.id;
                this.#confirm(object);
                break;
            case "error":
                if (object.key === undefined) this.#handlers.object(object);
                else if (this.#settle(object.key)) this.#handlers.failed(object.key, object.message);
                break;
            default:
                if (object.type === "message" || object.type === "position") this.#position = object.id;
                if (object.type === "gap") this.#position = object.to;
                this.#handlers.object(object);
        }
    }

    #transmit(object) {
        this.#socket.send(JSON.stringify(object));
    }

    #confirm(acknowledgement) {
        const { key, duplicate } = acknowledgement;
        const isLate = this.#late.has(key) && !duplicate;
        if (this.#settle(key)) this.#handlers.sent(key, { ...acknowledgement, isLate });
    }

    /** Takes a message out of those that wait; false when it does not wait. */
    #settle(key) {
        const index = this.#pending.findIndex((message) => message.key === key);
        if (index < 0) return false;
        this.#pending.splice(index, 1);
        this.#late.delete(key);
        this.#watchAcknowledgements();
        return true;
    }

    /** Begins to wait for the next acknowledgement, if there is one to come. */
    #watchAcknowledgements() {
        clearTimeout(this.#acknowledgementTimer);
        if (this.#pending.length) this.#acknowledgementTimer = setTimeout(() => this.#lose(), ACKNOWLEDGEMENT_TIMEOUT);
    }

    #lose(event) {
        // What came before it was acknowledged before the close frame: the first one that waits is the one too big.
        if (event?.code === MESSAGE_TOO_BIG && this.#isOpen && this.#pending.length) {
            this.#handlers.failed(this.#pending.shift().key, "The server does not take a message of this size.");
        }
        this.#drop();
        for (const message of this.#pending) this.#late.add(message.key);
        // By the hundred the server says when to come back: not at all, later, at once.
        if (event?.code >= 4000 && event.code < 4100) return this.#handlers.state("ended", event);
        let delay = Math.random() * Math.min(LAST_BOUND, FIRST_BOUND * 2 ** this.#failures);
        if (event?.code >= 4200 && event.code < 4300 && performance.now() - this.#hurriedAt >= HURRY_INTERVAL) {
            this.#hurriedAt = performance.now();
            delay = 0;
        }
        this.#failures += 1;
        this.#handlers.state("waiting", delay);
        this.#retryTimer = setTimeout(() => this.#connect(), delay);
    }

    #stopWaiting() {
        clearTimeout(this.#retryTimer);
        this.#retryTimer = undefined;
    }

    /** Has nothing to do with the socket any more. */
    #drop(code) {
        this.#stopWaiting();
        clearTimeout(this.#acknowledgementTimer);
        if (!this.#socket) return;
        this.#socket.onmessage = this.#socket.onclose = this.#socket.onerror = null;
        this.#socket.close(code);
        this.#socket = undefined;
        this.#isOpen = false;
    }
}
