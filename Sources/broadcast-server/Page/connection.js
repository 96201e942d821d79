// The chat protocol (docs/protocol.md) over a WebSocket that comes back by itself. Knows nothing of the page.

import { addressOf } from "./place.js";
import { currentToken, fieldsOf, keepToken, offersOf } from "./token.js";

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
/** The same with a server that has said that it takes what we send more slowly. */
const SLOWED_TIMEOUT = 300_000;
/** So long waits what the server does not take just now, if it does not say before that it takes it. */
const PAUSE_AFTER_REFUSAL = 3_000;
/** So long may it take until the server has said `welcome`, and so long until it has said why it does not. */
const OPENING_TIMEOUT = 20_000;
const REASON_TIMEOUT = 10_000;
/** What the server takes if it does not say. */
const USUAL_LIMIT = 1 << 20;
const MESSAGE_TOO_BIG = 1009;
/** Codes of errors and problems: a name that is none, one too many in a short time, and a server with too many channels. */
const BAD_NAME = "bad-name";
const TOO_OFTEN = "too-often";
const NO_ROOM = "no-room";
const NAME_TAKEN = "name-taken";
/** Those that say that a token is missing, or does not hold; and that it does not reach as far. */
const TOKEN_CODES = ["no-token", "bad-token", "token-expired"];
const FORBIDDEN = "forbidden";
/** The server is too busy to look at a token. */
const BUSY = "busy";
/** The server's cluster takes nothing just now: the same may be sent again. */
const UNAVAILABLE = "unavailable";
const NO_WAY_THROUGH =
    "The server answers, but no WebSocket comes through to it. Something in between may not pass it on, or the browser may have "
    + "too many connections open in other tabs.";
/** The session has connected again elsewhere. */
export const SESSION_TAKEN = 4000;
/** It needs another token. */
const TOKEN_NEEDED = 4401;
/** What a close says of this side: it leaves, or comes back before long. */
const LEAVING = 1000;
const COMING_BACK = 4100;

/**
 * A member of one channel. Its handlers:
 *
 * - `state(kind, detail)`: `connecting`; `open`; `waiting`, with the milliseconds until the next attempt; and when it does not
 *   come back by itself `ended`, with the event that closed it, `refused`, with the reason why it is not let in, or `locked`,
 *   with the reason why it needs a token
 * - `object(object)`: what the server sends, apart from answers to messages of our own
 * - `binary(byteCount)`: a binary message of another member
 * - `sent(key, receipt)`: the server has a message; the receipt is its `ack`, with `isLate` when the message had to wait for
 *   another connection than the one at hand when it was typed
 * - `failed(key, why)`: the server will never have it
 * - `hindered(why)`: what stands in the way, as far as it can be known, else an empty text; further attempts are made
 * - `named(name)`: the server has taken a name, from which it may have made another one
 * - `unnamed(name, why)`: it has not, and the one before stays
 * - `admitted()`: the server has taken the token that it was shown meanwhile
 * - `denied(why)`: it has not, and goes by the one before
 */
export class ChatConnection {
    #channel;
    /** The name that the server has taken, or had at the last visit. */
    #name;
    /** A name that it has not answered to yet, and those that it was sent over this connection, in order. */
    #wantedName;
    #sentNames = [];
    #handlers;
    #id;
    #limit = USUAL_LIMIT;
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
    /** When the server wants it back, on the clock of the page; undefined if it has not said. */
    #returnTime;
    #retryTimer;
    #acknowledgementTimer;
    #openingTimer;
    /** Whether the server's cluster is away: what is sent waits there, however long that takes. */
    #isClusterAway = false;
    /** The tokens that were shown over this connection, and that the server has not answered to, in order. */
    #newTokens = [];
    /** What the server has refused before it ends the connection, which is why. */
    #refusal;
    /** What it calls this member. */
    #givenName;
    /** The server has said that it takes what we send more slowly than we do. */
    #isSlowed = false;
    /** Runs while something that the server has refused for the time being waits to be sent again. */
    #resendTimer;
    /** Messages without an answer, in order. They are sent again after each reconnect; the server knows their keys. */
    #pending;
    /** The keys of those that did not go out at once. */
    #late;
    #keyPrefix = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    #keyCount = 0;

    /** Connects. `kept` is the `state` of an earlier connection to the channel, to go on with. */
    constructor(channel, name, handlers, { session, position, pending = [], wantedName } = {}) {
        this.#channel = channel;
        this.#name = name;
        this.#wantedName = wantedName;
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
        return { session: this.#session, position: this.#position, pending: this.#pending, wantedName: this.#wantedName };
    }

    /**
     * How many bytes the server takes in a message, and how many at least are left with a text;
     * below 0 it is too long.
     */
    limitOf(text) {
        const limit = this.#limit;
        const envelope = this.#messageOf("").length;
        // No character becomes more than six bytes.
        if (6 * text.length + envelope < limit / 2) return { limit, left: limit - 6 * text.length - envelope };
        return { limit, left: limit - new TextEncoder().encode(this.#messageOf(text)).length };
    }

    /** The next message as it would be sent. */
    #messageOf(text) {
        return JSON.stringify({ type: "message", key: `${this.#keyPrefix}-${this.#keyCount + 1}`, text });
    }

    /** Sends a message, now or after the next reconnect, and gives its key; null when too many wait already. */
    send(text) {
        if (this.#pending.length >= MAXIMUM_PENDING) return null;
        const message = { type: "message", key: `${this.#keyPrefix}-${++this.#keyCount}`, text };
        this.#pending.push(message);
        if (this.#isOpen && !this.#resendTimer) {
            this.#transmit(message);
            if (this.#pending.length === 1) this.#watchAcknowledgements();
        } else if (!this.#isOpen) {
            this.#late.add(message.key);
        }
        return message.key;
    }

    /** Asks for a name, now or after the next reconnect; an empty one gives it up. */
    rename(name) {
        this.#wantedName = name;
        if (this.#isOpen) this.#sendName();
    }

    #sendName() {
        this.#sentNames.push(this.#wantedName);
        this.#transmit({ type: "name", name: this.#wantedName });
    }

    /** Shows another token, or begins with it where there is no connection. */
    showToken(token) {
        if (this.#isOpen) {
            this.#newTokens.push(token);
            this.#transmit({ type: "token", token });
        } else {
            keepToken(token);
            this.#drop(COMING_BACK);
            this.#connect();
        }
    }

    /** Comes anew, with the token that this tab has now, or without. */
    comeAnew() {
        this.leave();
        this.connect();
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
        const offers = [SUBPROTOCOL, ...offersOf(currentToken())];
        if (this.#session) offers.push(SESSION_OFFER + this.#session);
        const socket = new WebSocket(this.#url, offers);
        socket.binaryType = "arraybuffer";
        socket.onmessage = ({ data }) => this.#receive(data);
        socket.onclose = (event) => (this.#isOpen ? this.#lose(event) : this.#miss(socket, event));
        this.#socket = socket;
        this.#sentNames = [];
        this.#refusal = undefined;
        this.#returnTime = undefined;
        // What lies between may keep the handshake for itself, and a browser may let it wait for other tabs.
        this.#openingTimer = setTimeout(() => this.#miss(socket), OPENING_TIMEOUT);
    }

    /** An attempt has failed: asks over HTTP why, which browsers keep to themselves, then waits for the next or gives up. */
    async #miss(socket, event) {
        clearTimeout(this.#openingTimer);
        socket.onmessage = socket.onclose = null;
        socket.close();
        if (event?.code >= 4000) {
            this.#handlers.hindered("");
            return this.#lose(event);
        }
        const { why, isFinal, isOfToken } = await this.#askWhy();
        // It may have been left meanwhile.
        if (this.#socket !== socket) return;
        if (isOfToken) return this.#lock(why);
        if (isFinal) {
            this.#drop();
            return this.#handlers.state("refused", why);
        }
        this.#lose(event);
        this.#handlers.hindered(why ?? "");
    }

    /** Why the server does not let us in, if it says so, and whether it would not the next time either. */
    async #askWhy() {
        const url = new URL("-/admission", addressOf(""));
        url.search = new URLSearchParams({ channel: this.#channel, origin: location.origin });
        try {
            const answer = await fetch(url, { headers: fieldsOf(currentToken()), signal: AbortSignal.timeout(REASON_TIMEOUT) });
            if (answer.ok) return { why: NO_WAY_THROUGH };
            // Anything else is from something in between.
            if (!answer.headers.get("Content-Type")?.startsWith("application/problem+json")) return {};
            const { code, detail } = await answer.json();
            return { why: detail, isOfToken: TOKEN_CODES.includes(code), isFinal: answer.status < 500 || code === NO_ROOM };
        } catch {
            // It is not there at all.
            return {};
        }
    }

    #receive(data) {
        if (typeof data !== "string") return this.#handlers.binary(data.byteLength);
        const object = JSON.parse(data);
        switch (object.type) {
            case "welcome":
                this.#session = object.session;
                this.#position = object.position;
                this.#id = object.member.id;
                this.#givenName = object.member.name;
                this.#limit = object.maxMessage ?? USUAL_LIMIT;
                this.#isOpen = true;
                this.#isSlowed = false;
                this.#failures = 0;
                clearTimeout(this.#openingTimer);
                this.#handlers.state("open");
                this.#handlers.object(object);
                // With a session that goes on it has the name that it had.
                if (this.#wantedName !== undefined) this.#sendName();
                this.#sendPending();
                break;
            case "status":
                if (!["away", "back"].includes(object.cluster)) break;
                this.#isClusterAway = object.cluster === "away";
                if (!this.#isClusterAway && this.#resendTimer) this.#sendPending();
                else this.#watchAcknowledgements();
                this.#handlers.object(object);
                break;
            case "closing":
                this.#returnTime = performance.now() + object.after;
                break;
            case "notice":
                if (object.code === "slowed") {
                    this.#isSlowed = true;
                    this.#watchAcknowledgements();
                }
                this.#handlers.object(object);
                break;
            case "ack":
                // What is told again, or waited for the disk, comes behind later messages.
                if (!object.duplicate && object.stored === "memory") this.#position = object.id;
                this.#confirm(object);
                break;
            case "error":
                if (this.#isLastWord(object)) this.#refusal = object;
                else if (this.#isOfToken(object)) this.#loseToken(object.message);
                else if (object.code === BAD_NAME || object.code === NAME_TAKEN || this.#isOfName(object)) this.#loseName(object.message);
                else if (object.key === undefined) this.#handlers.object(object);
                else if (object.code === UNAVAILABLE) this.#sendLater();
                else if (this.#settle(object.key)) this.#handlers.failed(object.key, object.message);
                break;
            case "rights":
                if (this.#newTokens.length) this.#takeToken();
                this.#handlers.object(object);
                break;
            case "renamed":
                this.#handlers.object(object);
                if (object.member.id === this.#id && this.#sentNames.length) this.#takeName();
                break;
            default:
                if (object.type === "message" || object.type === "position") this.#position = object.id;
                if (object.type === "gap") this.#position = object.to;
                this.#handlers.object(object);
        }
    }

    /** Whether an error is about a name that was asked for, or about that of the address. */
    #isOfName({ code, key }) {
        if (key !== undefined) return false;
        if (code === FORBIDDEN) return this.#sentNames.length > 0 || Boolean(this.#name) && this.#name !== this.#givenName;
        return this.#sentNames.length > 0 && (code === TOO_OFTEN || code === UNAVAILABLE);
    }

    /** Whether an error says why the connection ends now. */
    #isLastWord({ code, key }) {
        return key === undefined && (!this.#isOpen || !this.#newTokens.length && TOKEN_CODES.includes(code));
    }

    /** Whether an error is about a token that was shown. */
    #isOfToken({ code, key }) {
        return key === undefined && this.#newTokens.length > 0 && (TOKEN_CODES.includes(code) || code === BUSY);
    }

    #takeToken() {
        keepToken(this.#newTokens.shift());
        this.#handlers.admitted();
    }

    #loseToken(why) {
        this.#newTokens.shift();
        this.#handlers.denied(why);
    }

    #takeName() {
        const name = this.#sentNames.shift();
        this.#name = name;
        if (!this.#sentNames.length) this.#wantedName = undefined;
        this.#handlers.named(name);
    }

    #loseName(why) {
        // Without a request it is the name of the address that is none.
        const isOfAddress = !this.#sentNames.length;
        const name = isOfAddress ? this.#name : this.#sentNames.shift();
        if (isOfAddress) this.#name = "";
        if (!this.#sentNames.length) this.#wantedName = undefined;
        this.#handlers.unnamed(name, why);
    }

    #transmit(object) {
        this.#socket.send(JSON.stringify(object));
    }

    #confirm(acknowledgement) {
        const { key, duplicate } = acknowledgement;
        const isLate = this.#late.has(key) && !duplicate;
        if (this.#settle(key)) this.#handlers.sent(key, { ...acknowledgement, isLate });
    }

    /** Sends everything that has no answer, in order. */
    #sendPending() {
        this.#stopResending();
        for (const message of this.#pending) this.#transmit(message);
        this.#watchAcknowledgements();
    }

    /** Sends everything that has no answer once more, after a while. */
    #sendLater() {
        this.#resendTimer ??= setTimeout(() => this.#sendPending(), PAUSE_AFTER_REFUSAL);
        this.#watchAcknowledgements();
    }

    #stopResending() {
        clearTimeout(this.#resendTimer);
        this.#resendTimer = undefined;
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

    /** Begins to wait for the next acknowledgement, if there is one to come before long. */
    #watchAcknowledgements() {
        clearTimeout(this.#acknowledgementTimer);
        if (!this.#pending.length || this.#isClusterAway || this.#resendTimer) return;
        const timeout = this.#isSlowed ? SLOWED_TIMEOUT : ACKNOWLEDGEMENT_TIMEOUT;
        this.#acknowledgementTimer = setTimeout(() => this.#lose(), timeout);
    }

    #lose(event) {
        // What came before it was acknowledged before the close frame: the first one that waits is the one too big.
        if (event?.code === MESSAGE_TOO_BIG && this.#isOpen && this.#pending.length) {
            this.#handlers.failed(this.#pending.shift().key, "The server does not take a message of this size.");
        }
        if (event?.code === TOKEN_NEEDED) return this.#lock(this.#refusal?.message ?? event.reason);
        // The next connection may well begin with it.
        if (this.#newTokens.length) keepToken(this.#newTokens.at(-1));
        this.#drop();
        this.#delayPending();
        // By the hundred the server says when to come back: not at all, later, at once.
        if (event?.code >= 4000 && event.code < 4100) return this.#handlers.state("ended", event);
        let delay = Math.random() * Math.min(LAST_BOUND, FIRST_BOUND * 2 ** this.#failures);
        if (event?.code >= 4200 && event.code < 4300 && performance.now() - this.#hurriedAt >= HURRY_INTERVAL) {
            this.#hurriedAt = performance.now();
            delay = 0;
        }
        // A server that goes has spread its clients already.
        if (this.#returnTime !== undefined) delay = Math.max(this.#returnTime - performance.now(), 0);
        this.#returnTime = undefined;
        this.#failures += 1;
        this.#handlers.state("waiting", delay);
        this.#retryTimer = setTimeout(() => this.#connect(), delay);
    }

    /** Does not come back without another token. */
    #lock(why) {
        // One that the server was about to look at may get in.
        const newToken = this.#newTokens.at(-1);
        this.#drop();
        this.#delayPending();
        keepToken(newToken ?? "");
        if (newToken) return this.#connect();
        this.#handlers.state("locked", why || "The server asks for a token.");
    }

    #delayPending() {
        for (const message of this.#pending) this.#late.add(message.key);
    }

    #stopWaiting() {
        clearTimeout(this.#retryTimer);
        this.#retryTimer = undefined;
    }

    /** Has nothing to do with the socket any more. */
    #drop(code) {
        this.#stopWaiting();
        this.#stopResending();
        this.#isClusterAway = false;
        this.#newTokens = [];
        clearTimeout(this.#acknowledgementTimer);
        clearTimeout(this.#openingTimer);
        if (!this.#socket) return;
        this.#socket.onmessage = this.#socket.onclose = null;
        this.#socket.close(code);
        this.#socket = undefined;
        this.#isOpen = false;
    }
}
