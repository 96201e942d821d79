import LWSSwift

/// How a channel outlives the server.
extension Channel {
    /// Has what was stored of it read, before anything else happens to it. On one of its loops.
    func begin() {
        group.atHome { [self] in restore() }
    }

    /// Takes in what was stored of it, once.
    func restore() {
        guard let archive, !archive.isRestored else { return }
        archive.isRestored = true
        if !archive.channel.isBlank {
            let contents = archive.store.contents(of: archive.channel)
            for problem in contents.problems { archive.store.report(problem, in: name) }
            restore(contents, archive)
        }
        archive.follow(group)
        archive.trim(group.oldestNumber ?? group.position.number + 1)
        take(state.expire(now: .now))
    }

    private func restore(_ contents: StateReader.Contents, _ archive: ChannelArchive) {
        restore(contents.records, upTo: archive.channel.number)
        state.skipTags(upTo: archive.channel.tag)
        let now = (wall: WallTime.now.milliseconds, clock: ContinuousClock.now)
        // Those whose place is kept have lost their connection with the server before, and so are the youngest.
        let sessions = contents.sessions.sorted { $0.value.lost ?? 0 < $1.value.lost ?? 0 }
        var places = 0
        for (id, session) in sessions {
            var keys = KeyMemory()
            for key in contents.keys[id] ?? [] {
                let position = BroadcastGroup.Position(epoch: archive.channel.epoch, number: key.number)
                keys.remember(
                    Receipt(id: PositionText(position), receivers: key.receivers, stored: .disk),
                    for: key.key
                )
            }
            keys.skip(to: contents.keyTotals[id] ?? 0)
            let age = Duration.milliseconds(max(now.wall - (session.lost ?? now.wall), 0))
            state.restore(id, session, keys, absentSince: now.clock - age)
            if session.hasPlace { places += 1 }
        }
        if places > 0 { directory?.use(self, places) }
    }

    private func restore(_ records: [StoredRecord], upTo last: UInt64) {
        var envelopes: [String: BroadcastEnvelope] = [:]
        let epoch = group.position.epoch
        let restored = records.filter { $0.number <= last }.map { record in
            let (member, name) = (record.author, "\(record.author.id) \(record.author.name)")
            let envelope =
                envelopes[name]
                ?? Author(member: member, prefix: settings.envelope.prefix(for: member.name), epoch: epoch).envelope
            envelopes[name] = envelope
            return BroadcastRecord(
                position: BroadcastGroup.Position(epoch: epoch, number: record.number),
                time: record.time,
                message: record.message,
                envelope: envelope,
                tag: record.tag == 0 ? nil : BroadcastGroup.SessionTag(UInt64(record.tag))
            )
        }
        group.restore(restored)
    }

    /// Has a session stored as it is now, or forgotten.
    ///
    /// - Parameter lost: when it lost its connection, if it has none; nil for now.
    func store(_ session: SessionID?, lost: Int64? = nil) {
        guard let archive, let session else { return }
        archive.note(session, state.stored(session, lost: lost ?? WallTime.now.milliseconds))
    }

    /// It had to give way, but what is stored of it is kept. On any thread.
    func endUse() {
        if let archive { archive.store.endUse(of: archive.channel) }
    }

    /// It has come to its end. On any thread.
    func forget() {
        if let archive { archive.store.forget(archive.channel) }
    }

    // MARK: The disk

    /// Whether somebody waits for the disk, or is to be told of it. On any thread.
    var isUnsettled: Bool { archive.map { $0.unsettled.count > 0 } ?? false }

    /// Tells when a message is on the disk, on the home loop.
    ///
    /// - Parameters:
    ///   - receipt: what became of it in memory.
    ///   - isDuplicate: it has had its place before this turn.
    ///   - body: called with what became of it then; nil when the disk did not take it.
    func whenStored(
        _ receipt: Receipt,
        isDuplicate: Bool,
        _ archive: ChannelArchive,
        _ body: @escaping @Sendable (Receipt?) -> Void
    ) {
        guard let number = BroadcastGroup.Position(receipt.id.rawValue)?.number else { return body(nil) }
        archive.unsettled.add(1)
        let (home, unsettled) = (home, archive.unsettled)
        let answer: @Sendable (Bool) -> Void = { isStored in
            home.execute {
                var stored = receipt
                stored.stored = .disk
                body(isStored ? stored : nil)
                unsettled.add(-1)
            }
        }
        if isDuplicate {
            let record = group.records(after: number - 1, limit: 1).first { $0.position.number == number }
            if let record { archive.storeAgain(record, answer) } else { answer(false) }
        } else if group.oldestNumber.map({ $0 <= number }) ?? false {
            archive.whenStored(answer)
        } else {
            // Larger than the history may be: it is kept nowhere.
            answer(false)
        }
    }
}
