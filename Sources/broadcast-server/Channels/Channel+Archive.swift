import LWSSwift

extension StoredKey {
    /// What is remembered of it, in a channel of this epoch.
    fileprivate func entry(in epoch: UInt64) -> KeyMemory.Entry {
        let position = BroadcastGroup.Position(epoch: epoch, number: number)
        let receipt = Receipt(id: PositionText(position), receivers: receivers, stored: .disk)
        return KeyMemory.Entry(receipt: receipt, count: count, contentHash: contentHash)
    }
}

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
        let epoch = archive.channel.epoch
        restorePublisherKeys(contents, epoch)
        let sessions = contents.sessions.sorted { $0.value.lost ?? 0 < $1.value.lost ?? 0 }
        var places = 0
        for (id, session) in sessions {
            var keys = KeyMemory()
            for key in contents.keys[id] ?? [] {
                keys.remember(key.entry(in: epoch), for: key.key)
            }
            keys.skip(to: contents.keyTotals[id] ?? 0)
            let age = Duration.milliseconds(max(now.wall - (session.lost ?? now.wall), 0))
            state.restore(id, session, keys, absentSince: now.clock - age)
            if session.hasPlace { places += 1 }
        }
        if places > 0 { directory?.use(self, places) }
    }

    /// Their time begins anew: none has passed while there was no server.
    private func restorePublisherKeys(_ contents: StateReader.Contents, _ epoch: UInt64) {
        for key in contents.keys[.ofPublishers] ?? [] {
            state.publisherKeys.remember(key.entry(in: epoch), for: key.key, now: .now, hasRoom: hasRoomForKeys)
            countPublisherKeys()
        }
        state.publisherKeys.skip(to: contents.keyTotals[.ofPublishers] ?? 0)
    }

    private func restore(_ records: [StoredRecord], upTo last: UInt64) {
        var envelopes: [String: BroadcastEnvelope] = [:]
        let epoch = group.position.epoch
        let restored = records.filter { $0.number <= last }.map { record in
            let (member, name) = (record.author, "\(record.author.id) \(record.author.name)")
            let envelope =
                envelopes[name]
                ?? Author(member: member, form: settings.envelope, epoch: epoch).envelope
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

    /// Tells when messages are on the disk with their keys, on the home loop.
    ///
    /// What newer ones have pushed out of the history is as good as stored, since nobody could get it any more; but its key
    /// has to be there. One that is larger than the history may be is kept nowhere.
    ///
    /// - Parameters:
    ///   - messages: that have their places, in this turn or before.
    ///   - body: called with whether the disk has all of them.
    func whenStored(
        _ messages: [AwaitedMessage],
        _ archive: ChannelArchive,
        _ body: @escaping @Sendable (_ isStored: Bool) -> Void
    ) {
        let open = messages.filter { $0.receipt.stored == .memory }
        guard !open.isEmpty else { return body(true) }
        guard open.allSatisfy({ limits.keeps(byteCount: $0.byteCount) }) else { return body(false) }
        // Those of this turn are written at its end.
        let earlier = open.filter { $0.number <= archive.last }
        archive.unsettled.add(1)
        let (home, unsettled) = (home, archive.unsettled)
        let agreement = Agreement(of: earlier.isEmpty || earlier.count == open.count ? 1 : 2) { isStored in
            home.execute {
                body(isStored)
                unsettled.add(-1)
            }
        }
        if earlier.count < open.count { archive.whenStored(agreement.answer) }
        guard !earlier.isEmpty else { return }
        let records = earlier.compactMap { message in
            group.records(after: message.number - 1, limit: 1).first { $0.position.number == message.number }
        }
        archive.storeAgain(records, earlier.compactMap(\.key), agreement.answer)
    }
}
