// The token that says what one may: this tab keeps it, and no other. It stands in no address, no log and no element.

const ITEM = "broadcast.token";
/** Shows the token in the opening handshake, where pages can set no field: a subprotocol that is offered and never agreed on. */
const OFFER = "broadcast.bearer.";
const MAXIMUM_LENGTH = 8_192;

/** The token where the browser keeps nothing: until the page is left. */
let unkept = "";

/** The token of this tab; empty when there is none. */
export function currentToken() {
    try {
        return sessionStorage.getItem(ITEM) ?? unkept;
    } catch {
        return unkept;
    }
}

/** Keeps a token for this tab; an empty one is not kept. */
export function keepToken(token) {
    unkept = token;
    try {
        if (token) sessionStorage.setItem(ITEM, token);
        else sessionStorage.removeItem(ITEM);
    } catch {
        // The browser keeps nothing.
    }
}

/** Whether a text can be a token. */
export function isToken(text) {
    return text.length <= MAXIMUM_LENGTH && /^[\x21-\x7e]+$/.test(text);
}

/** What offers a token, if there is one, in an opening handshake. */
export function offersOf(token) {
    return token ? [OFFER + btoa(token).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")] : [];
}

/** What shows a token, if there is one, in a request. */
export function fieldsOf(token) {
    return token ? { Authorization: `Bearer ${token}` } : {};
}
