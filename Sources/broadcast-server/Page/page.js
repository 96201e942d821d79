// The chat page: what is typed goes to the connection, what comes from it is shown.

import { Attention } from "./attention.js";
import { ChannelList, channelTitle, problemOf } from "./channels.js";
import { Composer } from "./composer.js";
import { draftOf, keepDraft } from "./drafts.js";
import { ChatConnection, MAXIMUM_PENDING, SESSION_TAKEN } from "./connection.js";
import { make, makeAvatar } from "./elements.js";
import { Gate } from "./gate.js";
import { recall as recallItem, remember } from "./memory.js";
import { addressOf, channelOfAddress, forgetPlace, keepPlace, takePlace } from "./place.js";
import { currentToken, keepToken } from "./token.js";
import { binaryNote, Transcript } from "./transcript.js";

/** Where the browser keeps the name for the next visit. */
const NAME_ITEM = "broadcast.name";
/** How many messages are shown again after the page was loaded anew; the most that the server gives at once are more. */
const SHOWN_AGAIN = 50;
const MOST_AT_ONCE = 100;

const element = (id) => document.getElementById(id);
const [panel, channelField, nameField, nameProblem, memberList, count, title, state, retry, notice] =
    ["panel", "channel", "name", "name-problem", "members", "count", "title", "status", "retry", "notice"].map(element);
const transcript = new Transcript(element("log"), element("entries"), element("latest"), showEarlier);
const channels = new ChannelList(element("channels"), go);
const attention = new Attention(element("notify"), element("notify-hint"), showTitle);
const composer = new Composer(element("composer"), element("text"), element("room"), {
    say,
    typed: () => warn(composer.isTooLong ? TOO_LONG : ""),
    limitOf: (text) => connection.limitOf(text),
});
const gate = new Gate(element("gate"), element("token"), element("gate-why"), element("gate-problem"), (token) => connection.showToken(token));
const [reading, pass, forgetToken] = ["reading", "pass", "forget-token"].map(element);
const isTouched = matchMedia("(pointer: coarse)").matches;
const TOO_LONG = "This message is too long for the server: shorten it, or send it in parts.";

let channel;
let connection;
/** The name that the server has taken from us, here or at the last visit. */
let ownName = recallItem(NAME_ITEM);
/** Our id and name in the channel, from the last `welcome` or `renamed`. */
let self = {};
/** The names of the members that we know, by id; `memberCount` counts the others too. */
const members = new Map();
let memberCount = 0;
/** For each message without an answer, by its key: when it was typed, and what shows what becomes of it. */
const unanswered = new Map();
/** What keeps us from the channel, if that is known. */
let trouble = "";
/** Whether what comes is new, and not the past that one gets on arriving. */
let isNews = false;
/** Everything behind this position is shown; undefined when earlier messages were, too. */
let floor;
/** What the page before this one has shown, until it is shown again: the id behind which, before which entry, how many. */
let recall;
/** Whether we may say something here, be told who is here, and have what was said before; the server says so if not. */
let mayPublish = true;
let mayKnow = true;
let mayRecall = true;
/** Whether the server does not let us in. */
let isKeptOut = false;
/** What to say when the past has come. */
let greeting;
/** Whether the server may have earlier messages, and whether they are on their way. */
let hasEarlier = true;
let awaitsEarlier = false;
/** The gaps that are being filled, by the id behind which messages were asked for. */
const gaps = new Map();

// MARK: The channel

function enter() {
    const leftChannel = channel;
    const unsent = connection?.pendingCount ?? 0;
    connection?.leave();
    if (connection) keepDraft(leftChannel, composer.text);
    channel = channelOfAddress();
    channels.current = channel;
    title.textContent = channelTitle(channel);
    composer.addressee = channelTitle(channel);
    attention.clear();
    hinder("");
    gate.close();
    takeRights(undefined);
    transcript.clear();
    unanswered.clear();
    gaps.clear();
    members.clear();
    memberCount = 0;
    showMembers();
    if (unsent) transcript.note(`${unsent} unsent ${unsent === 1 ? "message" : "messages"} to ${channelTitle(leftChannel)} lost.`);
    // A name that was asked for offline is meant for wherever one comes next.
    const kept = takePlace(channel) ?? { self: {}, typed: [], wantedName: connection?.state.wantedName };
    self = kept.self;
    isNews = kept.position !== undefined;
    floor = kept.floor;
    recall = floor && { next: floor, entry: transcript.hold(), count: 0 };
    greeting = undefined;
    hasEarlier = true;
    const times = new Map(kept.typed);
    for (const { key, text } of kept.pending ?? []) expect(key, text, times.get(key));
    connection = new ChatConnection(channel, ownName, {
        state: showState,
        object: (object) => objectHandlers[object.type]?.(object),
        binary: (count) => transcript.note(binaryNote(count)),
        sent: (key, receipt) => settle(key, "sent", sentLabel(receipt), receipt),
        failed: (key, why) => settle(key, "failed", `Not sent: ${why}`),
        hindered: hinder,
        named: takeName,
        unnamed: loseName,
        admitted: () => {
            gate.close();
            transcript.note("The server has taken the token.");
        },
        denied: (why) => gate.deny(why),
    }, kept);
    composer.text = draftOf(channel);
}

/** Keeps everything that the next page needs to go on here. */
function keep() {
    keepDraft(channel, composer.text);
    const { ids } = transcript;
    const typed = [...unanswered].map(([key, { time }]) => [key, time]);
    const floorOfNext = ids.length > SHOWN_AGAIN ? ids.at(-SHOWN_AGAIN - 1) : floor ?? ids[0];
    keepPlace({ channel, self, typed, floor: floorOfNext, ...connection.state });
}

/** Goes to a channel. */
function go(name) {
    panel.hidePopover();
    // Who is kept out of this one tries again.
    if (name === channel) return connection.connect();
    history.pushState(null, "", addressOf(name));
    enter();
    if (!isTouched) composer.focus();
}

// MARK: What the server says

const objectHandlers = {
    welcome({ position, recovered, member, members: listed = [], count, rights }) {
        takeRights(rights);
        if (self.id === undefined) greeting = `You are ${member.name}.`;
        else if (recovered && !recall) transcript.note("Connected again.");
        self = member;
        channels.visit(channel);
        composer.measure();
        // A page that has shown nothing begins here, or where the one before it did.
        floor ??= transcript.firstID ? undefined : position;
        if (!mayRecall) endRecall();
        if (recall) connection.fetch("after", recall.next, MOST_AT_ONCE);
        listMembers(listed, count);
    },
    members({ members: listed = [], count }) {
        listMembers(listed, count);
    },
    message(message) {
        // With `start --echo` our own messages come back, and they stand here already, as those do that came with the past.
        if (isOwn(message.from) || transcript.has(message.id)) return;
        transcript.add(message);
        if (isNews) attention.add(channelTitle(channel), message.from.name, message.text);
    },
    position() {
        isNews = true;
        greet();
    },
    gap(gap) {
        showGap(gap);
    },
    history(page) {
        if (gaps.has(page.after)) fill(page);
        else if (page.before !== undefined) addEarlier(page);
        else if (recall) addRecalled(page);
        if (transcript.isAtBeginning) showEarlier();
    },
    joined({ member, count }) {
        greet();
        const isBack = members.has(member.id);
        members.set(member.id, member.name);
        memberCount = count;
        showMembers();
        if (!isBack) transcript.note(`${member.name} joined.`);
    },
    left({ member, count }) {
        members.delete(member.id);
        memberCount = count;
        showMembers();
        transcript.note(`${member.name} left.`);
    },
    renamed({ member, was }) {
        if (members.has(member.id)) members.set(member.id, member.name);
        if (member.id === self.id) self.name = member.name;
        showMembers();
        if (member.name === was) return;
        transcript.note(member.id === self.id ? `You are ${member.name} now.` : `${was} is ${member.name} now.`);
    },
    rights({ rights }) {
        takeRights(rights);
    },
    expiring({ at }) {
        const time = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
        gate.open(`The token expires at ${time}. With another one you stay.`);
    },
    status({ cluster, message }) {
        const isAway = cluster === "away";
        showKind(isAway ? "away" : "open");
        hinder(isAway ? `${message ?? "The server takes nothing just now."} What you write is sent when that is over.` : "");
    },
    notice({ message }) {
        warn(message);
    },
    error({ code, message }) {
        // The past that was asked for is that of another server: there is nothing to show of it.
        if (code !== "bad-position") return warn(message);
        awaitsEarlier = hasEarlier = false;
        endRecall();
        for (const { button } of gaps.values()) button.remove();
        gaps.clear();
    },
};

function listMembers(listed, count) {
    members.clear();
    for (const member of listed) members.set(member.id, member.name);
    memberCount = count;
    showMembers();
}

function isOwn(from) {
    return from.id === self.id;
}

/** Says who we are, behind what was said before we came. */
function greet() {
    if (greeting) transcript.note(greeting);
    greeting = undefined;
}

// MARK: The past

/** Asks for what was said before the first message that is shown. */
function showEarlier() {
    const { firstID } = transcript;
    if (!firstID || !hasEarlier || !mayRecall || awaitsEarlier || recall || transcript.isFull) return;
    awaitsEarlier = connection.fetch("before", firstID);
}

function addEarlier({ messages, more }) {
    transcript.addPast(messages, isOwn);
    floor = undefined;
    awaitsEarlier = false;
    hasEarlier = more;
    if (!more) transcript.begin("The server has nothing earlier.");
}

function addRecalled({ messages, more }) {
    transcript.addPast(messages, isOwn, recall.entry);
    recall.count += messages.length;
    // Large messages come a few at once.
    if (!more || recall.count >= SHOWN_AGAIN) return endRecall();
    recall.next = messages.at(-1).id;
    connection.fetch("after", recall.next, MOST_AT_ONCE);
}

function endRecall() {
    recall?.entry.remove();
    recall = undefined;
}

/** Shows that messages are missing, with a button where the server may still have them. */
function showGap({ from, to, missing, reason }) {
    const item = transcript.gap(`${missingLabel(missing)}: ${gapReasons(missing)[reason] ?? "the server does not say why"}.`);
    if (reason !== "slow" && reason !== "expired") {
        // The numbers have begun anew: only what comes now can be asked for later.
        item.dataset.isBreak = true;
        floor = to;
    }
    if (reason !== "slow" || !from) return;
    const button = make("button", "quiet", "Show");
    button.addEventListener("click", () => ask({ item, button, to }, from));
    item.append(button);
}

function missingLabel(missing) {
    return missing === undefined ? "Messages may be missing" : missing === 1 ? "1 message is missing" : `${missing} messages are missing`;
}

function gapReasons(missing) {
    return {
        expired: `the server no longer has ${missing === 1 ? "it" : "them"}`,
        epoch: "the server has begun anew since",
        future: "the server has not come as far",
        malformed: "the server does not know the position",
        forbidden: "you may not see here what was said before",
        slow: "they came faster than this page took them",
    };
}

/** Asks for the next messages of a gap. */
function ask(gap, id) {
    if (!connection.fetch("after", id, MOST_AT_ONCE)) return;
    gap.button.disabled = true;
    gaps.set(id, gap);
}

/** Puts messages into a gap, and asks for more until it is filled. */
function fill({ messages, missing, more, after }) {
    const gap = gaps.get(after);
    gaps.delete(after);
    gap.missing ??= missing;
    const end = messages.findIndex(({ id }) => id === gap.to);
    transcript.addPast(end < 0 ? messages : messages.slice(0, end + 1), isOwn, gap.item);
    if (end < 0 && more) return ask(gap, messages.at(-1).id);
    // What the server no longer has stays missing.
    if (gap.missing) gap.item.replaceChildren(`${missingLabel(gap.missing)}: ${gapReasons(gap.missing).expired}.`);
    else gap.item.remove();
}

// MARK: Showing

function showState(kind, detail) {
    const isAway = kind === "ended" || kind === "refused";
    showKind(kind, detail);
    retry.hidden = kind !== "waiting" && !isAway;
    retry.textContent = { ended: "Go on", refused: "Try again" }[kind] ?? "Retry now";
    isKeptOut = kind === "refused" || kind === "locked";
    showComposer();
    pass.hidden = !currentToken();
    if (kind === "locked") askForToken(detail);
    else if (kind === "open") gate.close();
    if (isAway) hinder(kind === "ended" ? endText(detail) : detail);
    else if (kind === "open" || kind === "locked") hinder("");
    // What was asked for does not come over another connection.
    awaitsEarlier = false;
    for (const { button } of gaps.values()) button.disabled = false;
    gaps.clear();
}

/** Keeps what is typed where it is: it can be sent once there is a token. */
function askForToken(why) {
    gate.open(why);
    panel.hidePopover();
    gate.focus();
}

/** `rights` is missing where we may do all that members do. */
function takeRights(rights) {
    mayPublish = rights?.includes("publish") ?? true;
    mayKnow = rights?.includes("presence") ?? true;
    mayRecall = rights?.includes("history") ?? true;
    reading.hidden = mayPublish;
    showComposer();
}

function showComposer() {
    composer.isEnabled = mayPublish && !isKeptOut;
}

function showKind(kind, detail) {
    state.dataset.kind = kind;
    state.textContent = stateText(kind, detail);
}

function stateText(kind, detail) {
    switch (kind) {
        case "connecting": return "Connecting…";
        case "open": return "Connected";
        // Connected, to a server that has lost its cluster.
        case "away": return "Cluster away";
        case "waiting": return waitingText(detail);
        case "ended": return "Disconnected";
        case "refused": return "Not let in";
        case "locked": return "Token needed";
    }
}

function endText({ code, reason }) {
    if (code === SESSION_TAKEN) return "This conversation goes on in another tab or window.";
    return `The server has ended the connection${reason ? `: ${reason}` : "."}`;
}

function waitingText(delay) {
    return delay < 2_000 ? "Offline" : `Offline, again in ${Math.round(delay / 1_000)} s`;
}

function showMembers() {
    const items = [...members].sort(([a], [b]) => a - b).map(([id, name]) => {
        const item = make("li", "member", makeAvatar(name), make("bdi", "", name));
        if (id === self.id) item.append(make("span", "hint", "you"));
        return item;
    });
    const others = memberCount - members.size;
    if (others > 0) items.push(make("li", "hint", othersLabel(others)));
    memberList.replaceChildren(...items);
    count.textContent = mayKnow && memberCount || "";
}

function othersLabel(count) {
    if (!mayKnow) return "You may not see who is here.";
    return members.size ? `and ${count} more` : "too many to be listed";
}

function showTitle(unread) {
    document.title = `${unread ? `(${unread}) ` : ""}${channelTitle(channel)} · Broadcast`;
}

/** Shows a warning, until something is typed; an empty one takes it away. */
function warn(line) {
    const shown = line || trouble;
    // What is said again would be read out again.
    if (notice.textContent !== shown) notice.textContent = shown;
    notice.hidden = !shown;
}

/** Shows what keeps us from the channel, until that has changed. */
function hinder(why) {
    trouble = why;
    warn("");
}

function settle(key, kind, label, receipt) {
    unanswered.get(key)?.show(kind, label, receipt);
    unanswered.delete(key);
}

/** Who can have read a message when it was sent. */
function sentLabel({ receivers, isLate }) {
    const readers = receivers === 0 ? "nobody else was here" : `${receivers} received it`;
    if (isLate) return `Sent when you came back: ${readers}`;
    return receivers === 0 ? `Sent, ${readers}` : "Sent";
}

// MARK: What the reader does

/** Sends a message; false when it has to stay where it is. */
function say(text) {
    if (composer.isTooLong) {
        warn(TOO_LONG);
        return false;
    }
    const key = connection.send(text);
    if (key === null) {
        warn(`${MAXIMUM_PENDING} messages wait for the server already: this one has to stay here.`);
        return false;
    }
    greet();
    expect(key, text);
    return true;
}

/** Shows a message of our own that has no answer yet. */
function expect(key, text, time = Date.now()) {
    const show = transcript.addOwn({ id: self.id, name: self.name ?? "You" }, time, text);
    unanswered.set(key, { time, show });
}

// MARK: The name

/** The server has taken a name: it is the one for the next visit, too. */
function takeName(name) {
    ownName = name;
    remember(NAME_ITEM, name);
    if (document.activeElement !== nameField) nameField.value = name;
    showNameProblem("");
    panel.hidePopover();
}

/** The server has not taken a name. It stays in the field to be mended, but nowhere else. */
function loseName(name, why) {
    if (ownName === name) {
        ownName = "";
        remember(NAME_ITEM, "");
    }
    const line = `“${name}” was not taken as your name: ${why}`;
    showNameProblem(line);
    if (!nameField.checkVisibility()) warn(line);
}

function showNameProblem(line) {
    nameProblem.textContent = line;
    nameField.ariaInvalid = String(line !== "");
}

// MARK: Forms, keys and the window

/** Has a form do something instead of being sent. */
function onSubmit(form, action) {
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        action();
    });
}

onSubmit(channelField.form, () => {
    const name = channelField.value.trim().replace(/^#/, "");
    channelField.setCustomValidity(problemOf(name));
    if (!channelField.reportValidity() || !name) return;
    channelField.value = "";
    go(name);
});
onSubmit(nameField.form, () => {
    const name = nameField.value.trim();
    showNameProblem("");
    connection.rename(name);
    if (["open", "away"].includes(state.dataset.kind)) return;
    panel.hidePopover();
    transcript.note(name ? `You will be ${name} when the connection is back.` : "You will have no name when the connection is back.");
});
channelField.addEventListener("input", () => channelField.setCustomValidity(""));
nameField.addEventListener("input", () => showNameProblem(""));
retry.addEventListener("click", () => connection.connect());
forgetToken.addEventListener("click", () => {
    keepToken("");
    panel.hidePopover();
    connection.comeAnew();
});
window.addEventListener("online", () => connection.hurry());
// Whether the page is loaded anew or left for good it cannot know. A browser may keep it, too, for the way back.
window.addEventListener("pagehide", () => {
    keep();
    connection.pause();
});
window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    forgetPlace();
    connection.connect();
});
// The way back, and a `#` that somebody has typed.
window.addEventListener("popstate", () => channelOfAddress() !== channel && enter());
window.addEventListener("beforeunload", (event) => {
    if (connection.pendingCount) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
    // A phone may end a page that is out of sight without a word, and load it anew later.
    if (document.hidden) keep();
    else forgetPlace();
});

nameField.value = ownName;
enter();
// Not before the page is loaded: going to the fragment of the address, the browser takes the focus away again. On a touch
// screen the focus would bring up the keyboard.
window.addEventListener("load", () => isTouched || composer.focus());
