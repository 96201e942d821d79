import FoundationEssentials

/// JSON that can be understood in one way only.
enum StrictJSON {
    /// Decodes an object in UTF-8 that names no member twice.
    ///
    /// - Throws: `fault`, or another one of its type that the value's own decoding throws.
    static func decode<Value: Decodable, Fault: Error>(
        _: Value.Type,
        from bytes: [UInt8],
        otherwise fault: Fault
    ) throws(Fault) -> Value {
        guard UniqueMembers.hold(in: bytes) else { throw fault }
        do {
            return try JSONDecoder().decode(Value.self, from: Data(bytes))
        } catch let own as Fault {
            throw own
        } catch {
            throw fault
        }
    }
}
