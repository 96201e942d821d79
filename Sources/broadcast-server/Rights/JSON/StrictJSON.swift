import FoundationEssentials

/// JSON that can be understood in one way only.
enum StrictJSON {
    /// Decodes an object in UTF-8 that names no member twice.
    ///
    /// - Parameter members: the names that it may have; nil for any. So a mistake in a name is not to mean another thing.
    /// - Throws: `fault`, or another one of its type that the value's own decoding throws.
    static func decode<Value: Decodable, Fault: Error>(
        _: Value.Type,
        from bytes: [UInt8],
        members: Set<String>? = nil,
        otherwise fault: Fault
    ) throws(Fault) -> Value {
        guard UniqueMembers.hold(in: bytes) else { throw fault }
        do {
            if let members {
                let names = try JSONDecoder().decode(Names.self, from: Data(bytes)).all
                guard names.isSubset(of: members) else { throw fault }
            }
            return try JSONDecoder().decode(Value.self, from: Data(bytes))
        } catch let own as Fault {
            throw own
        } catch {
            throw fault
        }
    }

    /// The names of an object's members.
    private struct Names: Decodable {
        let all: Set<String>

        private struct Key: CodingKey {
            let stringValue: String
            var intValue: Int? { nil }

            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            all = Set(try decoder.container(keyedBy: Key.self).allKeys.map(\.stringValue))
        }
    }
}
