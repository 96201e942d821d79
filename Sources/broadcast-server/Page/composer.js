// The field for a message: its height, its keys, and whether the message is too long for the server.

export class Composer {
    #form;
    #field;
    #counter;
    #limitOf;

    /**
     * `say` is called with a message that is to be sent, and tells whether it was taken; `typed` whenever something was typed.
     * `limitOf` tells of a text how many bytes the server takes, and how many are left: below 0 it is too long.
     */
    constructor(form, field, counter, { say, typed, limitOf }) {
        this.#form = form;
        this.#field = field;
        this.#counter = counter;
        this.#limitOf = limitOf;
        const submit = () => {
            if (field.value.trim() && say(field.value)) this.text = "";
        };
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            submit();
            field.focus();
        });
        field.addEventListener("keydown", (event) => {
            // While a word is being composed, as in Japanese, Enter chooses it.
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            submit();
        });
        field.addEventListener("input", () => {
            this.measure();
            typed();
        });
    }

    /** Says for whom the messages are. */
    set addressee(name) {
        this.#field.placeholder = `Write to ${name}`;
    }

    /** What is typed and not sent. */
    get text() {
        return this.#field.value;
    }

    set text(text) {
        this.#field.value = text;
        this.measure();
    }

    /** Whether something can be typed. */
    set isEnabled(isEnabled) {
        this.#field.disabled = !isEnabled;
        this.#form.querySelector("button").disabled = !isEnabled;
    }

    /** Whether what is typed is too long for the server. */
    get isTooLong() {
        return this.#limitOf(this.text).left < 0;
    }

    focus() {
        this.#field.focus();
    }

    /** Makes the field as high as its text, which page.css limits, and tells how much is left when that is little. */
    measure() {
        this.#field.style.height = "auto";
        this.#field.style.height = `${this.#field.scrollHeight + this.#field.offsetHeight - this.#field.clientHeight}px`;
        const { left, limit } = this.#limitOf(this.#field.value);
        this.#counter.hidden = left > limit / 8;
        const amount = Math.abs(left);
        const bytes = `${amount.toLocaleString()} ${amount === 1 ? "byte" : "bytes"}`;
        this.#counter.textContent = left < 0 ? `${bytes} too long` : `${bytes} left`;
        this.#counter.classList.toggle("over", left < 0);
        this.#field.ariaInvalid = String(left < 0);
    }
}
