// The chat protocol (docs/protocol.md) over a WebSocket that comes back by itself. Knows nothing of the page.

const SUBPROTOCOL = "broadcast.v1.json";
/** The server remembers this many keys of a session, so no more messages may wait for their acknowledgement. */
export const MAXIMUM_PENDING = 128;
/** The back-off: a random time below a bound that doubles with each attempt, so that clients do not come back as one. */
const FIRST_BOUND = 1_000;
const LAST_BOUND = 30_000;
/** A message that is not acknowledged for this long means that the connection is dead, whatever the browser thinks. */
const ACKNOWLEDGEMENT_TIMEOUT = 15_000;
const MESSAGE_TOO_BIG = 1009;

/**
 * A member of one channel. Its handlers:
 *
 * - `state(kind, detail)`: `connecting`; `open`; `waiting`, with the milliseconds until the next attempt
 * - `object(object)`: what the server sends, apart from answers to messages of our own
 * - `binary(byteCount)`: a binary message of another member
 * - `sent(key)`, `failed(key, why)`: what became of a message
 */
export class ChatConnection {
    #channel;
    #name;
    #handlers;
    #session;
    #socket;
    /** Whether `welcome` has come on this socket. */
    #isOpen = false;
    /** Attempts in a row that did not come to a `welcome`. */
    #failures = 0;
    #retryTimer;
    #acknowledgementTimer;
    /** Messages without an answer, in order. They are sent again after each reconnect; the server knows their keys. */
    #pending = [];
    #keyPrefix = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    #keyCount = 0;

    constructor(channel, name, handlers) {
        this.#channel = channel;
        this.#name = name;
        this.#handlers = handlers;
        this.#connect();
    }

    get pendingCount() {
        return this.#pending.length;
    }

    /** Sends a message, now or after the next reconnect, and gives its key; null when too many wait already. */
    send(text) {
        if (this.#pending.length >= MAXIMUM_PENDING) return null;
        const message = { type: "message", key: `${this.#keyPrefix}-${++this.#keyCount}`, text };
        this.#pending.push(message);
        if (this.#isOpen) {
            this.#transmit(message);
            if (this.#pending.length === 1) this.#watchAcknowledgements();
        }
        return message.key;
    }

    /** Takes a name, also on later connections. */
    rename(name) {
        this.#name = name;
        if (this.#isOpen) this.#transmit({ type: "name", name });
    }

    /** Connects, if it does not already: does not wait for the next attempt. */
    connect() {
        if (!this.#socket) this.#connect();
    }

    /** Leaves, until `connect` is called. */
    close() {
        clearTimeout(this.#retryTimer);
        this.#drop();
    }

    get #url() {
        // Relative to the page, so that a proxy may serve both beneath a path of its own.
        const url = new URL(encodeURIComponent(this.#channel), new URL(".", location.href));
        url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
        if (this.#name) url.searchParams.set("name", this.#name);
        if (this.#session) url.searchParams.set("session", this.#session);
        return url;
    }

    #connect() {
        clearTimeout(this.#retryTimer);
        this.#handlers.state("connecting");
        const socket = new WebSocket(this.#url, SUBPROTOCOL);
        socket.binaryType = "arraybuffer";
        socket.onmessage = ({ data }) => this.#receive(data);
        socket.onclose = ({ code }) => this.#lose(code);
        this.#socket = socket;
    }

    #receive(data) {
        if (typeof data !== "string") return this.#handlers.binary(data.byteLength);
        const object = JSON.parse(data);
        switch (object.type) {
            case "welcome":
                this.#session = object.session;
                this.#isOpen = true;
                this.#failures = 0;
                this.#handlers.state("open");
                this.#handlers.object(object);
                for (const message of this.#pending) this.#transmit(message);
                this.#watchAcknowledgements();
                break;
            case "ack":
                if (this.#settle(object.key)) this.#handlers.sent(object.key);
                break;
            case "error":
                if (object.key === undefined) this.#handlers.object(object);
                else if (this.#settle(object.key)) this.#handlers.failed(object.key, object.message);
                break;
            default:
                this.#handlers.object(object);
        }
    }

    #transmit(object) {
        this.#socket.send(JSON.stringify(object));
    }

    /** Takes a message out of those that wait; false when it does not wait. */
    #settle(key) {
        const index = this.#pending.findIndex((message) => message.key === key);
        if (index < 0) return false;
        this.#pending.splice(index, 1);
        this.#watchAcknowledgements();
        return true;
    }

    /** Begins to wait for the next acknowledgement, if there is one to come. */
    #watchAcknowledgements() {
        clearTimeout(this.#acknowledgementTimer);
        if (this.#pending.length) this.#acknowledgementTimer = setTimeout(() => this.#lose(), ACKNOWLEDGEMENT_TIMEOUT);
    }

    #lose(code) {
        // What came before it was acknowledged before the close frame: the first one that waits is the one too big.
        if (code === MESSAGE_TOO_BIG && this.#isOpen && this.#pending.length) {
            this.#handlers.failed(this.#pending.shift().key, "The server does not take a message of this size.");
        }
        this.#drop();
        const delay = Math.random() * Math.min(LAST_BOUND, FIRST_BOUND * 2 ** this.#failures);
        this.#failures += 1;
        this.#handlers.state("waiting", delay);
        this.#retryTimer = setTimeout(() => this.#connect(), delay);
    }

    /** Has nothing to do with the socket any more. */
    #drop() {
        clearTimeout(this.#acknowledgementTimer);
        if (!this.#socket) return;
        this.#socket.onmessage = this.#socket.onclose = null;
        this.#socket.close();
        this.#socket = undefined;
        this.#isOpen = false;
    }
}
