import LWSSwift

/// What a client asks for with the URL it connects with, and its subprotocols or the header of its request.
struct Visit: Sendable, Equatable {
    /// The most that may be asked for with `last`.
    static let mostLast = 999_999_999

    var request: JoinRequest
    var form: MemberForm
    /// What it wants to be sent of what was said before.
    var recall = Recall.nothing
    /// The position that it came with, as it is.
    var position: PositionText?
    /// What is wrong with what it asks for.
    var problems: [Problem] = []
    /// Why it does not get the name that it asks for.
    var nameFault: AccessFault?

    /// - Parameters:
    ///   - form: as far as it is known without the query.
    ///   - query: of the URL, without the question mark. Parameters of other names are ignored; of several alike the last
    ///     counts.
    ///   - lastEventID: of an event stream that comes back by itself: where it has come to, whatever the URL says, which stays
    ///     the same for ever.
    init(_ request: JoinRequest, form: MemberForm, query: String, lastEventID: String? = nil) {
        self.request = request
        self.form = form
        let parameters = QueryParameters(query)
        if let name = parameters["name"], name.contains(where: { $0 != " " }) {
            do throws(Problem) {
                self.request.name = try MemberName(name)
            } catch {
                problems.append(error)
            }
        }
        if form == .textEvents, let wish = parameters["form"] { take(form: wish) }
        let lastEventIDs = [lastEventID, parameters["lastEventId"]].compactMap(\.self)
        if form == .textEvents, let id = lastEventIDs.first(where: { !$0.isEmpty }) {
            take(after: id)
        } else if let after = parameters["after"] {
            take(after: after)
        } else if let last = parameters["last"] {
            take(last: last)
        }
    }

    private mutating func take(after text: String) {
        if let position = BroadcastGroup.Position(text) {
            recall = .after(position)
            self.position = PositionText(position)
        } else {
            recall = .malformed
            // All others are told by a gap.
            if form == .text {
                problems.append(Problem(.badPosition, "The parameter \"after\" is the id of a message."))
            }
        }
    }

    private mutating func take(form text: String) {
        switch text {
        case "json": form = .jsonEvents
        case "text": break
        default: problems.append(Problem(.badField, "The parameter \"form\" is \"text\" or \"json\"."))
        }
    }

    private mutating func take(last text: String) {
        guard !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
            let count = Int(text), count <= Self.mostLast
        else {
            return problems.append(
                Problem(.badField, "The parameter \"last\" is a number from 0 to \(Self.mostLast).")
            )
        }
        recall = .last(count)
    }
}
