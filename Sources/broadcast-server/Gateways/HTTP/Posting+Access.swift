extension Posting {
    /// As somebody may post it: under the name that its token says, or one that is nobody else's, and with keys that are its own.
    func signed(by grant: Grant, _ access: AccessControl) throws(AccessFault) -> Posting {
        let parcels = try parcels.map { parcel throws(AccessFault) in
            Parcel(
                messages: try parcel.messages.map { message throws(AccessFault) in
                    Message(content: message.content, name: try Self.name(message.name, of: grant, access))
                },
                key: grant.subject.map { subject in parcel.key?.of(subject) } ?? parcel.key
            )
        }
        return Posting(parcels: parcels, isDurable: isDurable)
    }

    private static func name(_ name: String, of grant: Grant, _ access: AccessControl) throws(AccessFault) -> String {
        // It is not asked for by anybody who says nothing of a name.
        guard name != PublishRequest.defaultName else { return grant.name?.text ?? name }
        guard let wish = try? MemberName(name) else { return name }
        return try access.name(wish, of: grant)?.text ?? name
    }
}

extension MessageKey {
    /// What stands before the key of a subject. No other key is as long.
    private static let prefixLength = 64

    /// The same key, as it is called in the memory that all publishers of a channel share.
    fileprivate func of(_ subject: String) -> MessageKey {
        let prefix = SHA256Digest(of: subject.utf8).hex
        assert(prefix.utf8.count == Self.prefixLength)
        return MessageKey(text: prefix + text)
    }

    /// As its publisher has sent it.
    var withoutSubject: String {
        text.utf8.count > ClientObject.keyBytes.upperBound ? String(text.dropFirst(Self.prefixLength)) : text
    }
}
