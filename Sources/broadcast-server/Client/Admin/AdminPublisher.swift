/// Says something in a channel by the server's admin socket, a request for each message.
struct AdminPublisher: Sendable {
    let client: AdminClient
    let channel: String
    /// nil for the name of those who say none.
    let name: String?
    /// Whether what the server answers is printed.
    let printsAnswers: Bool
    let maximumMessageBytes: Int

    func publish(texts: [String]) async throws {
        for text in texts { try await publish(Array(text.utf8), type: "text/plain") }
    }

    /// Each line of the standard input.
    func publishLines() async throws {
        let lines = try InputLines(.standardInput, maximumLineBytes: maximumMessageBytes)
        do {
            while let next = try await lines.next() {
                for line in next {
                    switch line {
                    case .text(let text): try await publish(texts: [text])
                    case .tooLong(let number):
                        throw Failure(.badInput, "Line \(number) has more than \(maximumMessageBytes) bytes.")
                    case .notUTF8(let number): throw Failure(.badInput, "Line \(number) is not UTF-8.")
                    }
                }
            }
        } catch let error as SystemError {
            throw Failure(.inputOutput, "The standard input cannot be read: \(error).")
        }
    }

    /// The whole standard input.
    func publishBytes() async throws {
        let client = self
        let bytes = try await BackgroundThread.run { () throws(Failure) -> [UInt8] in
            do throws(FileFaults) {
                return try WholeFile.readStandardInput(atMost: client.maximumMessageBytes)
            } catch {
                throw Failure(error)
            }
        }
        try await publish(bytes, type: "application/octet-stream")
    }

    private func publish(_ bytes: [UInt8], type: String) async throws {
        var target = "/publish?channel=\(PercentEncoding.encode(channel))"
        if let name { target += "&name=\(PercentEncoding.encode(name))" }
        let answer = try await BackgroundThread.run { [client, target] () throws(Failure) in
            try client.ask(target, body: bytes, type: type)
        }
        if printsAnswers {
            try CommandOutput.print("\(EscapedText.escapeJSON(String(decoding: answer.dropLast(), as: UTF8.self)))\n")
        }
    }
}
