// The chat page: what is typed goes to the connection, what comes from it is shown.

import { ChatConnection, MAXIMUM_PENDING } from "./connection.js";
import { make, makeAvatar } from "./elements.js";
import { Transcript } from "./transcript.js";

/** Where the browser keeps the name for the next visit. */
const NAME_ITEM = "broadcast.name";

const [panel, channelField, nameField, memberList, count, title, state, retry, log, entries, latest, notice, composer, text] =
    [
        "panel", "channel", "name", "members", "count", "title", "status", "retry", "log", "entries", "latest", "notice",
        "composer", "text",
    ].map((id) => document.getElementById(id));
const transcript = new Transcript(log, entries, latest);

let channel;
let connection;
/** Our id and name in the channel, from the last `welcome` or `renamed`. */
let self = {};
/** The names of the members that we know, by id; `memberCount` counts the others too. */
const members = new Map();
let memberCount = 0;
/** What shows what becomes of a message, by the keys of those without an answer. */
const unanswered = new Map();
/** Messages that came while the page was hidden. */
let unread = 0;

// MARK: The channel

function enter() {
    const left = channel;
    const unsent = connection?.pendingCount ?? 0;
    connection?.close();
    channel = channelOfAddress();
    channelField.value = channel;
    title.textContent = channelTitle(channel);
    text.placeholder = `Write to ${channelTitle(channel)}`;
    showTitle();
    transcript.clear();
    unanswered.clear();
    self = {};
    members.clear();
    memberCount = 0;
    showMembers();
    if (unsent) transcript.note(`${unsent} unsent ${unsent === 1 ? "message" : "messages"} to ${channelTitle(left)} lost.`);
    connection = new ChatConnection(channel, nameField.value.trim(), {
        state: showState,
        object: (object) => objectHandlers[object.type]?.(object),
        binary: (count) => transcript.note(`A binary message of ${count.toLocaleString()} bytes came.`),
        sent: (key) => settle(key, "sent", "Sent"),
        failed: (key, why) => settle(key, "failed", `Not sent: ${why}`),
    });
}

function channelOfAddress() {
    try {
        return decodeURIComponent(location.hash.slice(1));
    } catch {
        return "";
    }
}

function channelTitle(name) {
    return name ? `#${name}` : "Main channel";
}

/** What is wrong with the name of a channel: the server's rules, and what does not survive in the path of a URL. */
function problem(name) {
    if (/[\s/]/u.test(name) || name === "." || name === "..") return "The name of a channel has no spaces and no slashes.";
    if (new TextEncoder().encode(name).length > 64) return "The name of a channel has at most 64 bytes.";
    return "";
}

// MARK: What the server says

const objectHandlers = {
    welcome({ member: { id, name }, members: listed = [], count }) {
        transcript.note(self.id ? "Connected again. What others wrote in between is not shown." : `You are ${name}.`);
        self = { id, name };
        members.clear();
        for (const member of listed) members.set(member.id, member.name);
        memberCount = count;
        showMembers();
    },
    message({ from, time, text }) {
        // With `start --echo` our own messages come back, and they stand here already.
        if (from.id === self.id) return;
        transcript.add(from, time, text);
        if (document.hidden) unread += 1;
        showTitle();
    },
    joined({ member, count }) {
        const isNews = !members.has(member.id);
        members.set(member.id, member.name);
        memberCount = count;
        showMembers();
        if (isNews) transcript.note(`${member.name} joined.`);
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
        transcript.note(member.id === self.id ? `You are ${member.name} now.` : `${was} is ${member.name} now.`);
    },
    error({ message }) {
        warn(message);
    },
};

// MARK: Showing

function showState(kind, delay) {
    state.dataset.kind = kind;
    state.textContent = { connecting: "Connecting…", open: "Connected", waiting: waitingText(delay) }[kind];
    retry.hidden = kind !== "waiting";
}

function waitingText(delay) {
    return delay < 2_000 ? "Offline" : `Offline, next attempt in ${Math.round(delay / 1_000)} s`;
}

function showMembers() {
    const items = [...members].sort(([a], [b]) => a - b).map(([id, name]) => {
        const item = make("li", "member", makeAvatar(name), make("bdi", "", name));
        if (id === self.id) item.append(make("span", "hint", "you"));
        return item;
    });
    const others = memberCount - members.size;
    if (others > 0) items.push(make("li", "hint", members.size ? `and ${others} more` : "too many to be listed"));
    memberList.replaceChildren(...items);
    count.textContent = memberCount || "";
}

function showTitle() {
    document.title = `${unread ? `(${unread}) ` : ""}${channelTitle(channel)} · Broadcast`;
}

/** Shows a warning, until something is typed; an empty one takes it away. */
function warn(line) {
    notice.textContent = line;
    notice.hidden = !line;
}

function settle(key, kind, label) {
    unanswered.get(key)?.(kind, label);
    unanswered.delete(key);
}

// MARK: What the reader does

function say() {
    if (!text.value.trim()) return;
    const key = connection.send(text.value);
    if (key === null) return warn(`${MAXIMUM_PENDING} messages wait for the server already: this one has to stay here.`);
    unanswered.set(key, transcript.addOwn({ id: self.id, name: self.name ?? "You" }, Date.now(), text.value));
    text.value = "";
    fitComposer();
}

/** Makes the field as high as its text; page.css limits it. */
function fitComposer() {
    text.style.height = "auto";
    text.style.height = `${text.scrollHeight + text.offsetHeight - text.clientHeight}px`;
}

/** Has a form do something instead of being sent. */
function onSubmit(form, action) {
    form.addEventListener("submit", (event) => {
        event.preventDefault();
        action();
    });
}

onSubmit(composer, () => {
    say();
    text.focus();
});
onSubmit(channelField.form, () => {
    const name = channelField.value.trim().replace(/^#/, "");
    channelField.setCustomValidity(problem(name));
    if (!channelField.reportValidity()) return;
    panel.hidePopover();
    location.hash = encodeURIComponent(name);
});
onSubmit(nameField.form, () => {
    const name = nameField.value.trim();
    localStorage.setItem(NAME_ITEM, name);
    connection.rename(name);
    panel.hidePopover();
});
channelField.addEventListener("input", () => channelField.setCustomValidity(""));
text.addEventListener("input", () => {
    warn("");
    fitComposer();
});
text.addEventListener("keydown", (event) => {
    // While a word is being composed, as in Japanese, Enter chooses it.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    say();
});
retry.addEventListener("click", () => connection.connect());
window.addEventListener("online", () => connection.connect());
// A browser may keep the page when one goes elsewhere, for the way back: not as a member of the channel.
window.addEventListener("pagehide", () => connection.close());
window.addEventListener("pageshow", (event) => event.persisted && connection.connect());
window.addEventListener("hashchange", enter);
window.addEventListener("beforeunload", (event) => {
    if (connection.pendingCount) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
    if (!document.hidden) unread = 0;
    showTitle();
});

nameField.value = localStorage.getItem(NAME_ITEM) ?? "";
enter();
// Not before the page is loaded: going to the fragment of the address, the browser takes the focus away again. On a touch
// screen the focus would bring up the keyboard.
window.addEventListener("load", () => matchMedia("(pointer: coarse)").matches || text.focus());
