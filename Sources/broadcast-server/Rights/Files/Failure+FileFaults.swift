extension Failure {
    /// Files that somebody has written, and that cannot be used: the first fault, since a failure is one line.
    init(_ faults: FileFaults) {
        let others = faults.faults.count > 1 ? " (And \(faults.faults.count - 1) more.)" : ""
        self.init(.badInput, "\(faults.faults.first?.description ?? "")\(others)")
    }
}
