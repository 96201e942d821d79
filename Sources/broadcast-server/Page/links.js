// Finds the addresses in a text. Pure: knows nothing of the page.

/** An address ends at white space, and at what changes the direction of text or cannot be seen. */
const CANDIDATE = /(?<![\p{L}\p{N}])https?:\/\/[^\s<>"`\p{Cc}\p{Cf}]+/giu;
/** Longer ones are left as text, and so are those behind so many. */
const MAXIMUM_LENGTH = 2_048;
const MAXIMUM_COUNT = 100;
/** What belongs to the sentence when an address ends in it, and the brackets that do unless they were opened in the address. */
const PUNCTUATION = new Set(".,;:!?'*_~|…’”»。、，；：！？");
const BRACKETS = new Map([[")", "("], ["]", "["], ["}", "{"], ["）", "（"], ["」", "「"], ["』", "『"], ["】", "【"]]);

/** The pieces of a text, in order, none of them empty: each has a `text`, and an `href` if it is an address. */
export function piecesOf(text) {
    const pieces = [];
    let end = 0;
    let count = 0;
    for (const match of text.matchAll(CANDIDATE)) {
        if (count === MAXIMUM_COUNT) break;
        count += 1;
        if (match[0].length > MAXIMUM_LENGTH) continue;
        const address = withoutPunctuation(match[0]);
        const href = hrefOf(address);
        if (!href) continue;
        if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
        pieces.push({ text: address, href });
        end = match.index + address.length;
    }
    if (end < text.length) pieces.push({ text: text.slice(end) });
    return pieces;
}

function withoutPunctuation(address) {
    const characters = [...address];
    const counts = new Map();
    for (const character of characters) counts.set(character, (counts.get(character) ?? 0) + 1);
    let last = characters.at(-1);
    while (PUNCTUATION.has(last) || (BRACKETS.has(last) && counts.get(last) > (counts.get(BRACKETS.get(last)) ?? 0))) {
        counts.set(last, counts.get(last) - 1);
        characters.pop();
        last = characters.at(-1);
    }
    return characters.join("");
}

/** Where an address leads; nothing for one that names a user, which is there to make it look like another. */
function hrefOf(address) {
    if (!URL.canParse(address)) return undefined;
    const url = new URL(address);
    return url.hostname && !url.username && !url.password && /^https?:$/.test(url.protocol) ? url.href : undefined;
}
