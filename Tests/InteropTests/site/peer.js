/** A WebSocket whose events are awaited one by one: messages as they came, and at the end the close. */
class Peer {
    #socket;
    #events = [];
    #wake = () => {};

    constructor(socket) {
        this.#socket = socket;
        socket.binaryType = "arraybuffer";
        socket.onmessage = ({ data }) => this.#add(data);
        socket.onclose = ({ code, reason, wasClean }) => this.#add({ code, reason, wasClean });
    }

    /** Opens a connection; throws when that fails. */
    static async open(url, protocols = []) {
        const socket = new WebSocket(url, protocols);
        const peer = new Peer(socket);
        await new Promise((resolve, reject) => {
            socket.onopen = resolve;
            socket.onerror = () => reject(new Error("not opened"));
        });
        return peer;
    }

    get socket() {
        return this.#socket;
    }

    send(data) {
        this.#socket.send(data);
    }

    close(code, reason) {
        this.#socket.close(code, reason);
    }

    /** The next message or the close. */
    async next() {
        while (!this.#events.length) await new Promise((resolve) => { this.#wake = resolve; });
        return this.#events.shift();
    }

    #add(event) {
        this.#events.push(event);
        this.#wake();
    }
}
