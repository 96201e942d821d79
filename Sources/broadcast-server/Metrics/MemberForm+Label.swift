import LWSSwift

extension MemberForm {
    /// How connections are told apart in metrics.
    enum Label: String, CaseIterable {
        case text, json, events
    }

    var label: Label {
        switch self {
        case .text: .text
        case .json, .quietJSON: .json
        case .textEvents, .quietTextEvents, .jsonEvents, .quietJSONEvents: .events
        }
    }
}

extension LoopFigures {
    /// What was done for each kind of connection.
    var byLabel: [(label: MemberForm.Label, figures: BroadcastFigures)] {
        MemberForm.Label.allCases.map { label in
            let figures = MemberForm.allCases.filter { $0.label == label && $0.rawValue < broadcasts.count }
                .map { broadcasts[$0.rawValue] }
            return (label, figures.reduce(BroadcastFigures(), +))
        }
    }
}
