import Testing

@testable import broadcast_server

/// Sockets that somebody else has passed on, by their variables.
@Suite struct ListeningSocketsTests {
    private func read(_ variables: [String: String], link: Int32? = nil) throws(Failure) -> ListeningSockets {
        try ListeningSockets(variables, processID: 7) { $0 == link }
    }

    @Test func `they go by their names`() throws {
        let sockets = try read(["LISTEN_PID": "7", "LISTEN_FDS": "3", "LISTEN_FDNAMES": "http:admin:http"])
        #expect(sockets.clients == [3, 5])
        #expect(sockets.admin == [4])
        #expect(sockets.predecessor == nil)
    }

    @Test func `without names all are for clients`() throws {
        #expect(try read(["LISTEN_PID": "7", "LISTEN_FDS": "2"]).clients == [3, 4])
    }

    @Test(arguments: [
        [:], ["LISTEN_FDS": "1"], ["LISTEN_PID": "6", "LISTEN_FDS": "1"], ["LISTEN_PID": "7", "LISTEN_FDS": "0"],
        ["LISTEN_PID": "7", "LISTEN_FDS": "x"],
    ])
    func `those of somebody else are left alone`(variables: [String: String]) throws {
        #expect(try read(variables) == ListeningSockets())
    }

    @Test(arguments: [
        ["LISTEN_FDS": "1", "LISTEN_FDNAMES": "broadcast-server.socket"],
        ["LISTEN_FDS": "1", "LISTEN_FDNAMES": "http:admin"], ["LISTEN_FDS": "65"],
    ])
    func `what they are for has to be clear`(variables: [String: String]) {
        #expect(throws: Failure.self) { try read(variables.merging(["LISTEN_PID": "7"]) { $1 }) }
    }

    @Test func `a server passes them on to its successor, whose number it does not know`() throws {
        var sockets = ListeningSockets()
        sockets.clients = [10, 11]
        sockets.admin = [12]
        sockets.predecessor = 13
        let variables = sockets.variables.merging(["LISTEN_PID": "6"]) { $1 }
        // Whether that still runs does not matter.
        let read = try read(variables, link: 6)
        #expect(read.clients == [3, 4])
        #expect(read.admin == [5])
        #expect(read.predecessor == 6)
        // Variables that were passed on by mistake, and no sockets with them.
        #expect(try self.read(variables) == ListeningSockets())
    }
}
