extension FuzzTarget {
    /// Those of the program.
    static let program = [
        clientObject, serverObject, spokenText, writtenObjects, names, httpFields, entryBatch, nodeEntry, nodeLetter,
        nodeSignal, rights, tokenParts, forwarded,
    ]
}
